//! Rules of users: what a User ID, a name, an address may be (PRODUCT.md §1).

use crate::{
    clock::Timestamp,
    english::full_name,
    error::Mistakes,
    ids::{ContainerId, UserId},
    text,
    users::telephone,
};

/// The container that is proposed where none is named.
pub const DEFAULT_CONTAINER: &str = "Default";

/// Names that are not User IDs, since they are addresses of the console: `/users/new`, `/users/import`; and the two
/// that browsers take out of addresses.
const RESERVED: [&str; 4] = ["new", "import", ".", ".."];

/// Someone who gets tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The row.
    pub id: UserId,
    /// The User ID, unique without case.
    pub user_id: String,
    /// Last name.
    pub last_name: String,
    /// First name; may be empty.
    pub first_name: String,
    /// The address in the profile; empty if there is none.
    pub email: String,
    /// Telephone; may be empty.
    pub mobile: String,
    /// The container the user is in.
    pub container: ContainerId,
    /// Its name.
    pub container_name: String,
    /// Custom 1 to 3.
    pub custom: [String; 3],
    /// Since when the account is disabled.
    pub disabled_at: Option<Timestamp>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// Counts the changes, so that two operators do not overwrite each other.
    pub version: i64,
    /// When the address last became another one; `None` if it never did.
    pub email_changed_at: Option<Timestamp>,
    /// An older user whose User ID has become the same: it had been another while é typed in two ways was two letters.
    pub twin_of: Option<UserId>,
}

impl User {
    /// "Tobi Adeyemi".
    pub fn name(&self) -> String {
        full_name(&self.first_name, &self.last_name)
    }

    /// True if the account may enroll and be provisioned.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// What should be looked at before the User ID is used; empty if there is nothing: one of two scripts may be taken
    /// for another (UTS #39).
    pub fn warning(&self) -> String {
        mixed_scripts_warning(&self.user_id)
    }

    /// Everything that Edit can change, as it is now.
    pub fn typed(&self) -> Typed {
        Typed {
            user_id: self.user_id.clone(),
            last_name: self.last_name.clone(),
            first_name: self.first_name.clone(),
            email: self.email.clone(),
            mobile: self.mobile.clone(),
            container: self.container_name.clone(),
            custom: self.custom.clone(),
        }
    }
}

/// Declares a text with one constructor, so that none is about that breaks its rule.
macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident by $rule:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Reads what was typed, in one normal form, without outer spaces.
            pub fn parse(typed: &str) -> Result<Self, String> {
                let text = text::composed(typed.trim());
                $rule(&text).map($name)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )+};
}

checked! {
    /// A User ID: 1 to 64 characters without spaces, control characters and slashes.
    UserIdText by user_id,
    /// A last or first name, at most 100 characters.
    PersonName by person_name,
    /// An email address that can be written to and cannot smuggle anything into a message; empty if there is none.
    Email by email,
    /// A telephone number, at most 32 characters ([`telephone::parse`]); empty if there is none.
    Mobile by telephone_number,
    /// Custom 1 to 3, at most 200 characters.
    Custom by custom,
    /// The name of a container, 1 to 100 characters.
    ContainerName by container_name,
}

/// A sentence if the User ID is written in more than one script; else empty.
pub fn mixed_scripts_warning(user_id: &str) -> String {
    text::mixed_scripts(user_id).map_or_else(String::new, |scripts| {
        let scripts = scripts.join(" and ");
        format!("The User ID {user_id} has {scripts} letters: see that nobody takes it for another one.")
    })
}

impl UserIdText {
    /// That of a user who is there, as it is written.
    pub fn of(user: &User) -> Self {
        UserIdText(user.user_id.clone())
    }
}

fn user_id(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("Enter a User ID.".into());
    }
    longest("User ID", text, 64)?;
    if let Some(letter) = text.chars().find(|c| c.is_whitespace() || text::is_unseen(*c) || matches!(c, '/' | '\\')) {
        let what = match letter {
            '/' | '\\' => "a slash",
            c if c.is_whitespace() => "a space",
            _ => "an invisible character",
        };
        return Err(format!("A User ID cannot contain {what}."));
    }
    if RESERVED.contains(&text.to_lowercase().as_str()) {
        return Err(format!("“{text}” cannot be a User ID: the console uses it as an address."));
    }
    Ok(text.to_owned())
}

