//! Many rows at once.

use std::collections::HashMap;

use diesel::{prelude::*, upsert::excluded};

use crate::{
    clock::Timestamp,
    db::{self, AnyConn},
    error::Result,
    ids::{ContainerId, UserId},
    insert_all,
    schema::users,
    upsert_all,
    users::{
        store::{Fields, IDS_A_STATEMENT, Row, with_containers, words},
        user::{Details, User},
    },
};

#[derive(Insertable)]
#[diesel(table_name = users)]
struct NewRow<'a> {
    #[diesel(embed)]
    fields: Fields<'a>,
    disabled_at: Option<Timestamp>,
    created_at: Timestamp,
    version: i64,
    email_changed_at: Option<Timestamp>,
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

/// The rows of the users with these User IDs (as keys), by their keys.
pub fn ids_by_keys(conn: &mut AnyConn, keys: &[String]) -> Result<HashMap<String, UserId>> {
    let mut found = HashMap::new();
    for chunk in keys.chunks(IDS_A_STATEMENT) {
        let rows: Vec<(String, i64)> =
            users::table.filter(users::user_id_key.eq_any(chunk)).select((users::user_id_key, users::id)).load(conn)?;
        found.extend(rows.into_iter().map(|(key, id)| (key, UserId(id))));
    }
    Ok(found)
}

/// New rows of users, with the words they are found by, in the caller's transaction.
pub fn insert(conn: &mut AnyConn, now: Timestamp, new: &[(&Details, ContainerId)]) -> Result<()> {
    let rows: Vec<NewRow<'_>> = new
        .iter()
        .map(|(details, container)| NewRow {
            fields: Fields::new(details, *container, None),
            disabled_at: None,
            created_at: now,
            version: 1,
            email_changed_at: None,
        })
        .collect();
    insert_all!(conn, users::table, rows)?;
    let keys: Vec<String> = new.iter().map(|(details, _)| db::key(details.user_id.as_str())).collect();
    let ids = ids_by_keys(conn, &keys)?;
    let of = new.iter().zip(&keys).filter_map(|((details, _), key)| Some((ids.get(key)?.0, words::texts(details))));
    words::insert(conn, &of.collect::<Vec<_>>())
}

/// New data for users who are there, all of them known by their User IDs. Another email address is noted with the time.
pub fn update(conn: &mut AnyConn, now: Timestamp, changed: &[(&User, &Details, ContainerId)]) -> Result<()> {
    // As rows that are there already: one statement for many, where UPDATE would take one each.
    let rows: Vec<NewRow<'_>> = changed
        .iter()
        .map(|(user, details, container)| NewRow {
            fields: Fields::new(details, *container, Some(user)),
            disabled_at: user.disabled_at,
            created_at: user.created_at,
            version: user.version + 1,
            email_changed_at: user.email_changed_at_with(details, now),
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
