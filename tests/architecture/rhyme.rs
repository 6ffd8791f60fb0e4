//! The rhyme: an address, its folder in `src`, its templates and its tests are called alike.

use std::{fs, path::Path};

use walkdir::WalkDir;

use super::{ORDER, is_page, module, sources};

/// First words of addresses that lead to another folder than their own, and why. The list is the debt: a later line needs
/// its reason beside it.
const ADDRESSES: &[(&str, &str, &str)] = &[
    ("", "reports", "the Snapshot stands at /"),
    ("find", "reports", "reads across all features, as reports do"),
    ("first-start", "reports", "the list of the first start stands on the Snapshot"),
    ("metrics", "reports", "numbers for monitors"),
    ("policy", "alerts", "/policy/alerts stands beside the policy in the navigation"),
    ("enroll", "portal", "the address is what a user reads in an email"),
    ("auth-nodes", "authentication", "who may ask, beside what is asked"),
    ("api", "authentication", "what auth nodes ask"),
    ("static", "web", "style sheets, scripts, fonts"),
    ("theme", "web", "the shell"),
    ("healthz", "web", "the process"),
    ("readyz", "web", "the process"),
    ("account", "sign_in", "one's own password, second factor and sign-ins"),
    ("sign-out", "sign_in", "the end of what /sign-in begins"),
    ("users", "tasks", "/users/{user}/tasks/{number}/…: one user of a task; Resend is tasks/pages/resend.rs"),
];

/// `/tasks/42/edit` leads to `src/tasks`: what is in the browser's bar can be found without asking anybody.
#[test]
fn an_address_leads_to_its_folder() {
    let app = fs::read_to_string("src/app.rs").expect("src/app.rs is there");
    let shell = ["assets", "health", "theme", "presence", "shortcuts"];
    let (mut wrong, mut used) = (Vec::new(), Vec::new());
    for line in app.lines().map(str::trim).filter(|line| line.starts_with("get(\"") || line.starts_with("post(\"")) {
        let path = line.split('"').nth(1).expect("an address in quotes");
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        // A list as a file stands beside its page.
        let first = first.strip_suffix(".csv").unwrap_or(first);
        let handler = line.rsplit(", ").next().unwrap_or_default();
        let module = handler.split("::").next().unwrap_or_default();
        let module = if shell.contains(&module) { "web" } else { module };
        if first.replace('-', "_") == module {
            continue;
        }
        match ADDRESSES.iter().find(|(word, folder, _)| *word == first && *folder == module) {
            Some((word, folder, _)) => used.push((*word, *folder)),
            None => wrong.push(format!("{path} leads to {module}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let left: Vec<_> = ADDRESSES.iter().filter(|(word, folder, _)| !used.contains(&(*word, *folder))).collect();
    assert!(left.is_empty(), "exceptions that nothing needs any more: {left:#?}");
}

/// The rhyme: a page's template is in the folder of its feature.
#[test]
fn templates_rhyme_with_the_features_that_fill_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| is_page(path)) {
        let own = module(&path).replace('_', "-");
        for (at, _) in text.match_indices("path = \"") {
            let template: String = text[at + 8..].chars().take_while(|c| *c != '"').collect();
            if !template.starts_with(&format!("{own}/")) {
                wrong.push(format!("{} uses {template}", path.display()));
            }
            if !Path::new("templates").join(&template).exists() {
                wrong.push(format!("{template} is not there"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Templates are named like addresses, with `-`. The first line of each says what it is, and then what it takes: what
/// `Expects` names as `Type` of a file is there, and the file fills the template; or `Macros`, or `Blocks` alone.
#[test]
fn templates_say_what_they_are_in_their_first_line() {
    let mut wrong = Vec::new();
    let files = WalkDir::new("templates").into_iter().map(|entry| entry.expect("templates can be read").into_path());
    for path in files.filter(|path| path.is_file()) {
        let template = path.strip_prefix("templates").expect("a template").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("templates are text");
        let line = text.lines().next().unwrap_or_default();
        let mut say = |what: &str| wrong.push(format!("{template}: {what}: {line}"));
        if template.contains('_') {
            say("a name with _");
        }
        let said = line.strip_prefix("{#- ").and_then(|rest| rest.strip_suffix(". -#}")).unwrap_or_default();
        let goes_on = [". Expects `", ". Macros: ", ". Blocks: "].iter().any(|word| said.contains(word));
        if !goes_on || !said.starts_with(char::is_uppercase) {
            say("not `{#- What it is. Expects `Type` of file.rs. -#}`");
        }
        // What fills it: `Page` of tasks/pages/edit.rs, or `form: Form` of it.
        let Some((kind, rest)) = said.split_once("Expects `").and_then(|(_, rest)| rest.split_once("` of ")) else {
            continue;
        };
        let file: String = rest.chars().take_while(|c| c.is_alphanumeric() || "/_.".contains(*c)).collect();
        let filler = fs::read_to_string(Path::new("src").join(file.trim_end_matches('.'))).unwrap_or_default();
        let (field, kind) = kind.split_once(": ").map_or((None, kind), |(field, kind)| (Some(field), kind));
        let kind = kind.trim_start_matches("Vec<").trim_end_matches('>');
        if !filler.contains(&format!("struct {kind} ")) && !filler.contains(&format!("struct {kind}<")) {
            say("nothing of this name fills it");
        }
        if field.is_none() && !filler.contains(&format!("\"{template}\"")) {
            say("that file does not fill it");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Modules whose tests are not in a folder or a file of their name, and where they are instead: from the first feature on.
/// The base has unit tests beside its code.
const TESTED_ELSEWHERE: &[(&str, &str)] = &[
    ("bounces", "mail/bounces.rs and mail/bounce_kinds.rs: reports come back for emails that a test has sent"),
    (
        "access",
        "permissions/mod.rs and operators/guards.rs: every address is asked as every role, in scope and out of it",
    ),
    ("audit", "operators/audit_log.rs: the log is read by operators, and each verb's test asks for its entry"),
    ("imports", "users/preview.rs and tokens/preview.rs: a kept file is always of one of them"),
];

/// The rhyme: a feature's tests are in the folder or the file of its name.
#[test]
fn every_feature_has_tests_of_its_name() {
    let first = ORDER.iter().position(|name| *name == "audit").expect("the first feature");
    let has = |path: String| Path::new("tests").join(path).exists();
    for name in &ORDER[first..] {
        let own = has(format!("{name}.rs")) || has(format!("{name}/mod.rs"));
        match TESTED_ELSEWHERE.iter().find(|(module, _)| module == name) {
            None => assert!(own, "there is no tests/{name}.rs and no tests/{name}/mod.rs"),
            Some((_, elsewhere)) => {
                println!("{name}: {elsewhere}");
                assert!(!own, "{name} has tests of its name: it is no exception");
                let (files, _) = elsewhere.split_once(": ").expect("the reason");
                for file in files.split(" and ") {
                    assert!(has(file.to_owned()), "{file}, which has the tests of {name}, is not there");
                }
            }
        }
    }
}
