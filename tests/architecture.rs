//! The house rules of `ARCHITECTURE.md`, kept: import order, homes of words, names of files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

mod circles;
mod rhyme;

/// Modules may name only what stands left of them. The base first, then one feature after the other.
const ORDER: &[&str] = &[
    "ids", "clock", "error", "english", "text", "sheet", "oath", "radius", "keys", "ticked", "order", "config", "tls",
    "schema", "db", "meter", "tally", "hashing", "desk", "rounds", "acme", "audit", "access", "mail", "bounces",
    "operators", "roles", "sign_in", "work", "policy", "imports", "counts", "users", "tokens", "messages", "tasks",
    "provision", "authentication", "portal", "why", "outbox", "alerts", "reports", "demo",
];

/// What `web` may name: the base, the audit log and operators.
const BELOW_WEB: &[&str] = &[
    "ids", "clock", "error", "english", "english", "text", "sheet", "oath", "keys", "order", "config", "schema", "db",
    "hashing", "desk", "audit", "access", "operators", "sign_in", "web",
];

/// A word, and the files it is at home in (ends of paths, or parts of them).
const HOMES: &[(&str, &[&str])] = &[
    ("diesel", &["/store.rs", "/store/", "src/db.rs", "src/db/", "src/schema.rs", "src/schema/"]),
    ("actix_web", &["/pages.rs", "/pages/", "src/web/", "src/app.rs", "src/commands/"]),
    ("actix_session", &["/pages.rs", "/pages/", "src/web/"]),
    ("askama", &["/pages.rs", "/pages/", "src/web/", "src/mail/letter"]),
    ("lettre", &["src/mail/courier"]),
    ("rustls", &["src/tls/"]),
    ("webpki", &["src/tls/"]),
    ("rcgen", &["src/tls/"]),
    ("instant_acme", &["src/acme/"]),
    ("mail_parser", &["src/bounces/"]),
    ("argon2", &["src/hashing.rs"]),
    ("getrandom", &["src/ids.rs"]),
    ("SystemTime", &[]),
    ("Utc::now", &["src/clock.rs"]),
];

/// Words that ARCHITECTURE.md's table of words replaced, as names of types, functions and modules.
const BANNED: &[&str] = &[
    "Place", "OpenPlace", "Member", "Came", "Looked", "Told", "Around", "Ground", "Manners", "Fumble", "Picked",
    "Handed", "Settled", "AtWork", "act", "Act", "several", "Several", "carry_out", "Chosen", "heed", "furnish",
    "from_word", "looked", "picked", "untrue",
];

/// Files are looked at when they reach 300 lines and split before 400.
const LONGEST_FILE: usize = 400;

fn sources() -> Vec<(PathBuf, String)> {
    let mut files: Vec<_> = WalkDir::new("src")
        .into_iter()
        .map(|entry| entry.expect("the sources can be read").into_path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "rs"))
        .map(|path| (path.clone(), fs::read_to_string(&path).expect("sources are text")))
        .collect();
    files.sort();
    files
}

/// The code of a file without comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The top module a file is in: `src/tasks/pages/edit.rs` → `tasks`.
fn module(path: &Path) -> String {
    let first = path.components().nth(1).expect("a file in src");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

fn is_page(path: &Path) -> bool {
    path.ends_with("pages.rs") || path.components().any(|part| part.as_os_str() == "pages")
}

/// The modules named as `crate::module`, also within `use crate::{a, b::c}`.
fn mentioned(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            let mut take = true;
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.push(std::mem::take(&mut name));
                        take = true;
                    }
                    ':' => take = take && depth != 0,
                    _ if depth == 0 && take && !letter.is_whitespace() => name.push(letter),
                    _ => {}
                }
            }
            found.push(name);
        } else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn modules_name_only_what_stands_left_of_them() {
    let rank = |name: &str| ORDER.iter().position(|known| *known == name);
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = module(&path);
        if is_page(&path) || matches!(own.as_str(), "app" | "commands" | "lib" | "main") {
            continue;
        }
        for name in mentioned(&code(&text)) {
            let known = rank(&name).is_some() || name == "web";
            let fine = match own.as_str() {
                "web" => BELOW_WEB.contains(&name.as_str()),
                _ => rank(&name).zip(rank(&own)).is_some_and(|(theirs, ours)| theirs <= ours),
            };
            if known && !fine {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let known = |name: &str| ORDER.contains(&name) || matches!(name, "app" | "commands" | "lib" | "main" | "web");
    let unknown: Vec<String> = sources().iter().map(|(path, _)| module(path)).filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn only_the_app_names_pages() {
    for (path, text) in sources() {
        let named = code(&text).contains("pages::");
        assert!(!named || path.ends_with("app.rs") || is_page(&path), "{} names pages", path.display());
    }
}

#[test]
fn words_are_at_home() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let name = path.to_string_lossy().into_owned();
        let text = code(&text);
        for (word, homes) in HOMES {
            let said = text.contains(&format!("{word}::")) || text.contains(&format!("use {word}"));
            let said = said
                || (!word.chars().all(|c| c.is_lowercase() || c == '_' || c.is_ascii_digit()) && text.contains(word));
            if said && !homes.iter().any(|home| name.contains(home)) {
                wrong.push(format!("{name} says {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_named_after_what_they_hold_and_stay_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let name = path.to_string_lossy().into_owned();
        for drawer in ["utils", "util", "common", "helpers", "helper", "misc"] {
            let stem = path.file_stem().is_some_and(|stem| stem == drawer);
            if stem || path.components().any(|part| part.as_os_str() == drawer) {
                wrong.push(format!("{name} is a drawer"));
            }
        }
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{name} has {lines} lines"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_map_names_every_module() {
    let map = fs::read_to_string("ARCHITECTURE.md").expect("ARCHITECTURE.md is there");
    for name in sources().iter().map(|(path, _)| module(path)) {
        assert!(map.contains(&format!("`{name}`")) || name == "lib", "ARCHITECTURE.md does not name `{name}`");
    }
    let line = map.lines().find(|line| line.contains(" → ")).expect("the map has the import order");
    let mut before = 0;
    for name in ORDER.iter().filter(|name| line.contains(&format!("`{name}`"))) {
        let at = line.find(&format!("`{name}`")).expect("it was found");
        assert!(at >= before, "the order in ARCHITECTURE.md differs at `{name}`");
        before = at;
    }
}

/// What a feature lets others read or write of its rows is named in its `mod.rs`; the compiler keeps the rest.
#[test]
fn stores_are_private() {
    let open: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| code(text).lines().any(|line| line.contains("mod store;") && line.trim() != "mod store;"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn words_that_were_replaced_do_not_come_back() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for line in code(&text).lines() {
            for kind in ["struct ", "enum ", "type ", "fn ", "mod ", "trait "] {
                let Some(at) = line.find(kind) else { continue };
                let name: String =
                    line[at + kind.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if BANNED.contains(&name.as_str()) {
                    wrong.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
