//! The header of a file: which column holds what, as spreadsheets, directories and people name them.

use crate::{text, users::user::Typed};

/// The columns a file may have, as people write them.
pub const COLUMNS: &str = "User ID, Last Name, First Name, Email, Mobile, Container, Custom 1, Custom 2 and Custom 3 (User ID and Last Name \
     are required)";

/// A column of the file: where its text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// User ID.
    UserId,
    /// Last Name.
    LastName,
    /// First Name.
    FirstName,
    /// Email.
    Email,
    /// Mobile.
    Mobile,
    /// Container.
    Container,
    /// Custom 1 to 3, counted from 0.
    Custom(usize),
}

impl Column {
    pub(super) fn field(self, typed: &mut Typed) -> &mut String {
        match self {
            Column::UserId => &mut typed.user_id,
            Column::LastName => &mut typed.last_name,
            Column::FirstName => &mut typed.first_name,
            Column::Email => &mut typed.email,
            Column::Mobile => &mut typed.mobile,
            Column::Container => &mut typed.container,
            Column::Custom(n) => &mut typed.custom[n],
        }
    }
}

/// The names of the columns, without case, spaces, signs and accents: our own first, then those of Active Directory, Entra,
/// Google, Okta and LDAP, then German and French ones. Of the columns of one kind the earlier name counts.
const NAMES: [(Column, &[&str]); 9] = [
    (
        Column::UserId,
        &[
            "userid", "samaccountname", "userlogonname", "username", "loginname", "logonname", "login", "logon", "uid",
            "benutzername", "anmeldename", "benutzerkennung", "benutzeranmeldename", "identifiant", "nomdutilisateur",
            "userprincipalname", "upn",
        ],
    ),
    (
        Column::LastName,
        &[
            "lastname", "sn", "surname", "familyname", "namefamilyname", "nachname", "familienname", "nomdefamille",
            "nom",
        ],
    ),
    (Column::FirstName, &["firstname", "givenname", "namegivenname", "vorname", "prenom"]),
    (
        Column::Email,
        &[
            "email", "mail", "emailaddress", "primaryemailaddress", "workemail", "primaryemail", "emailadresse",
            "mailadresse", "adresseemail", "adressemail", "adresseelectronique", "courriel",
        ],
    ),
    (
        Column::Mobile,
        &[
            "mobile", "mobilephone", "mobilenumber", "mobilephonenumber", "mobiletelephonenumber", "cellphone",
            "cellphonenumber", "mobil", "mobiltelefon", "mobilnummer", "mobiltelefonnummer", "handy", "handynummer",
            "telephonemobile", "telephoneportable", "mobiletelephone", "portable",
        ],
    ),
    (Column::Container, &["container"]),
    (Column::Custom(0), &["custom1"]),
    (Column::Custom(1), &["custom2"]),
    (Column::Custom(2), &["custom3"]),
];

/// Columns that say whether an account may be used, and whether "true" in them means that it may not.
const ACCOUNT: [(&str, bool); 9] = [
    ("enabled", false),
    ("accountenabled", false),
    ("status", false),
    ("accountstatus", false),
    ("aktiviert", false),
    ("kontoaktiviert", false),
    ("disabled", true),
    ("accountdisabled", true),
    ("suspended", true),
];

/// What stands in such a column when it is so, and when it is not so.
const YES: [&str; 8] = ["true", "yes", "1", "wahr", "ja", "vrai", "oui", "x"];
const NO: [&str; 12] = [
    "false", "no", "0", "falsch", "nein", "faux", "non", "suspended", "deprovisioned", "disabled", "deactivated",
    "inactive",
];

/// What is done with a column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Its text goes there.
    Taken(Column),
    /// It says whether the account may be used.
    Account {
        /// Its name in the file.
        name: String,
        /// True if it says whether the account may not be used.
        inverse: bool,
    },
    /// Nothing; its name.
    PassedOver(String),
}

impl Use {
    /// Why a line is passed over that has this text in the column.
    pub(super) fn disabled(&self, text: &str) -> Option<String> {
        let Use::Account { name, inverse } = self else { return None };
        let words: &[&str] = if *inverse { &YES } else { &NO };
        let disabled = words.contains(&text.to_lowercase().as_str());
        disabled.then(|| format!("The account is disabled where the file comes from ({name} is {text})."))
    }
}