fn person_name(text: &str) -> Result<String, String> {
    one_line("name", text, 100)
}

fn custom(text: &str) -> Result<String, String> {
    one_line("custom field", text, 200)
}

fn container_name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("Enter the name of a container.".into());
    }
    one_line("container name", text, 100)
}

fn telephone_number(text: &str) -> Result<String, String> {
    telephone::parse(text)
}

/// The shape of RFC 5321 §4.1.2 without quoted parts and address literals, in ASCII: what every mail server takes.
fn email(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    longest("email address", text, 254)?;
    if text.chars().any(|c| c.is_whitespace() || text::is_unseen(c)) {
        return Err("An email address cannot contain spaces.".into());
    }
    let Some((local, domain)) = text.split_once('@').filter(|(_, domain)| !domain.contains('@')) else {
        return Err("An email address has one @, as in t.adeyemi@example.org.".into());
    };
    let atom = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    if local.len() > 64 || !local.split('.').all(atom) {
        return Err("The part before the @ is not that of an email address.".into());
    }
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if !domain.contains('.') || !domain.split('.').all(label) {
        return Err("The part after the @ is not a domain such as example.org.".into());
    }
    Ok(text.to_owned())
}

fn one_line(what: &str, text: &str, longest_allowed: usize) -> Result<String, String> {
    longest(what, text, longest_allowed)?;
    if !text::is_one_plain_line(text) {
        return Err(format!("A {what} is one line without control characters and invisible marks."));
    }
    Ok(text.to_owned())
}

fn longest(what: &str, text: &str, allowed: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length <= allowed {
        return Ok(());
    }
    let article = if what.starts_with("email") { "An" } else { "A" };
    Err(format!("{article} {what} has at most {allowed} characters; this one has {length}."))
}

/// What a form or a line of a file holds, before anything is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// User ID.
    pub user_id: String,
    /// Last Name.
    pub last_name: String,
    /// First Name.
    pub first_name: String,
    /// Email.
    pub email: String,
    /// Mobile.
    pub mobile: String,
    /// The name of the container.
    pub container: String,
    /// Custom 1 to 3.
    pub custom: [String; 3],
}

impl Typed {
    /// Every field by name, in the order of the form; the label is also the column of a file. Edit, import, the audit log and
    /// the page of a conflict know the fields from here: one that is missing is never seen to change.
    pub fn fields(&self) -> [(&'static str, &'static str, &str); 9] {
        [
            ("user_id", "User ID", &self.user_id),
            ("last_name", "Last Name", &self.last_name),
            ("first_name", "First Name", &self.first_name),
            ("email", "Email", &self.email),
            ("mobile", "Mobile", &self.mobile),
            ("container", "Container", &self.container),
            ("custom1", "Custom 1", &self.custom[0]),
            ("custom2", "Custom 2", &self.custom[1]),
            ("custom3", "Custom 3", &self.custom[2]),
        ]
    }

    /// The labels of the fields that differ, with the text here and the text there.
    pub fn differences(&self, other: &Typed) -> Vec<(&'static str, String, String)> {
        let pairs = self.fields().into_iter().zip(other.fields());
        pairs
            .filter(|((.., here), (.., there))| here != there)
            .map(|((_, label, here), (.., there))| (label, here.to_owned(), there.to_owned()))
            .collect()
    }
}

/// A user's data that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The User ID.
    pub user_id: UserIdText,
    /// Last name, never empty.
    pub last_name: PersonName,
    /// First name.
    pub first_name: PersonName,
    /// The address in the profile.
    pub email: Email,
    /// Telephone.
    pub mobile: Mobile,
    /// The name of the container.
    pub container: ContainerName,
    /// Custom 1 to 3.
    pub custom: [Custom; 3],
}

