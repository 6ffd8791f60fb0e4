//! The settings file that `tokendesk init` writes: what was answered, and nothing that is as it is anyway.

use std::{fs, io::Write as _, path::Path};

use serde_json::Value;

use crate::{
    config::Written,
    error::{Error, Result},
};

/// The lines of the file, in the order of README.
pub fn text(written: &Written) -> String {
    let mut text =
        "# Written by `tokendesk init`. README lists all settings; “tokendesk check” tries them.\n".to_owned();
    let values = |written: &Written| serde_json::to_value(written).unwrap_or_default();
    let (values, usual) = (values(written), values(&Written::default()));
    for name in ORDER {
        let value = &values[name];
        if *value != usual[name] {
            text.push_str(&format!("{name} = {}\n", toml(value)));
        }
    }
    text
}

/// The settings that are asked for, in the order they stand in the file.
const ORDER: [&str; 16] = [
    "public_url", "listen", "tls_certificate", "tls_key", "acme_email", "acme_directory", "http_listen",
    "trusted_proxies", "data_dir", "database_url", "master_key", "smtp_url", "mail_from", "organization", "help_desk",
    "time_zone",
];

/// A value as TOML has it: its texts are written as those of JSON, but for one control character (TOML 1.0, "String").
fn toml(value: &Value) -> String {
    value.to_string().replace('\u{7f}', "\\u007f")
}

/// Writes the file whole or not at all, for its owner alone.
///
/// # Errors
/// `Internal` with a sentence if it is there already and is not to be replaced, or cannot be written.
pub fn write(path: &Path, text: &str, replace: bool) -> Result<()> {
    let problem =
        |error: std::io::Error| Error::Internal(format!("The file {} cannot be written: {error}.", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made for its owner alone (0600), and removed unless it gets its name.
    let mut beside = tempfile::Builder::new().prefix(".tokendesk-").tempfile_in(folder).map_err(problem)?;
    beside.write_all(text.as_bytes()).and_then(|()| beside.as_file().sync_all()).map_err(problem)?;
    if replace {
        beside.persist(path).map_err(|failed| problem(failed.error))?;
    } else {
        beside.persist_noclobber(path).map_err(|failed| match failed.error.kind() {
            std::io::ErrorKind::AlreadyExists => taken(path),
            _ => problem(failed.error),
        })?;
    }
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(problem)
}

/// What is said of a file that is there already.
pub fn taken(path: &Path) -> Error {
    Error::Internal(format!(
        "The settings file {} is there already. --replace writes it anew; --config names another.",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was_meant() {
        let written = Written {
            public_url: "https://tokens.example.org".into(),
            organization: "Åland \"Tokens\" \\ \u{7f}\n#1".into(),
            smtp_url: "smtp://user:p%40ss@mail.example.org".into(),
            trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
            ..Written::default()
        };
        let text = text(&written);
        let read: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(read["organization"].as_str(), Some(written.organization.as_str()));
        assert_eq!(read["trusted_proxies"].as_array().map(Vec::len), Some(1));
        assert_eq!(read.len(), 4, "{text}");
    }
}
