//! The words that users are found by (`users::words`), and the keys and words that an older version did not make.

use std::collections::HashMap;

use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use crate::{
    db::{self, AnyConn},
    error::Result,
    insert_rows,
    schema::{user_words, users},
    text,
    users::{
        store::{IDS_A_STATEMENT, Row},
        user::Details,
        words::{self, Texts},
    },
};

/// Users whose keys and words are made in one transaction of the upgrade: a second's work, and others may come in between.
const USERS_AT_ONCE: i64 = 1_000;

#[derive(Insertable)]
#[diesel(table_name = user_words, treat_none_as_default_value = false)]
struct NewWord {
    word: String,
    user_id: i64,
}

/// The texts that a user with these details is found by.
pub(super) fn texts(details: &Details) -> Texts<'_> {
    Texts {
        user_id: details.user_id.as_str(),
        names: [details.last_name.as_str(), details.first_name.as_str()],
        email: details.email.as_str(),
        mobile: details.mobile.as_str(),
        custom: [0, 1, 2].map(|n| details.custom[n].as_str()),
    }
}

/// The words of users who have none yet.
pub(super) fn insert(conn: &mut AnyConn, of: &[(i64, Texts<'_>)]) -> Result<()> {
    let mut rows: Vec<NewWord> = of
        .iter()
        .flat_map(|(user_id, texts)| words::words(texts).into_iter().map(|word| NewWord { word, user_id: *user_id }))
        .collect();
    // In the order of the table, so that many rows go to one page of it after the other.
    rows.sort_by(|a, b| (&a.word, a.user_id).cmp(&(&b.word, b.user_id)));
    Ok(insert_rows!(conn, user_words::table, rows)?)
}

/// The words of users anew.
pub(super) fn replace(conn: &mut AnyConn, of: &[(i64, Texts<'_>)]) -> Result<()> {
    let ids: Vec<i64> = of.iter().map(|(id, _)| *id).collect();
    for chunk in ids.chunks(IDS_A_STATEMENT) {
        diesel::delete(user_words::table.filter(user_words::user_id.eq_any(chunk))).execute(conn)?;
    }
    insert(conn, of)
}

/// True if there are users whose keys and words an older version made.
pub fn is_any_old(conn: &mut AnyConn) -> Result<bool> {
    Ok(diesel::select(exists(users::table.filter(not(users::keyed)))).get_result(conn)?)
}

/// Makes the keys and words of some users whom an older version wrote; answers how many there were. Of two
/// users whose User IDs have become one the younger keeps the key it has, and its row says whose twin it is.
pub fn renew(conn: &mut AnyConn) -> Result<usize> {
    db::hold(conn, db::Lock::Users)?;
    let rows: Vec<Row> = users::table.filter(not(users::keyed)).order(users::id).limit(USERS_AT_ONCE).load(conn)?;
    let keys: Vec<String> = rows.iter().map(|row| db::key(&row.user_id)).collect();
    let taken: Vec<(String, i64)> =
        users::table.filter(users::user_id_key.eq_any(&keys)).select((users::user_id_key, users::id)).load(conn)?;
    let mut taken: HashMap<String, i64> = taken.into_iter().collect();
    for (row, key) in rows.iter().zip(keys) {
        let holder = *taken.entry(key.clone()).or_insert(row.id);
        let twin_of = (holder != row.id).then_some(holder);
        let user_id_key = if twin_of.is_some() { row.user_id_key.clone() } else { key };
        let (last, first) = (text::folded(&row.last_name), text::folded(&row.first_name));
        if (&user_id_key, &last, &first, twin_of)
            != (&row.user_id_key, &row.last_name_key, &row.first_name_key, row.twin_of)
        {
            diesel::update(users::table.find(row.id))
                .set((
                    users::user_id_key.eq(user_id_key),
                    users::last_name_key.eq(last),
                    users::first_name_key.eq(first),
                    users::twin_of.eq(twin_of),
                ))
                .execute(conn)?;
        }
    }
    let of: Vec<(i64, Texts<'_>)> = rows.iter().map(|row| (row.id, row.texts())).collect();
    replace(conn, &of)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    diesel::update(users::table.filter(users::id.eq_any(ids))).set(users::keyed.eq(true)).execute(conn)?;
    Ok(rows.len())
}
