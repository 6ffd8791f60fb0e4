//! The words of an email as operators write them: text with checked placeholders such as `{{first_name}}`.

use super::{
    Kind, Letter,
    built_in::{View, built_in},
    markup, one_line,
};
use crate::{
    config::Settings,
    error::{Mistakes, Result},
};

/// The longest subject, in characters: mail programs show some 70.
const SUBJECT_LETTERS: usize = 200;
/// The longest plain text, in characters.
const TEXT_LETTERS: usize = 20_000;
/// The longest HTML, in characters.
const HTML_LETTERS: usize = 60_000;

/// A subject, plain text, and the HTML inside of the document's body, with placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// Something that is put in when the email is sent.
pub struct Placeholder {
    /// The name between `{{` and `}}`.
    pub name: &'static str,
    /// What it stands for.
    pub words: &'static str,
    of: for<'a> fn(&'a View) -> &'a String,
    set: fn(&mut View) -> &mut String,
    /// True if it opens the enrollment: it stays out of the subject.
    secret: bool,
}

macro_rules! placeholders {
    ($($name:ident = $field:ident, $words:literal $(, $secret:literal)?;)+) => {
        /// All of them; [`placeholders`] says which a kind has.
        const ALL: &[Placeholder] = &[$(Placeholder {
            name: stringify!($name),
            words: $words,
            of: |view| &view.$field,
            set: |view| &mut view.$field,
            secret: false $(|| $secret)?,
        },)+];
    };
}

placeholders! {
    first_name = greeting, "First name of the user, or the User ID if there is none";
    user_id = user_id, "User ID";
    authentication_type = authentication_type, "Authentication Type: “Authenticator app”";
    a_token = a_token, "The type inside a sentence: “an authenticator app”";
    link = link, "Enrollment link, in text or alone in the href of a link", true;
    link_shown = shown_link, "Enrollment link without https:// and without the code, to be shown", true;
    code = code, "Activation code", true;
    stop_date = until, "Last moment to enroll, with weekday and time zone";
    stop_day = day, "Last day to enroll: “27 November”";
    works_until = works_until, "Until when the code works, with time zone";
    previous_stop_date = previous_until, "Last moment to enroll as it was before";
    task = task, "Task number";
    serial_number = serial, "Serial Number of the token";
    requester = requester, "UserID of the operator who did it";
    organization = org, "Name of the organization";
    sender = sender, "Name of the sender";
    help_desk = help, "Whom to contact";
    site = site, "Address of this site, in text or alone in the href of a link";
}

/// The placeholders that messages of `kind` may have.
pub fn placeholders(kind: Kind) -> impl Iterator<Item = &'static Placeholder> {
    ALL.iter().filter(move |placeholder| match placeholder.name {
        "link" | "link_shown" => kind.carries_link(),
        "code" => kind.carries_code(),
        "works_until" => kind.ends_at_a_moment(),
        "stop_date" | "stop_day" => kind.carries_link() || kind == Kind::NewStopDate,
        "previous_stop_date" => kind == Kind::NewStopDate,
        "task" => !kind.is_about_token() && !kind.ends_at_a_moment(),
        "authentication_type" | "a_token" => !kind.ends_at_a_moment(),
        "serial_number" => kind == Kind::Enrolled || kind.is_about_token(),
        "requester" => !matches!(kind, Kind::Enrolled | Kind::Locked),
        _ => true,
    })
}

/// What the text and the HTML of a message of `kind` must hold, and what is lost without it (PRODUCT.md §6: an
/// enrollment message has its link and its code; each states the exact last day and names whom to contact).
///
/// Whom to contact is asked for only where the setting `help_desk` says who that is.
fn needed(settings: &Settings, kind: Kind) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (link, stop) = (kind.carries_link(), kind.carries_link() || kind == Kind::NewStopDate);
    let help = !settings.help_desk.is_empty();
    [
        (link, "link", "nobody can enroll without it"),
        (link, "code", "nobody can enroll without it"),
        (kind == Kind::CallBackCode, "code", "there is nothing to read out"),
        (kind.ends_at_a_moment(), "works_until", "users do not learn how long the code works"),
        (stop, "stop_date", "users do not learn until when they can enroll"),
        (help, "help_desk", "users do not learn whom to contact"),
    ]
    .into_iter()
    .filter_map(|(holds, name, lost)| holds.then_some((name, lost)))
}

/// The built-in words of `kind`, with placeholders where values are put in.
pub fn default(settings: &Settings, kind: Kind) -> Result<Wording> {
    let mut view = View::default();
    for placeholder in placeholders(kind) {
        *(placeholder.set)(&mut view) = format!("{{{{{}}}}}", placeholder.name);
    }
    if settings.help_desk.is_empty() {
        view.help.clear();
    }
    let letter = built_in(kind, &view)?;
    let inside = letter.html.split_once("<body").and_then(|(_, rest)| rest.split_once('>'));
    let inside = inside.and_then(|(_, rest)| rest.rsplit_once("</body>")).map_or("", |(inside, _)| inside);
    Ok(Wording { subject: letter.subject, text: letter.text.trim().to_owned(), html: inside.trim().to_owned() })
}