impl Details {
    /// Checks all fields and answers with every mistake there is.
    pub fn parse(typed: &Typed) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let details = Details {
            user_id: noted(&mut mistakes, "user_id", UserIdText::parse(&typed.user_id)),
            last_name: noted(&mut mistakes, "last_name", last_name(&typed.last_name)),
            first_name: noted(&mut mistakes, "first_name", PersonName::parse(&typed.first_name)),
            email: noted(&mut mistakes, "email", Email::parse(&typed.email)),
            mobile: noted(&mut mistakes, "mobile", Mobile::parse(&typed.mobile)),
            container: noted(&mut mistakes, "container", ContainerName::parse(&typed.container)),
            custom: [
                noted(&mut mistakes, "custom1", Custom::parse(&typed.custom[0])),
                noted(&mut mistakes, "custom2", Custom::parse(&typed.custom[1])),
                noted(&mut mistakes, "custom3", Custom::parse(&typed.custom[2])),
            ],
        };
        if mistakes.is_empty() { Ok(details) } else { Err(mistakes) }
    }

    /// The checked texts.
    pub fn typed(&self) -> Typed {
        Typed {
            user_id: self.user_id.0.clone(),
            last_name: self.last_name.0.clone(),
            first_name: self.first_name.0.clone(),
            email: self.email.0.clone(),
            mobile: self.mobile.0.clone(),
            container: self.container.0.clone(),
            custom: self.custom.clone().map(|custom| custom.0),
        }
    }
}

fn last_name(typed: &str) -> Result<PersonName, String> {
    if typed.trim().is_empty() { Err("Enter a last name.".into()) } else { PersonName::parse(typed) }
}

/// Notes the sentence and goes on with an empty text, so that all mistakes are found at once.
fn noted<T: Default>(mistakes: &mut Mistakes, field: &'static str, parsed: Result<T, String>) -> T {
    parsed.unwrap_or_else(|sentence| {
        mistakes.add(field, sentence);
        T::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_are_one_word_that_fits_into_an_address() {
        for fine in ["t.adeyemi", "a", "Ünal", "o'neill", "100%", "a+b@example.org", &"x".repeat(64)] {
            assert!(UserIdText::parse(fine).is_ok(), "{fine}");
        }
        for wrong in ["", "  ", "a b", "a/b", "a\\b", "a\tb", "a\u{200B}b", "..", "New", "import", &"x".repeat(65)] {
            assert!(UserIdText::parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(UserIdText::parse(" t.adeyemi ").unwrap().as_str(), "t.adeyemi");
    }

    #[test]
    fn an_address_is_one_that_mail_servers_take() {
        for fine in ["", "t.adeyemi@example.org", "o'neill+x@mail.example.co.uk", "a@xn--bcher-kva.example"] {
            assert!(Email::parse(fine).is_ok(), "{fine}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for wrong in [
            "none", "@example.org", "a@", "a@b@example.org", "a b@example.org", "a@example", "a@-x.org", "a@x-.org",
            "a@x..org", "a@.org", ".a@example.org", "a..b@example.org", "a@exam_ple.org", "<a@example.org>",
            "a@example.org\r\nBcc: b@example.org", "a,b@example.org", "\"a\"@example.org", "ü@example.org", &long,
        ] {
            assert!(Email::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let typed = Typed { email: "none".into(), mobile: "call me".into(), ..Typed::default() };
        let mistakes = Details::parse(&typed).unwrap_err();
        let fields: Vec<_> = mistakes.all().iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["user_id", "last_name", "email", "mobile", "container"]);
    }

    #[test]
    fn names_are_one_line() {
        assert!(PersonName::parse("van den Berg").is_ok());
        assert!(PersonName::parse("<script>").is_ok(), "letters are letters; pages escape them");
        assert!(PersonName::parse("a\nb").is_err());
        assert!(PersonName::parse(&"x".repeat(101)).is_err());
        assert!(Custom::parse(&"x".repeat(200)).is_ok());
        assert!(Custom::parse(&"x".repeat(201)).is_err());
    }
}
