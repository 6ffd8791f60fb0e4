//! Text that is read from right to left, alone among the text beside it: in every page such words stand in `<bdi>` (HTML,
//! "The bdi element"), so that a name in Hebrew or Arabic moves no number and no point of the sentence that holds it (UAX #9).
//!
//! It is done once, to the page that a template has made. So it holds for sentences made in Rust (history, errors, what just
//! happened) as for names in templates, and for every page to come.

use crate::text;

/// Elements whose text holds no elements, or is alone already.
const LEFT_AS_THEY_ARE: [&str; 6] = ["bdi", "option", "script", "style", "textarea", "title"];

/// What joins words to one name or address, within it and not at its ends.
const JOINTS: [char; 5] = ['-', '_', '.', '@', '+'];

/// The page with `<bdi>` around each run of words that are read from right to left. A page without them is as it was.
pub fn isolated(html: String) -> String {
    if !html.chars().any(text::turns_direction) {
        return html;
    }
    let mut page = String::with_capacity(html.len() + html.len() / 16);
    let mut rest = html.as_str();
    let mut kept_depth: usize = 0;
    while let Some(at) = rest.find('<') {
        let (words, from_tag) = rest.split_at(at);
        isolate(words, kept_depth > 0, &mut page);
        let (tag, after) = from_tag.split_at(end_of_tag(from_tag));
        let name = tag.trim_start_matches(['<', '/']).split(|c: char| !c.is_ascii_alphanumeric()).next();
        if name.is_some_and(|name| LEFT_AS_THEY_ARE.contains(&name)) {
            kept_depth = if tag.starts_with("</") { kept_depth.saturating_sub(1) } else { kept_depth + 1 };
        }
        page.push_str(tag);
        rest = after;
    }
    isolate(rest, kept_depth > 0, &mut page);
    page
}

/// Bytes up to the end of the tag that `html` begins with; a `>` in an attribute ends nothing.
fn end_of_tag(html: &str) -> usize {
    let mut quote = None;
    for (at, letter) in html.char_indices() {
        match (quote, letter) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    html.len()
}

/// The text between two tags, whose entities stay whole: a run begins and ends with a letter.
fn isolate(words: &str, kept: bool, page: &mut String) {
    let mut written = 0;
    if !kept {
        for (start, end) in runs(words) {
            page.push_str(&words[written..start]);
            page.push_str("<bdi>");
            page.push_str(&words[start..end]);
            page.push_str("</bdi>");
            written = end;
        }
    }
    page.push_str(&words[written..]);
}

/// Where words read from right to left begin and end, those with nothing but space between them as one.
fn runs(words: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    for word in words.split_inclusive(|c: char| c.is_whitespace() || c == ',') {
        if let Some((start, end)) = turned(word) {
            let (start, end) = (from + start, from + end);
            match runs.last_mut() {
                Some(last) if words[last.1..start].trim().is_empty() => last.1 = end,
                _ => runs.push((start, end)),
            }
        }
        from += word.len();
    }
    runs
}

/// The part of one word from the first letter that turns the direction to the last, with what is joined to it.
fn turned(word: &str) -> Option<(usize, usize)> {
    let (first, _) = word.char_indices().find(|(_, c)| text::turns_direction(*c))?;
    let (last, letter) = word.char_indices().rfind(|(_, c)| text::turns_direction(*c))?;
    let last = last + letter.len_utf8();
    let is_joined = |c: char| c.is_alphanumeric() || JOINTS.contains(&c);
    let before = word[..first].trim_end_matches(is_joined).len();
    let start = first - word[before..first].trim_start_matches(JOINTS).len();
    let after = &word[last..];
    let end = last + after[..after.len() - after.trim_start_matches(is_joined).len()].trim_end_matches(JOINTS).len();
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn becomes(html: &str, page: &str) {
        assert_eq!(isolated(html.to_owned()), page);
        assert_eq!(isolated(page.to_owned()), page, "what is isolated stays as it is");
    }

    #[test]
    fn words_that_are_read_from_right_to_left_stand_alone() {
        becomes("<p>Resend 5 to דוד כהן 7 times.</p>", "<p>Resend 5 to <bdi>דוד כהן</bdi> 7 times.</p>");
        becomes("<b>ליאת</b> (שרה), سارة.", "<b><bdi>ליאת</bdi></b> (<bdi>שרה</bdi>), <bdi>سارة</bdi>.");
        becomes("דוד, שרה", "<bdi>דוד</bdi>, <bdi>שרה</bdi>");
        becomes("x.דוד2@example.org.", "<bdi>x.דוד2@example.org</bdi>.");
        becomes("&#34;ג&#39;ורג&#39;&#34;", "&#34;<bdi>ג&#39;ורג</bdi>&#39;&#34;");
        becomes("a \u{202E}b c", "a <bdi>\u{202E}b</bdi> c");
    }

    #[test]
    fn a_page_without_them_is_as_it_was_and_so_are_attributes_and_elements_that_hold_text_alone() {
        for page in [
            "<p title=\"a > b\">Zoë Nguyễn 田中, привет &amp; x</p>",
            "<title>דוד</title><input value=\"a > דוד\"><option>דוד</option><textarea>דוד</textarea><bdi>a דוד <b>ב</b></bdi>",
        ] {
            becomes(page, page);
        }
    }
}