impl Wording {
    /// What was typed for `kind`, in the form in which it is kept: line ends as one sign, HTML without what emails must
    /// not hold.
    ///
    /// # Errors
    /// `Invalid` with a sentence for `subject`, `text` or `html` that names the line and the placeholder.
    pub fn check(&self, settings: &Settings, kind: Kind) -> Result<Wording> {
        let (wording, mut mistakes) = self.read(kind);
        for (field, name, lost) in wording.missing(settings, kind) {
            mistakes.add(field, format!("{{{{{name}}}}} is missing: {lost}."));
        }
        mistakes.into_result()?;
        Ok(wording)
    }

    /// The placeholders that the text and the HTML lack: the field, the name, and what is lost without it. Nothing is
    /// said of a field that cannot be read.
    pub fn missing(&self, settings: &Settings, kind: Kind) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut missing = Vec::new();
        for (field, typed) in [("text", &self.text), ("html", &self.html)] {
            let Ok(pieces) = pieces(kind, typed) else { continue };
            let has = |name: &str| {
                pieces.iter().any(|piece| piece.placeholder().is_some_and(|placeholder| placeholder.name == name))
            };
            missing
                .extend(needed(settings, kind).filter(|(name, _)| !has(name)).map(|(name, lost)| (field, name, lost)));
        }
        missing
    }

    /// What was typed in the form in which it is kept, and what is wrong with it apart from what is missing.
    fn read(&self, kind: Kind) -> (Wording, Mistakes) {
        let mut mistakes = Mistakes::default();
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
        let subject = one_line(&self.subject);
        let text = lines(&self.text);
        let html = markup::clean(&lines(&self.html)).unwrap_or_else(|sentence| {
            mistakes.add("html", sentence);
            String::new()
        });
        for (field, words, typed, limit) in [
            ("subject", "the subject", &subject, SUBJECT_LETTERS),
            ("text", "the plain text", &text, TEXT_LETTERS),
            ("html", "the HTML", &html, HTML_LETTERS),
        ] {
            if typed.is_empty() {
                mistakes.add(field, format!("Enter {words}."));
            } else if typed.chars().count() > limit {
                mistakes.add(field, format!("Shorten {words} to {limit} characters."));
            }
            match pieces(kind, typed) {
                Err(sentence) => mistakes.add(field, sentence),
                Ok(pieces) if field == "subject" => {
                    if let Some(secret) =
                        pieces.iter().find_map(|piece| piece.placeholder().filter(|placeholder| placeholder.secret))
                    {
                        let sentence = "is not for the subject, which mail servers keep in their logs.";
                        mistakes.add(field, format!("{{{{{}}}}} {sentence}", secret.name));
                    }
                }
                Ok(_) => {}
            }
        }
        (Wording { subject, text, html }, mistakes)
    }

    /// The letter with the values of `view`, its HTML without the document around it; `None` if a placeholder is not
    /// known.
    pub(super) fn fill(&self, kind: Kind, view: &View) -> Option<Letter> {
        let put_in = |text: &str, write: fn(&str) -> String| -> Option<String> {
            let pieces = pieces(kind, text).ok()?;
            Some(
                pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Words(words) => (*words).to_owned(),
                        Piece::Placeholder(placeholder) => write((placeholder.of)(view)),
                    })
                    .collect(),
            )
        };
        Some(Letter {
            subject: one_line(&put_in(&self.subject, str::to_owned)?),
            text: put_in(&self.text, str::to_owned)?,
            html: put_in(&self.html, escaped)?,
        })
    }
}

/// A part of a text.
enum Piece<'a> {
    Words(&'a str),
    Placeholder(&'static Placeholder),
}

impl Piece<'_> {
    fn placeholder(&self) -> Option<&'static Placeholder> {
        match self {
            Piece::Words(_) => None,
            Piece::Placeholder(placeholder) => Some(placeholder),
        }
    }
}

/// Takes `text` apart at its placeholders; a sentence about the first that `kind` does not have.
fn pieces(kind: Kind, text: &str) -> std::result::Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let line = text[..text.len() - rest.len() + open].matches('\n').count() + 1;
        pieces.push(Piece::Words(&rest[..open]));
        let inside = &rest[open + 2..];
        let close = inside.find("}}").ok_or_else(|| format!("Line {line}: {{{{ is not closed by }}}}."))?;
        let name = inside[..close].trim();
        let placeholder = placeholders(kind).find(|known| known.name == name).ok_or_else(|| {
            let name: String = one_line(name).chars().take(40).collect();
            format!("Line {line}: this message has no placeholder {{{{{name}}}}}.")
        })?;
        pieces.push(Piece::Placeholder(placeholder));
        rest = &inside[close + 2..];
    }
    pieces.push(Piece::Words(rest));
    Ok(pieces)
}

