//! Names of directories (RFC 4514) that stand for a user in PSKC files: `UID=jsmith,DC=example-bank,DC=net`.

/// Attributes that hold a User ID, the likeliest first: by name and as an object identifier (RFC 4519 §2.39, §2.3).
const ATTRIBUTES: [&[&str]; 2] = [&["uid", "0.9.2342.19200300.100.1.1"], &["cn", "2.5.4.3"]];

/// The User ID in `text`: the value of UID, else of CN; a text that is no such name is one itself.
pub fn user_id(text: &str) -> String {
    let parts: Vec<(String, String)> = parts(text).iter().filter_map(|part| attribute(part)).collect();
    let value = |names: &&[&str]| {
        parts.iter().find(|(name, _)| names.contains(&name.to_lowercase().as_str())).map(|(_, value)| value.clone())
    };
    ATTRIBUTES.iter().find_map(value).unwrap_or_else(|| text.trim().to_owned())
}

/// The attributes with their values, parted at commas and plus signs that no backslash stands before.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for letter in text.chars() {
        match letter {
            ',' | '+' | ';' if !escaped => parts.push(String::new()),
            _ => parts.last_mut().expect("there is one from the beginning").push(letter),
        }
        escaped = letter == '\\' && !escaped;
    }
    parts
}

/// A name and its value, without the backslashes before signs.
fn attribute(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=')?;
    let mut plain = String::new();
    let mut letters = value.trim().chars();
    while let Some(letter) = letters.next() {
        plain.push(if letter == '\\' { letters.next()? } else { letter });
    }
    Some((name.trim().to_owned(), plain)).filter(|(_, value)| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_found_in_the_name_of_a_directory() {
        for (text, expected) in [
            ("UID=jsmith,DC=example-bank,DC=net", "jsmith"),
            ("cn=John Smith, uid = jsmith , dc=example", "jsmith"),
            ("CN=Smith\\, John+OU=Sales,DC=example", "Smith, John"),
            ("0.9.2342.19200300.100.1.1=a.berg", "a.berg"),
            ("a.berg", "a.berg"),
            ("DC=example", "DC=example"),
            ("uid=,cn=b", "b"),
            ("uid=\\", "uid=\\"),
            ("", ""),
        ] {
            assert_eq!(user_id(text), expected, "{text}");
        }
    }
}
