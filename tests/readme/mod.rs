//! README as a newcomer reads it: its words are read from the file, and done. A README that drifts fails.

mod for_real;
mod try_it;

/// The file.
const README: &str = include_str!("../../README.md");

/// What stands under this heading.
pub fn section(heading: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// What stands in a fenced block of this language.
pub fn fenced(section: &'static str, language: &str) -> &'static str {
    let (_, rest) = section.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("no block of {language}"));
    rest.split_once("```").expect("the block ends").0
}

/// What is set in `code` in a text, in its order.
fn coded(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What is set in **bold**, with line breaks folded: the words of links and buttons.
fn bold(text: &str) -> Vec<String> {
    text.split("**").skip(1).step_by(2).map(|words| words.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The numbered steps of a section.
fn steps(section: &'static str) -> Vec<&'static str> {
    let mut starts: Vec<usize> = (1..).map_while(|n| section.find(&format!("\n{n}. "))).collect();
    let end = starts.last().map_or(0, |last| last + section[*last..].find("\n\n").unwrap_or(section.len() - last));
    starts.push(end);
    starts.windows(2).map(|pair| section[pair[0]..pair[1]].trim()).collect()
}

#[test]
fn every_setting_stands_in_the_table() {
    let written = serde_json::to_value(tokendesk::config::Written::default()).expect("settings are JSON");
    let table = coded(section("Settings"));
    for name in written.as_object().expect("settings have names").keys() {
        assert!(table.contains(&name.as_str()), "README.md does not say what {name} is");
    }
}
