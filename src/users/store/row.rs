//! The row of a user, as it is read and as it is written.

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, UserId},
    schema::{containers, users},
    text,
    users::{
        user::{Details, User},
        words::Texts,
    },
};
use diesel::prelude::*;
use std::collections::HashMap;

/// Ids in one statement.
pub(super) const IDS_A_STATEMENT: usize = 2_000;

#[derive(Queryable)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) user_id: String,
    pub(super) user_id_key: String,
    pub(super) last_name: String,
    pub(super) last_name_key: String,
    pub(super) first_name: String,
    pub(super) first_name_key: String,
    pub(super) email: String,
    pub(super) email_key: String,
    pub(super) mobile: String,
    pub(super) container_id: i64,
    pub(super) custom1: String,
    pub(super) custom2: String,
    pub(super) custom3: String,
    pub(super) disabled_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) version: i64,
    pub(super) email_changed_at: Option<Timestamp>,
    pub(super) _keyed: bool,
    pub(super) twin_of: Option<i64>,
}

impl Row {
    fn user(self, container_name: String) -> User {
        User {
            id: UserId(self.id),
            user_id: self.user_id,
            last_name: self.last_name,
            first_name: self.first_name,
            email: self.email,
            mobile: self.mobile,
            container: ContainerId(self.container_id),
            container_name,
            custom: [self.custom1, self.custom2, self.custom3],
            disabled_at: self.disabled_at,
            created_at: self.created_at,
            version: self.version,
            email_changed_at: self.email_changed_at,
            twin_of: self.twin_of.map(UserId),
        }
    }

    /// What the user is found by.
    pub(super) fn texts(&self) -> Texts<'_> {
        Texts {
            user_id: &self.user_id,
            names: [&self.last_name, &self.first_name],
            email: &self.email,
            mobile: &self.mobile,
            custom: [&self.custom1, &self.custom2, &self.custom3],
        }
    }
}

/// The key of a User ID that a user keeps or gets: a twin who keeps the User ID keeps the key.
fn kept_key(user: Option<&User>, user_id: &str) -> (String, Option<i64>) {
    match user.filter(|user| user.user_id == user_id) {
        Some(User { twin_of: Some(other), .. }) => (text::key_as_written(user_id), Some(other.0)),
        _ => (db::key(user_id), None),
    }
}

/// What a form or a file can change, with the keys that go with it.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct Fields<'a> {
    pub(super) user_id: &'a str,
    pub(super) user_id_key: String,
    pub(super) last_name: &'a str,
    pub(super) last_name_key: String,
    pub(super) first_name: &'a str,
    pub(super) first_name_key: String,
    pub(super) email: &'a str,
    pub(super) email_key: String,
    pub(super) mobile: &'a str,
    pub(super) container_id: i64,
    pub(super) custom1: &'a str,
    pub(super) custom2: &'a str,
    pub(super) custom3: &'a str,
    pub(super) keyed: bool,
    #[diesel(treat_none_as_null = true)]
    pub(super) twin_of: Option<i64>,
}

impl<'a> Fields<'a> {
    /// The fields of a new user, or those that `user` is to have.
    pub(super) fn new(details: &'a Details, container: ContainerId, user: Option<&User>) -> Self {
        let (user_id_key, twin_of) = kept_key(user, details.user_id.as_str());
        Fields {
            user_id: details.user_id.as_str(),
            user_id_key,
            keyed: true,
            twin_of,
            last_name: details.last_name.as_str(),
            last_name_key: text::folded(details.last_name.as_str()),
            first_name: details.first_name.as_str(),
            first_name_key: text::folded(details.first_name.as_str()),
            email: details.email.as_str(),
            email_key: db::key(details.email.as_str()),
            mobile: details.mobile.as_str(),
            container_id: container.0,
            custom1: details.custom[0].as_str(),
            custom2: details.custom[1].as_str(),
            custom3: details.custom[2].as_str(),
        }
    }
}

/// Adds the names of the containers.
pub(super) fn with_containers(conn: &mut AnyConn, rows: Vec<Row>) -> Result<Vec<User>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let names: HashMap<i64, String> =
        containers::table.select((containers::id, containers::name)).load(conn)?.into_iter().collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let name = names.get(&row.container_id).cloned().unwrap_or_default();
            row.user(name)
        })
        .collect())
}
