//! Settings are read from a file, then the environment, then flags; who wrote a wrong one is told which, where, and what
//! it must be, in a sentence.

use std::path::Path;

use serde_json::{Map, Value};

use super::{ENVIRONMENT_PREFIX, Settings, Written};
use crate::error::{Error, Result};

/// Settings whose value is not repeated: it is a secret or may hold one.
const SECRETS: [&str; 4] = ["database_url", "smtp_url", "master_key", "metrics_key"];

/// How many letters of a setting's name may be other ones before it is no longer taken for a slip of the hand.
const SLIPS: usize = 3;

/// A setting that was written down: its name, its value, and where that is, as a sentence goes on after the name.
struct Entry {
    name: String,
    value: Value,
    source: String,
}

impl Settings {
    /// Reads `file` if there is one, then the `TOKENDESK_` variables of `environment`, then `flags` (name and value each);
    /// the last one holds.
    ///
    /// # Errors
    /// `Internal` with a sentence that names the setting, where it was written and what is wrong with it.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[(String, String)],
    ) -> Result<Self> {
        let mut entries = Vec::new();
        if let Some(path) = file {
            entries.extend(from_file(path)?);
        }
        let mut variables: Vec<(String, String)> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(ENVIRONMENT_PREFIX)?.to_lowercase(), value)))
            .collect();
        variables.sort();
        for (name, text) in variables {
            let source = format!(" (the variable {ENVIRONMENT_PREFIX}{})", name.to_uppercase());
            entries.push(from_text(name, &text, source));
        }
        for (name, text) in flags {
            entries.push(from_text(name.clone(), text, " (the flag --set)".into()));
        }
        let defaults = defaults();
        for entry in &entries {
            check_kind(&defaults, entry)?;
        }
        let mut all = defaults;
        for entry in &entries {
            all.insert(entry.name.clone(), entry.value.clone());
        }
        let written: Written = serde_json::from_value(Value::Object(all))
            .map_err(|error| Error::Internal(format!("The settings cannot be read: {error}.")))?;
        let source = |name: &str| {
            entries.iter().rev().find(|entry| entry.name == name).map(|entry| entry.source.clone()).unwrap_or_default()
        };
        Settings::check_from(written, &source)
    }
}

/// Every setting with the value it has when nobody writes it.
fn defaults() -> Map<String, Value> {
    match serde_json::to_value(Written::default()) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn from_file(path: &Path) -> Result<Vec<Entry>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Internal(format!("The settings file {shown} is not there.")),
        _ => Error::Internal(format!("The settings file {shown} cannot be read: {error}.")),
    })?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        // Its own words would repeat the line, which may hold a password.
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let what = error.message().lines().next().unwrap_or_default().to_owned();
        Error::Internal(format!(
            "Line {line} of the settings file {shown} is not written as TOML has it ({what}). A line looks like \
             organization = \"Example Org\"."
        ))
    })?;
    let entry = |(name, value): (String, toml::Value)| {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        let source = match line_of(&text, &name) {
            Some(line) => format!(" (line {line} of {shown})"),
            None => format!(" (in {shown})"),
        };
        Entry { name, value, source }
    };
    Ok(table.into_iter().map(entry).collect())
}

/// The line that sets `name`, or begins the table of this name; from 1.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let sets = |line: &str| {
        let line = line.trim_start().trim_start_matches('[').trim_start().trim_start_matches(['"', '\'']);
        let Some(rest) = line.strip_prefix(name) else { return false };
        rest.trim_start_matches(['"', '\'']).trim_start().starts_with(['=', '.', ']'])
    };
    text.lines().position(sets).map(|at| at + 1)
}

/// A value as variables and flags have it: without quotes; the parts of a list are separated by commas.
fn from_text(name: String, text: &str, source: String) -> Entry {
    let text = text.trim();
    let value = match defaults().get(&name) {
        Some(Value::Array(_)) => serde_json::from_str(text).ok().filter(Value::is_array).unwrap_or_else(|| {
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
        }),
        Some(Value::Number(_) | Value::Bool(_)) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        _ => serde_json::from_str(text).ok().filter(Value::is_string).unwrap_or_else(|| text.into()),
    };
    Entry { name, value, source }
}

/// That there is such a setting, and that the value is of its kind.
fn check_kind(defaults: &Map<String, Value>, entry: &Entry) -> Result<()> {
    let Entry { name, value, source } = entry;
    let Some(default) = defaults.get(name) else {
        let meant = defaults.keys().map(|known| (slips(name, known), known)).min();
        let meant = match meant.filter(|(slips, _)| *slips <= SLIPS) {
            Some((_, known)) => format!(" Did you mean {known}?"),
            None => " README lists all there are.".to_owned(),
        };
        return Err(Error::Internal(format!("There is no setting {name}{source}.{meant}")));
    };
    let fits = match default {
        Value::String(_) => value.is_string(),
        Value::Bool(_) => value.is_boolean(),
        Value::Number(_) => value.as_u64().is_some_and(|number| u32::try_from(number).is_ok()),
        _ => {
            // A list is of addresses, or of whatever else the setting takes.
            let mut alone = defaults.clone();
            alone.insert(name.clone(), value.clone());
            serde_json::from_value::<Written>(Value::Object(alone)).is_ok()
        }
    };
    if fits {
        return Ok(());
    }
    let want = match default {
        Value::String(_) => "a text in quotes",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a whole number",
        _ => "a list of addresses or networks, such as [\"127.0.0.1\", \"10.0.0.0/8\"]",
    };
    let is = if SECRETS.contains(&name.as_str()) { String::new() } else { format!(" is {value}, but") };
    Err(Error::Internal(format!("The setting {name}{source}{is} must be {want}.")))
}

