//! What HTML operators may put into emails.
//!
//! `ammonia` parses as browsers do and writes anew what is on the lists below; everything else, event handlers and
//! scripts of any disguise among it, does not come through. What people would miss is refused in words instead.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

/// Text, tables and links: what mail programs draw alike. No images, since they tell the sender who read when.
const TAGS: &[&str] = &[
    "a", "b", "blockquote", "br", "center", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li", "ol", "p",
    "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u",
    "ul",
];

const ATTRIBUTES: &[&str] = &[
    "align", "bgcolor", "border", "cellpadding", "cellspacing", "class", "colspan", "dir", "height", "lang", "role",
    "rowspan", "style", "title", "valign", "width",
];

const SCHEMES: &[&str] = &["https", "http", "mailto", "tel"];

/// Placeholders that are addresses.
const ADDRESSES: &[&str] = &["{{link}}", "{{site}}"];

/// `html` without what emails must not hold.
pub fn clean(html: &str) -> Result<String, String> {
    if let Some((line, tag)) = tags(html).find(|(_, tag)| !TAGS.contains(&tag.as_str())) {
        let what = match tag.as_str() {
            "html" | "head" | "body" | "title" | "meta" | "link" | "style" => {
                "Write what stands inside of the body, with styles in style attributes."
            }
            "img" => "Images tell who read an email and when.",
            _ => "Emails hold text, tables and links.",
        };
        return Err(format!("Line {line}: <{tag}> cannot be used here. {what}"));
    }
    let wrong: Arc<Mutex<Option<String>>> = Arc::default();
    let found = wrong.clone();
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .generic_attributes(ATTRIBUTES.iter().copied().collect())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .url_schemes(SCHEMES.iter().copied().collect())
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None)
        .attribute_filter(move |tag, attribute, value| match refusal(tag, attribute, value) {
            Some(sentence) => {
                found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(sentence);
                None
            }
            None => Some(match (attribute, value.trim()) {
                ("href", trimmed) => Cow::Owned(spaceless(trimmed)),
                _ => Cow::Borrowed(value),
            }),
        });
    let cleaned = builder.clean(html).to_string();
    let wrong = wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    wrong.map_or(Ok(cleaned), Err)
}

/// Why an attribute cannot stay.
fn refusal(tag: &str, attribute: &str, value: &str) -> Option<String> {
    let shown: String = value.chars().take(60).collect();
    if attribute == "href" {
        let address = spaceless(value);
        let absolute = SCHEMES.iter().any(|scheme| {
            address.get(..=scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(&format!("{scheme}:")))
        });
        let fine = ADDRESSES.contains(&address.as_str()) || (absolute && !address.contains("{{"));
        return (!fine).then(|| {
            format!("The link “{shown}” must be {{{{link}}}}, {{{{site}}}} or begin with https://, http://, mailto: or tel:.")
        });
    }
    if value.contains("{{") {
        return Some(format!(
            "In <{tag} {attribute}=\"{shown}\"> stands a placeholder: in attributes only the href of a link may have one."
        ));
    }
    // Styles that load something, and the ways to write that so that it is not seen.
    let style = value.to_ascii_lowercase();
    let loads = ["url", "image", "expression", "behavior", "binding", "@", "\\", "/*"];
    (attribute == "style" && loads.iter().any(|word| style.contains(word)))
        .then(|| format!("The style “{shown}” must not load or import anything."))
}

/// `{{ link }}` as `{{link}}`.
fn spaceless(address: &str) -> String {
    address.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// The names of the tags in `html` with their lines.
fn tags(html: &str) -> impl Iterator<Item = (usize, String)> {
    html.match_indices('<').filter_map(|(at, _)| {
        let inside = html[at + 1..].trim_start_matches('/');
        let name: String = inside.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        begins.then(|| (html[..at].matches('\n').count() + 1, name.to_ascii_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_tables_links_and_inline_styles_come_through() {
        let html = "<table role=\"presentation\" width=\"100%\" style=\"color: #fff; font-family: 'Segoe UI'\"><tbody><tr>\
                    <td class=\"ink\"><a href=\"{{link}}\" style=\"padding: 1px\">Go</a> &amp; <b>{{code}}</b></td></tr></tbody></table>";
        assert_eq!(clean(html).unwrap(), html);
        assert_eq!(clean("<a href=\" {{ link }} \">x</a>").unwrap(), "<a href=\"{{link}}\">x</a>");
        assert_eq!(clean("a < b").unwrap(), "a &lt; b");
    }

    #[test]
    fn tags_that_emails_must_not_hold_are_named_with_their_line() {
        for (tag, html) in [
            ("script", "<p>\n<script>alert(1)</script>"),
            ("style", "\n<style>@import url(x)</style>"),
            ("form", "\n<form action=x>"),
            ("img", "\n<img src=x onerror=alert(1)>"),
            ("iframe", "\n<iframe src=x>"),
            ("svg", "\n<svg/onload=alert(1)>"),
            ("body", "\n<body onload=x>"),
            ("link", "\n<link rel=stylesheet href=x>"),
            ("base", "\n<base href=x>"),
        ] {
            let sentence = clean(html).unwrap_err();
            assert!(sentence.starts_with(&format!("Line 2: <{tag}> cannot be used here.")), "{sentence}");
        }
    }

    #[test]
    fn event_handlers_do_not_come_through() {
        assert_eq!(clean("<p onclick=\"alert(1)\" id=x>x</p>").unwrap(), "<p>x</p>");
        assert_eq!(
            clean("<!-- <script>x</script --> y").unwrap_err(),
            "Line 1: <script> cannot be used here. Emails hold text, tables and links."
        );
        assert_eq!(clean("<!-- note -->y").unwrap(), "y");
    }

    #[test]
    fn links_lead_somewhere_and_run_nothing() {
        for wrong in [
            "javascript:alert(1)", " java\nscript:alert(1)", "/tasks", "{{first_name}}", "https://{{user_id}}",
            "data:text/html,x",
        ] {
            let cleaned = clean(&format!("<a href=\"{wrong}\">x</a>"));
            assert!(cleaned.as_ref().map_or(true, |html| html == "<a>x</a>"), "{wrong}: {cleaned:?}");
        }
        assert!(clean("<a href=\"mailto:help@example.org\">x</a>").unwrap().contains("mailto:"));
    }

    #[test]
    fn styles_load_nothing_and_attributes_hold_no_placeholders() {
        for wrong in ["background: url(https://x)", "background:u\\72l(x)", "width: expression(x)", "color: {{code}}"] {
            assert!(clean(&format!("<p style=\"{wrong}\">x</p>")).is_err(), "{wrong}");
        }
        assert!(clean("<p title=\"{{first_name}}\">x</p>").unwrap_err().contains("in attributes only the href"));
    }
}
