//! What is typed of an operator, and what is wrong with it.

use crate::{error::Mistakes, ids::ContainerId, text::is_one_plain_line};

/// The longest UserID, in characters.
const LONGEST_USER_ID: usize = 64;

/// The longest name and email, in characters: the limit of an address in RFC 5321 §4.5.3.1.
const LONGEST_TEXT: usize = 254;

/// What others may change about an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Their name; empty if not known.
    pub name: String,
    /// Where to write to them; empty if not known.
    pub email: String,
    /// The name of the role.
    pub role: String,
    /// The containers they work in; `None`: everywhere.
    pub containers: Option<Vec<ContainerId>>,
}

impl Details {
    /// The same without outer spaces.
    #[must_use]
    pub fn trimmed(mut self) -> Self {
        for text in [&mut self.name, &mut self.email, &mut self.role] {
            *text = text.trim().to_owned();
        }
        self
    }

    /// What is wrong with the texts; whether role and containers are known is for the database.
    pub fn mistakes(&self) -> Mistakes {
        let mut mistakes = Mistakes::default();
        about_texts(&mut mistakes, &self.name, &self.email);
        mistakes
    }
}

/// What is asked for a new operator.
#[derive(Clone)]
pub struct NewOperator {
    /// The UserID.
    pub user_id: String,
    /// Their name; empty if not known.
    pub name: String,
    /// Where to write to them; empty if not known.
    pub email: String,
    /// The name of the role.
    pub role: String,
    /// The first password.
    pub password: String,
    /// True if the password was thought up by someone else, so that they choose one at the first sign-in.
    pub must_change_password: bool,
    /// The containers they work in; `None`: everywhere.
    pub containers: Option<Vec<ContainerId>>,
}

impl NewOperator {
    /// The same without outer spaces.
    #[must_use]
    pub fn trimmed(mut self) -> Self {
        for text in [&mut self.user_id, &mut self.name, &mut self.email, &mut self.role] {
            *text = text.trim().to_owned();
        }
        self
    }

    /// What is wrong with the texts; whether the names are taken and known is for the database.
    pub fn mistakes(&self) -> Mistakes {
        let mut mistakes = Mistakes::default();
        if !is_user_id(&self.user_id) {
            mistakes.add(
                "user_id",
                format!("A UserID has 1 to {LONGEST_USER_ID} letters and digits, and . _ - @ + between them."),
            );
        }
        about_texts(&mut mistakes, &self.name, &self.email);
        mistakes
    }
}

fn about_texts(mistakes: &mut Mistakes, name: &str, email: &str) {
    if name.chars().count() > LONGEST_TEXT || !is_one_plain_line(name) {
        mistakes
            .add("name", format!("A name has at most {LONGEST_TEXT} characters on one line, none of them invisible."));
    }
    if !email.is_empty() && !is_email(email) {
        mistakes.add("email", "This is not an email address.");
    }
}

/// True for what may be a UserID of an operator: it stands in addresses and in the log.
pub fn is_user_id(text: &str) -> bool {
    let allowed = |letter: char| letter.is_alphanumeric() || "._-@+".contains(letter);
    (1..=LONGEST_USER_ID).contains(&text.chars().count()) && text.chars().all(allowed)
}

fn is_email(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    text.chars().count() <= LONGEST_TEXT
        && text.rsplit_once('@').is_some_and(|(local, host)| plain(local) && plain(host))
}
