//! Enhanced status codes of mail servers in plain words (RFC 3463 §3).

/// The first enhanced status code in `text`, such as "5.1.1" in "550-5.1.1 <a@b>: unknown".
pub fn enhanced(text: &str) -> Option<&str> {
    let apart =
        |c: char| c.is_whitespace() || matches!(c, '-' | '(' | ')' | '[' | ']' | ':' | ';' | ',' | '#' | '<' | '>');
    text.split(apart).find(|word| is_code(word))
}

/// True for a class of 2, 4 or 5, a subject and a detail of one to three digits each (RFC 3463 §2).
fn is_code(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
    parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts[1..].iter().all(number)
}

/// What an enhanced status code means, in plain words; `None` for one that says nothing ("5.0.0") or is unknown.
pub fn words(code: &str) -> Option<&'static str> {
    let (class, rest) = code.split_once('.')?;
    let (subject, _) = rest.split_once('.')?;
    Some(match rest {
        "1.1" | "1.0" => "No such mailbox",
        "1.2" => "No such domain",
        "1.3" => "This is no address",
        "1.4" => "The address is ambiguous",
        "1.6" => "The mailbox has moved",
        "1.7" | "1.8" => "Our sender’s address was refused",
        // RFC 7505 §4.1
        "1.10" => "No such mailbox, or the domain takes no mail",
        "2.1" if class == "4" => "The mailbox takes no mail now",
        "2.1" => "The mailbox is disabled",
        "2.2" => "The mailbox is full",
        "2.3" => "The message is too long for the mailbox",
        "2.4" => "The mailing list could not be expanded",
        "3.1" => "The mail system is full",
        "3.2" => "The mail system takes no mail now",
        "3.4" => "The message is too big for the mail system",
        "4.1" => "No answer from the mail server",
        "4.2" => "The connection to the mail server was lost",
        "4.3" | "4.4" => "No way to the mail server was found",
        "4.5" => "The mail system has too much to do",
        "4.6" => "The message went round in circles",
        "4.7" => "It could not be delivered in time",
        // RFC 7372 §3
        "7.20" | "7.21" | "7.22" | "7.23" | "7.24" | "7.25" | "7.26" => "Our server may not send for our domain",
        _ => match subject {
            "1" => "The address was refused",
            "2" => "Trouble with the mailbox",
            "3" => "Trouble in the mail system",
            "4" => "Trouble on the way",
            "5" => "The mail servers did not understand each other",
            "6" => "The contents were refused",
            // Greylisting above all, which is over with the next try.
            "7" if class == "4" => "Put off by policy",
            "7" => "Refused by policy",
            _ => return None,
        },
    })
}

/// The plain words for the code in a mail server's answer, if there is one that says something.
pub fn plain(answer: &str) -> Option<&'static str> {
    enhanced(answer).and_then(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_what_servers_write() {
        for (text, code) in [
            ("550 5.1.1 <a@example.org>: Recipient address rejected", Some("5.1.1")),
            ("550-5.1.1 The email account that you tried to reach", Some("5.1.1")),
            ("550 #5.1.10 RESOLVER.ADR.RecipientNotFound", Some("5.1.10")),
            ("5.2.2 (mailbox full)", Some("5.2.2")),
            ("host mx.example.org[192.0.2.5] said: 450", None),
            ("version 3.1.4 is too old, 5.1.1234 too", None),
        ] {
            assert_eq!(enhanced(text), code, "{text}");
        }
    }

    #[test]
    fn codes_are_said_in_plain_words() {
        assert_eq!(words("5.1.1"), Some("No such mailbox"));
        assert_eq!(words("4.2.2"), Some("The mailbox is full"));
        assert_eq!(words("5.7.1"), Some("Refused by policy"));
        assert_eq!(words("4.7.1"), Some("Put off by policy"));
        assert_eq!(words("4.2.1"), Some("The mailbox takes no mail now"));
        assert_eq!(words("5.7.509"), Some("Refused by policy"));
        assert_eq!(words("5.0.0"), None);
        assert_eq!(plain("554 Transaction failed"), None);
    }
}
