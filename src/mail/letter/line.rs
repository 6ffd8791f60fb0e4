//! What stands on one line of an email: without line ends, addresses masked.

/// `text` as one line: what would break a line, a header or the direction of writing becomes a space.
pub fn one_line(text: &str) -> String {
    let breaks = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.split(|c: char| c.is_whitespace() || breaks(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is left out of a masked address; no address that people type holds it.
const MASK: &str = "•••";

/// An address as operators read it: of a masked one it is said what it was.
pub fn shown_address(kept: &str) -> String {
    if kept.contains(MASK) { format!("{kept}, alternate address") } else { kept.to_owned() }
}

/// "a•••@m•••.example": what is kept of an address that was typed for one email.
pub fn masked(address: &str) -> String {
    let start = |part: &str| part.chars().next().map(String::from).unwrap_or_default();
    let address = one_line(address);
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let end = domain.rsplit_once('.').map(|(_, end)| format!(".{end}")).unwrap_or_default();
            format!("{}{MASK}@{}{MASK}{end}", start(local), start(domain))
        }
        None => format!("{}{MASK}", start(&address)),
    }
}