/// `value` as it stands in HTML, in text and in attributes alike.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Written, error::Error, mail::letter::Facts};

    fn settings() -> Settings {
        Settings::check(Written { help_desk: "extension 4400".into(), ..Written::default() }).unwrap()
    }

    fn mistakes(kind: Kind, wording: &Wording) -> Mistakes {
        match wording.check(&settings(), kind) {
            Err(Error::Invalid(mistakes)) => mistakes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_default_of_every_kind_can_be_saved_and_says_the_same() {
        for kind in Kind::ALL.iter().filter(|kind| !kind.is_for_operators()) {
            let default = default(&settings(), *kind).unwrap();
            assert!(
                default.html.starts_with("<table") && default.text.starts_with("Hello {{first_name}},"),
                "{kind:?}"
            );
            let kept = default.check(&settings(), *kind).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
            assert_eq!(kept.text, default.text);
            let facts = Facts { first_name: "Tobi".into(), user_id: "t.adeyemi".into(), ..Facts::default() };
            let letter = super::super::render(&settings(), *kind, &facts, None, Some(&kept)).unwrap();
            assert!(letter.text.starts_with("Hello Tobi,") && letter.html.contains("Hello Tobi,"), "{kind:?}");
            assert!(letter.html.starts_with("<!DOCTYPE html>") && !letter.html.contains("{{"), "{kind:?}");
        }
    }

    #[test]
    fn an_unknown_placeholder_is_named_with_its_line() {
        let mut wording = default(&settings(), Kind::Canceled).unwrap();
        wording.text = "Hello,\n\n{{ first_name }} and {{surname}}".into();
        assert_eq!(
            mistakes(Kind::Canceled, &wording).of("text"),
            "Line 3: this message has no placeholder {{surname}}."
        );
        wording.text = "Hello {{first_name".into();
        assert_eq!(mistakes(Kind::Canceled, &wording).of("text"), "Line 1: {{ is not closed by }}.");
        wording.text = "Your code {{code}}".into();
        assert!(mistakes(Kind::Canceled, &wording).of("text").contains("no placeholder {{code}}"));
    }

    #[test]
    fn nobody_can_enroll_without_link_and_code() {
        for kind in [Kind::Enrollment, Kind::Reminder] {
            let whole = default(&settings(), kind).unwrap();
            let without = Wording { text: "Hello {{link}}".into(), ..whole.clone() };
            assert_eq!(mistakes(kind, &without).of("text"), "{{code}} is missing: nobody can enroll without it.");
            let without = Wording { html: "<p>{{code}}</p>".into(), ..whole.clone() };
            assert_eq!(mistakes(kind, &without).of("html"), "{{link}} is missing: nobody can enroll without it.");
            let told = Wording { subject: "Your code is {{code}}".into(), ..whole };
            assert!(mistakes(kind, &told).of("subject").starts_with("{{code}} is not for the subject"));
        }
    }

    #[test]
    fn users_learn_until_when_and_whom_to_contact() {
        for kind in Kind::ALL.iter().copied().filter(|kind| !kind.is_for_operators()) {
            let whole = default(&settings(), kind).unwrap();
            let mut names = vec!["help_desk"];
            if kind.carries_link() {
                names.extend(["link", "code", "stop_date"]);
            } else if kind == Kind::NewStopDate {
                names.push("stop_date");
            }
            for name in names {
                let cut = |text: &str| text.replace(&format!("{{{{{name}}}}}"), "");
                let (text, html) = (cut(&whole.text), cut(&whole.html));
                let without = Wording { text: text.clone(), ..whole.clone() };
                assert!(
                    mistakes(kind, &without).of("text").starts_with(&format!("{{{{{name}}}}} is missing")),
                    "{kind:?} {name}"
                );
                if name == "link" {
                    // A button that leads nowhere is another mistake; the law above has HTML without a link.
                    continue;
                }
                let without = Wording { html, ..whole.clone() };
                assert!(
                    mistakes(kind, &without).of("html").starts_with(&format!("{{{{{name}}}}} is missing")),
                    "{kind:?} {name}"
                );
            }
        }
        // Where nobody is named as the help desk, nobody can be.
        let nobody = Settings::check(Written::default()).unwrap();
        assert!(default(&nobody, Kind::Canceled).unwrap().check(&nobody, Kind::Canceled).is_ok());
    }

    #[test]
    fn values_are_escaped_and_not_read_as_placeholders() {
        let wording = Wording {
            subject: "For {{first_name}}\r\nBcc: x".into(),
            text: "Hello {{first_name}}\n{{help_desk}}".into(),
            html: "<p>Hello {{first_name}}</p>{{help_desk}}".into(),
        };
        let kept = wording.check(&settings(), Kind::Canceled).unwrap();
        assert_eq!(kept.subject, "For {{first_name}} Bcc: x");
        let facts = Facts { first_name: "<b>\"{{user_id}}".into(), user_id: "u".into(), ..Facts::default() };
        let letter = super::super::render(&settings(), Kind::Canceled, &facts, None, Some(&kept)).unwrap();
        assert!(letter.html.contains("<p>Hello &lt;b&gt;&quot;{{user_id}}</p>"), "{}", letter.html);
        assert_eq!(letter.text, "Hello <b>\"{{user_id}}\nextension 4400");
    }
}
