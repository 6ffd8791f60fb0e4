//! Many rows at once.

use std::collections::HashMap;

use diesel::{prelude::*, upsert::excluded};

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, UserId},
    insert_rows,
    schema::users,
    upsert_all,
    users::{
        store::{Fields, IDS_A_STATEMENT, Row, with_containers, words},
        user::{Details, User, UserIdText},
    },
};

/// A row as a whole: many at once are written as they are, none in parts.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
struct NewRow<'a> {
    user_id: &'a str,
    user_id_key: String,
    last_name: &'a str,
    last_name_key: String,
    first_name: &'a str,
    first_name_key: String,
    email: &'a str,
    email_key: String,
    mobile: &'a str,
    container_id: i64,
    custom1: &'a str,
    custom2: &'a str,
    custom3: &'a str,
    keyed: bool,
    twin_of: Option<i64>,
    disabled_at: Option<Timestamp>,
    created_at: Timestamp,
    version: i64,
    email_changed_at: Option<Timestamp>,
}

impl<'a> NewRow<'a> {
    /// A new user of these fields.
    fn new(fields: Fields<'a>, created_at: Timestamp) -> Self {
        NewRow {
            user_id: fields.user_id,
            user_id_key: fields.user_id_key,
            last_name: fields.last_name,
            last_name_key: fields.last_name_key,
            first_name: fields.first_name,
            first_name_key: fields.first_name_key,
            email: fields.email,
            email_key: fields.email_key,
            mobile: fields.mobile,
            container_id: fields.container_id,
            custom1: fields.custom1,
            custom2: fields.custom2,
            custom3: fields.custom3,
            keyed: fields.keyed,
            twin_of: fields.twin_of,
            disabled_at: None,
            created_at,
            version: 1,
            email_changed_at: None,
        }
    }
}

/// The users with these User IDs (as keys), by their keys.
pub fn by_keys(conn: &mut AnyConn, keys: &[String]) -> Result<HashMap<String, User>> {
    let mut found = HashMap::new();
    for chunk in keys.chunks(IDS_A_STATEMENT) {
        let rows: Vec<Row> = users::table.filter(users::user_id_key.eq_any(chunk)).load(conn)?;
        let keys: Vec<String> = rows.iter().map(|row| row.user_id_key.clone()).collect();
        found.extend(keys.into_iter().zip(with_containers(conn, rows)?));
    }
    Ok(found)
}

/// The users of these User IDs, by the User IDs as they were typed, whatever the scope; what is no User ID is nobody's. Of two
/// twins the one who has it letter by letter.
pub fn by_user_ids(conn: &mut AnyConn, typed: &[&str]) -> Result<HashMap<String, User>> {
    // What is no User ID is not asked of the database: PostgreSQL refuses some of it.
    let typed: Vec<&str> = typed.iter().copied().filter(|one| UserIdText::parse(one).is_ok()).collect();
    let mut keys: Vec<String> = typed.iter().flat_map(|one| db::keys(one)).collect();
    keys.sort_unstable();
    keys.dedup();
    let found = by_keys(conn, &keys)?;
    let of = |one: &str| db::keys(one).iter().find_map(|key| found.get(key)).cloned();
    Ok(typed.into_iter().filter_map(|one| Some((one.to_owned(), of(one)?))).collect())
}

/// The rows of the users with these User IDs (as keys), by their keys.
fn ids_by_keys(conn: &mut AnyConn, keys: &[String]) -> Result<HashMap<String, UserId>> {
    let mut found = HashMap::new();
    for chunk in keys.chunks(IDS_A_STATEMENT) {
        let rows: Vec<(String, i64)> =
            users::table.filter(users::user_id_key.eq_any(chunk)).select((users::user_id_key, users::id)).load(conn)?;
        found.extend(rows.into_iter().map(|(key, id)| (key, UserId(id))));
    }
    Ok(found)
}

/// New rows of users, with the words they are found by, in the caller's transaction; the rows by the keys of the User IDs.
pub fn insert(conn: &mut AnyConn, now: Timestamp, new: &[(&Details, ContainerId)]) -> Result<HashMap<String, UserId>> {
    let rows: Vec<NewRow<'_>> =
        new.iter().map(|(details, container)| NewRow::new(Fields::new(details, *container, None), now)).collect();
    insert_rows!(conn, users::table, rows)?;
    let keys: Vec<String> = new.iter().map(|(details, _)| db::key(details.user_id.as_str())).collect();
    let ids = ids_by_keys(conn, &keys)?;
    let of = new.iter().zip(&keys).filter_map(|((details, _), key)| Some((ids.get(key)?.0, words::texts(details))));
    words::insert(conn, &of.collect::<Vec<_>>())?;
    Ok(ids)
}

/// New data for users who are there, all of them known by their User IDs. Another email address is noted with the time.
pub fn update(conn: &mut AnyConn, now: Timestamp, changed: &[(&User, &Details, ContainerId)]) -> Result<()> {
    // As rows that are there already: one statement for many, where UPDATE would take one each.
    let rows: Vec<NewRow<'_>> = changed
        .iter()
        .map(|(user, details, container)| NewRow {
            disabled_at: user.disabled_at,
            version: user.version + 1,
            email_changed_at: user.email_changed_at_with(details, now),
            ..NewRow::new(Fields::new(details, *container, Some(user)), user.created_at)
        })
        .collect();
    upsert_all!(
        conn,
        users::table,
        rows,
        users::user_id_key,
        (
            users::user_id.eq(excluded(users::user_id)),
            users::last_name.eq(excluded(users::last_name)),
            users::last_name_key.eq(excluded(users::last_name_key)),
            users::first_name.eq(excluded(users::first_name)),
            users::first_name_key.eq(excluded(users::first_name_key)),
            users::email.eq(excluded(users::email)),
            users::email_key.eq(excluded(users::email_key)),
            users::mobile.eq(excluded(users::mobile)),
            users::container_id.eq(excluded(users::container_id)),
            users::custom1.eq(excluded(users::custom1)),
            users::custom2.eq(excluded(users::custom2)),
            users::custom3.eq(excluded(users::custom3)),
            users::version.eq(excluded(users::version)),
            users::email_changed_at.eq(excluded(users::email_changed_at)),
        )
    )?;
    let of: Vec<_> = changed.iter().map(|(user, details, _)| (user.id.0, words::texts(details))).collect();
    words::replace(conn, &of)
}