/// How many letters have to be put in, left out or changed to make `a` of `b` (Levenshtein's distance).
fn slips(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let changed = corner + usize::from(letter != *other);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: Option<&str>, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
        let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("td.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
        }
        let read = Settings::read(file.map(|_| path.as_path()), own(environment), &own(flags));
        let sentence = read.unwrap_err().to_string().replace(&folder.path().display().to_string(), "DIR");
        // Nothing of ours: no file of the source, no module, no type.
        for ours in ["src/", "::", "serde", "u32"] {
            assert!(!sentence.contains(ours), "{sentence}");
        }
        sentence
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_source_and_what_was_meant() {
        assert_eq!(
            refused(Some("listen = \"127.0.0.1:1\"\ndatabse_url = \"sqlite:x\"\n"), &[], &[]),
            "There is no setting databse_url (line 2 of DIR/td.toml). Did you mean database_url?"
        );
        assert_eq!(
            refused(None, &[("TOKENDESK_HLP_DESK", "x")], &[]),
            "There is no setting hlp_desk (the variable TOKENDESK_HLP_DESK). Did you mean help_desk?"
        );
        assert_eq!(
            refused(None, &[], &[("color", "red")]),
            "There is no setting color (the flag --set). README lists all there are."
        );
        assert!(refused(Some("[server]\nlisten = \"x\"\n"), &[], &[]).contains("no setting server (line 1 of"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_shown_with_what_it_must_be() {
        assert_eq!(
            refused(Some("\nsession_hours = \"12\"\n"), &[], &[]),
            "The setting session_hours (line 2 of DIR/td.toml) is \"12\", but must be a whole number."
        );
        assert_eq!(
            refused(None, &[("TOKENDESK_REQUIRE_SECOND_FACTOR", "yes")], &[]),
            "The setting require_second_factor (the variable TOKENDESK_REQUIRE_SECOND_FACTOR) is \"yes\", but must be true or false."
        );
        assert!(refused(None, &[], &[("mail_workers", "-1")]).contains("must be a whole number"));
        assert!(refused(Some("listen = 8080"), &[], &[]).contains("is 8080, but must be a text in quotes"));
        assert!(refused(None, &[], &[("trusted_proxies", "proxy")]).contains("a list of addresses"));
        assert!(!refused(Some("master_key = 12345"), &[], &[]).contains("12345"));
    }

    #[test]
    fn a_wrong_value_is_shown_with_its_source() {
        assert_eq!(
            refused(Some("time_zone = \"Mars\""), &[], &[]),
            "The setting time_zone (line 1 of DIR/td.toml) is “Mars”, but must be an IANA name such as Europe/Berlin."
        );
        assert!(refused(None, &[], &[("listen", "here")]).starts_with("The setting listen (the flag --set) is “here”"));
    }

    #[test]
    fn a_file_that_cannot_be_read_says_where_without_repeating_it() {
        let sentence = refused(Some("listen = \"x\"\nsmtp_url = \"smtp://me:hunter2@mail\n"), &[], &[]);
        assert!(sentence.starts_with("Line 2 of the settings file DIR/td.toml"), "{sentence}");
        assert!(!sentence.contains("hunter2"), "{sentence}");
        let missing = Settings::read(Some(Path::new("not/there.toml")), [], &[]).unwrap_err().to_string();
        assert_eq!(missing, "The settings file not/there.toml is not there.");
    }

    #[test]
    fn flags_hold_over_the_environment_and_that_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("td.toml");
        std::fs::write(&path, "organization = \"File\"\nhelp_desk = \"File\"\nmail_workers = 2\n").unwrap();
        let environment =
            ["ORGANIZATION", "HELP_DESK"].map(|name| (format!("TOKENDESK_{name}"), "Variable".to_owned()));
        let flags = [("help_desk", "Flag"), ("trusted_proxies", "127.0.0.1, ::1"), ("master_key", &"01".repeat(32))]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::read(Some(&path), environment, &flags).unwrap();
        assert_eq!((settings.organization.as_str(), settings.help_desk.as_str()), ("Variable", "Flag"));
        assert_eq!((settings.mail_workers, settings.trusted_proxies.len()), (2, 2));
        assert_eq!(settings.master_key, Some([1; 32]));
    }
}