/// The first line of a file.
#[derive(Clone, Debug)]
pub(super) struct Header {
    uses: Vec<Use>,
    email_is_user_id: bool,
}

impl Header {
    /// Reads the names of the columns.
    ///
    /// # Errors
    /// A sentence, if this is no header or lacks a column that is required.
    pub(super) fn read(record: &csv::ByteRecord) -> Result<Self, String> {
        let names: Vec<String> = record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
        let known: Vec<Option<(Column, usize)>> = names.iter().map(|name| named(name)).collect();
        if known.iter().all(Option::is_none) {
            let line = short(&names.join(", "));
            return Err(format!(
                "The first line has to name the columns, and “{line}” does not. The columns are {COLUMNS}."
            ));
        }
        let mut uses = Vec::new();
        for (at, (name, kind)) in names.iter().zip(&known).enumerate() {
            let best = |column: Column| {
                known.iter().flatten().filter(|(other, _)| *other == column).map(|(_, rank)| *rank).min()
            };
            let meant = match kind {
                Some((column, rank)) if best(*column) == Some(*rank) => {
                    if uses.contains(&Use::Taken(*column)) {
                        return Err(format!("The column “{}” is there twice.", short(name)));
                    }
                    Use::Taken(*column)
                }
                _ => account(name).unwrap_or_else(|| Use::PassedOver(said(name, at))),
            };
            uses.push(meant);
        }
        let has = |column: Column| uses.contains(&Use::Taken(column));
        // Google's files: people sign in with the address, and nobody else names it so.
        let google = names.iter().any(|name| match plain(name).as_str() {
            "emailaddress" => name.to_lowercase().contains("[required]"),
            kind => kind == "primaryemail",
        });
        let email_is_user_id = google && !has(Column::UserId) && has(Column::Email);
        if !has(Column::UserId) && !email_is_user_id {
            return Err(format!("The column “User ID” is missing in the first line. The columns are {COLUMNS}."));
        }
        if !has(Column::LastName) {
            return Err(format!("The column “Last Name” is missing in the first line. The columns are {COLUMNS}."));
        }
        Ok(Header { uses, email_is_user_id })
    }

    /// What is done with each column.
    pub(super) fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// True if the email address is also the User ID.
    pub(super) fn email_is_user_id(&self) -> bool {
        self.email_is_user_id
    }

    /// The columns that are taken, in the order of the file.
    pub(super) fn columns(&self) -> Vec<Column> {
        let taken = |meant: &Use| if let Use::Taken(column) = meant { Some(*column) } else { None };
        self.uses.iter().filter_map(taken).collect()
    }

    /// What is passed over, and what is taken otherwise than it is named: sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let passed = |meant: &Use| if let Use::PassedOver(name) = meant { Some(name.clone()) } else { None };
        let mut names: Vec<String> = self.uses.iter().filter_map(passed).collect();
        let mut notes = Vec::new();
        if self.email_is_user_id {
            notes.push("The file has no User ID: the email address is the User ID.".to_owned());
        }
        match (names.pop(), names.is_empty()) {
            (None, _) => {}
            (Some(name), true) => notes.push(format!("{name} was passed over: nothing is read from this column.")),
            (Some(name), false) => {
                notes.push(format!(
                    "{} and {name} were passed over: nothing is read from these columns.",
                    names.join(", ")
                ));
            }
        }
        notes
    }
}

/// The column of this name, and how far behind our own name it stands.
fn named(name: &str) -> Option<(Column, usize)> {
    let plain = plain(name);
    NAMES.iter().find_map(|(column, names)| Some((*column, names.iter().position(|known| *known == plain)?)))
}

fn account(name: &str) -> Option<Use> {
    let plain = plain(name);
    let (_, inverse) = ACCOUNT.into_iter().find(|(known, _)| *known == plain)?;
    Some(Use::Account { name: short(name), inverse })
}

/// A name without case, spaces, signs and accents, without what Google writes in brackets behind it and Okta in front.
fn plain(name: &str) -> String {
    let name = text::folded(name.split('[').next().unwrap_or_default());
    let name = ["user.", "profile."].into_iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(&name);
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn said(name: &str, at: usize) -> String {
    if name.is_empty() { format!("Column {}, which has no name,", at + 1) } else { short(name) }
}

fn short(name: &str) -> String {
    if name.chars().count() > 60 { name.chars().take(60).chain(['…']).collect() } else { name.into() }
}
