//! ACCESSIBILITY.md names every criterion, and what it says shows them is there.

use std::{fs, path::Path};

/// The criteria of WCAG 2.2 of the levels A and AA, by their numbers: 31 and 24. 4.1.1 was taken out of 2.2.
const CRITERIA: &[(&str, &str)] = &[
    (
        "A",
        "1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4",
    ),
    ("A", "2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2"),
    (
        "AA",
        "1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8",
    ),
    ("AA", "3.1.2 3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3"),
];

/// How a criterion stands.
const STANDS: &[&str] = &["met", "met in part", "not met", "does not apply"];

/// The cells of a line of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(row.split(" | ").map(str::trim).collect())
}

/// What is written as code in a text.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// True if the file is there, or the test: `accessibility::journeys::whoever_…`, as `cargo test` names it without its end.
fn is_there(name: &str) -> bool {
    let Some((module, test)) = name.rsplit_once("::") else { return Path::new(name).exists() };
    let file = format!("tests/{}", module.replace("::", "/"));
    [format!("{file}.rs"), format!("{file}/mod.rs")]
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .any(|text| text.contains(&format!("fn {test}(")))
}

#[test]
fn accessibility_md_names_each_criterion_of_a_and_aa_once_and_in_order_and_how_it_stands() {
    let text = fs::read_to_string("ACCESSIBILITY.md").expect("ACCESSIBILITY.md is there");
    let number = |number: &str| number.split('.').map(|part| part.parse().expect("a number")).collect::<Vec<u32>>();
    let mut wanted: Vec<(Vec<u32>, &str)> = CRITERIA
        .iter()
        .flat_map(|(level, numbers)| numbers.split(' ').map(|criterion| (number(criterion), *level)))
        .collect();
    wanted.sort();
    assert_eq!(wanted.len(), 55);
    let rows: Vec<Vec<&str>> =
        text.lines().filter_map(cells).filter(|row| row[0].starts_with(|first: char| first.is_ascii_digit())).collect();
    let found: Vec<(Vec<u32>, &str)> = rows.iter().map(|row| (number(row[0]), row[2])).collect();
    assert_eq!(found, wanted);
    for row in rows {
        let [_, name, _, stands, how, shown] = row.as_slice() else { panic!("not six cells: {row:?}") };
        assert!(STANDS.contains(stands), "{name}: {stands}");
        assert!(!how.is_empty(), "{name}: nothing says how");
        assert!(*stands == "does not apply" || !code(shown).is_empty(), "{name}: nothing shows it");
    }
}

#[test]
fn what_accessibility_md_names_is_there() {
    let text = fs::read_to_string("ACCESSIBILITY.md").expect("ACCESSIBILITY.md is there");
    let missing: Vec<&str> = text
        .lines()
        .filter_map(cells)
        .filter_map(|row| row.get(5).copied())
        .flat_map(code)
        .filter(|name| !is_there(name))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(!is_there("accessibility::statement::nobody_wrote_this") && !is_there("tests/nothing.rs"));
}
