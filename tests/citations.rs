//! What comments cite stands in the repository, or is a standard that anybody can read.

use std::{fs, path::Path};

use walkdir::WalkDir;

/// The sign before the number of a section.
const SIGN: char = '\u{a7}';

/// The page with the laws of the product.
const LAWS: &str = "PRODUCT.md";

/// What may be cited besides, by the beginning of its name.
const STANDARDS: &[&str] = &["RFC ", "NIST ", "UTS #", "XML ", "ITU-T "];

/// Everything that somebody may write a citation in.
const WHERE: &[&str] = &[
    "src", "tests", "templates", "docs", "benches", "migrations", "static/css", "static/js", "README.md",
    "ARCHITECTURE.md", "CONTRIBUTING.md", "STYLE.md",
];

/// What stands under the heading with this number.
fn law<'a>(laws: &'a str, number: &str) -> Option<&'a str> {
    let (_, rest) = laws.split_once(&format!("\n## {number}. "))?;
    Some(rest.split_once("\n## ").map_or(rest, |(law, _)| law))
}

/// The names in quotes that follow a number: `"Edit", "Resend"`.
fn names(mut after: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some((name, rest)) =
        after.strip_prefix(", \"").or(after.strip_prefix(" \"")).and_then(|it| it.split_once('"'))
    {
        names.push(name);
        after = rest;
    }
    names
}

/// What is wrong with the citations of `text`.
fn broken(text: &str, laws: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    // A citation may be broken over two lines of a comment.
    let text = text.replace("\n///", "").replace("\n//!", "").replace("\n//", "");
    let mut before = "";
    for line in text.lines().flat_map(|line| line.split_inclusive([';', '(', ')'])) {
        for (at, _) in line.match_indices(SIGN) {
            let rest = &line[at + SIGN.len_utf8()..];
            let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            let number = number.trim_end_matches('.');
            // How to cite, and no citation.
            if rest.starts_with('N') {
                continue;
            }
            let source =
                STANDARDS.iter().chain([&LAWS]).max_by_key(|name| line[..at].rfind(*name).map_or(0, |at| at + 1));
            let source = source.filter(|name| line[..at].contains(*name));
            let found = match source {
                Some(name) if *name == LAWS => law(laws, number)
                    .is_some_and(|law| names(&rest[number.len()..]).iter().all(|name| law.contains(name))),
                Some(_) => !number.is_empty(),
                None => false,
            };
            if !found {
                wrong.push(format!("{before}{line}").trim().to_owned());
            }
        }
        before = line;
    }
    wrong
}

#[test]
fn every_citation_leads_to_a_law_of_the_product_or_to_a_standard() {
    let laws = fs::read_to_string(LAWS).expect("the laws are there");
    let mut wrong = Vec::new();
    for file in WHERE.iter().flat_map(WalkDir::new) {
        let path = file.expect("the repository can be read").into_path();
        // Pictures and fonts are not text.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if path.components().any(|part| part.as_os_str() == "vendor") {
            continue;
        }
        wrong.extend(broken(&text, &laws).into_iter().map(|line| format!("{}: {line}", path.display())));
    }
    assert!(wrong.is_empty(), "{} broken citations: {wrong:#?}", wrong.len());
}

#[test]
fn a_citation_that_leads_nowhere_is_found() {
    let laws = "# Laws\n\n## 1. Words\nuser\n\n## 2. Rules\n**Resend.** To one user.\n";
    let cite = |text: &str| broken(&text.replace('$', &SIGN.to_string()), laws).len();
    for well in [
        "(PRODUCT.md $1)", "PRODUCT.md $2, \"Resend\"", "PRODUCT.md $1 and $2.", "RFC 4226 $5.3",
        "RFC 9106 $3.1; PRODUCT.md $2",
    ] {
        assert_eq!(cite(well), 0, "{well}");
    }
    for broken in
        ["PRODUCT.md $3", "product.md $1", "$1", "PRODUCT.md $2, \"Unlock\"", "PRODUCT.md $1.1", "RFC 4226; $9"]
    {
        assert_eq!(cite(broken), 1, "{broken}");
    }
}

#[test]
fn files_that_the_pages_for_newcomers_name_are_there() {
    let mut wrong = Vec::new();
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "PRODUCT.md", "STYLE.md", "docs/security.md"] {
        let text = fs::read_to_string(page).expect("the page is there");
        for path in text.split('`').skip(1).step_by(2) {
            let folders = ["src/", "tests/", "templates/", "static/", "migrations/", "docs/", "benches/"];
            // `static/css/<layer>/<word>.css` is a form, and no file.
            let is_path = folders.iter().any(|folder| path.starts_with(folder)) && !path.contains(['<', '{', ' ', '*']);
            if is_path && !Path::new(path).exists() {
                wrong.push(format!("{page} names {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
