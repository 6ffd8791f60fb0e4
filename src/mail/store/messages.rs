//! Rows of the messages that operators wrote: the words of emails instead of the built-in ones.

use std::sync::Arc;

use diesel::prelude::*;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    mail::letter::{Facts, Kind, Wording},
    schema::messages,
};

/// A message that operators wrote.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it is about.
    pub kind: Kind,
    /// What users call the type, for kinds with words for each; else empty.
    pub authentication_type: String,
    /// Its words.
    pub wording: Arc<Wording>,
    /// Counts the changes.
    pub version: i64,
    /// The UserID of who changed it last.
    pub changed_by: String,
    /// When.
    pub changed_at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    kind: String,
    authentication_type: String,
    subject: String,
    body_text: String,
    body_html: String,
    version: i64,
    changed_by: String,
    changed_at: Timestamp,
}

impl TryFrom<Row> for Message {
    type Error = crate::error::Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Message {
            kind: super::kind(&row.kind)?,
            authentication_type: row.authentication_type,
            wording: Arc::new(Wording { subject: row.subject, text: row.body_text, html: row.body_html }),
            version: row.version,
            changed_by: row.changed_by,
            changed_at: row.changed_at,
        })
    }
}

/// All that were written.
pub fn all(conn: &mut AnyConn) -> Result<Vec<Message>> {
    let rows: Vec<Row> = messages::table.select(Row::as_select()).load(conn)?;
    rows.into_iter().map(Message::try_from).collect()
}

/// The one of this kind and type.
/// `None` if nobody wrote it.
pub fn find(conn: &mut AnyConn, kind: Kind, authentication_type: &str) -> Result<Option<Message>> {
    let row: Option<Row> =
        messages::table.find((kind.code(), authentication_type)).select(Row::as_select()).first(conn).optional()?;
    row.map(Message::try_from).transpose()
}

/// Puts `message` instead of version `message.version - 1` (0: there is none yet); false if someone was faster.
pub fn put(conn: &mut AnyConn, message: &Message) -> Result<bool> {
    let values = (
        messages::subject.eq(&message.wording.subject),
        messages::body_text.eq(&message.wording.text),
        messages::body_html.eq(&message.wording.html),
        messages::version.eq(message.version),
        messages::changed_by.eq(&message.changed_by),
        messages::changed_at.eq(message.changed_at),
    );
    let key = (message.kind.code(), message.authentication_type.as_str());
    if message.version > 1 {
        let before = messages::table.find(key).filter(messages::version.eq(message.version - 1));
        return Ok(diesel::update(before).set(values).execute(conn)? == 1);
    }
    let inserted = crate::on!(conn, |conn| diesel::insert_into(messages::table)
        .values((messages::kind.eq(key.0), messages::authentication_type.eq(key.1), values))
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(inserted == 1)
}

/// Forgets what was written, so that the built-in words are used again; false if there was nothing.
pub fn remove(conn: &mut AnyConn, kind: Kind, authentication_type: &str) -> Result<bool> {
    Ok(diesel::delete(messages::table.find((kind.code(), authentication_type))).execute(conn)? == 1)
}

/// The words for a batch of emails.
pub struct Wordings(Vec<Message>);

/// Those for emails of these kinds.
pub fn wordings(conn: &mut AnyConn, kinds: &[Kind]) -> Result<Wordings> {
    if kinds.is_empty() {
        return Ok(Wordings(Vec::new()));
    }
    let mut words: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    words.sort_unstable();
    words.dedup();
    let rows: Vec<Row> = messages::table.filter(messages::kind.eq_any(words)).select(Row::as_select()).load(conn)?;
    Ok(Wordings(rows.into_iter().map(Message::try_from).collect::<Result<_>>()?))
}

impl Wordings {
    /// The words for one of them; `None` for the built-in ones.
    pub fn of(&self, kind: Kind, facts: &Facts) -> Option<Arc<Wording>> {
        let authentication_type = if kind.by_type() { facts.authentication_type.as_str() } else { "" };
        let found = self.0.iter().find(|known| known.kind == kind && known.authentication_type == authentication_type);
        found.map(|message| message.wording.clone())
    }
}
