//! Rows of what auth nodes rejected, by five minutes.

use chrono::Duration;
use diesel::{dsl::sql, prelude::*, sql_types::BigInt};

use crate::{
    authentication::rejections::{
        self, FEWEST, FEWEST_OF_ALL, KEPT_DAYS, Standing, USUAL_DAYS, Unusual, bucket, window_start,
    },
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    ids::AuthNodeId,
    on,
    schema::{auth_nodes, check_rejections},
};

/// Of the newest five minutes: since when they count, and the usual as it was then.
type Newest = (Timestamp, i64, i64);

/// What `node` rejected of late.
pub fn standing(conn: &mut AnyConn, now: Timestamp, node: AuthNodeId) -> Result<Standing> {
    use check_rejections::dsl;
    let rows: Vec<Newest> = dsl::check_rejections
        .filter(dsl::node_id.eq(node.0).and(dsl::since.ge(window_start(now))))
        .order(dsl::since.desc())
        .select((dsl::since, dsl::rejections, dsl::usual))
        .load(conn)?;
    let newest = rows.first().filter(|(since, ..)| *since == bucket(now));
    Ok(Standing {
        in_window: rows.iter().map(|(_, rejections, _)| rejections).sum(),
        in_bucket: newest.map_or(0, |(_, rejections, _)| *rejections),
        usual: rows.first().map_or(0, |(.., usual)| *usual),
    })
}

/// How many were rejected from `from` to `to`, at `node` or at all of them.
fn rejected(conn: &mut AnyConn, node: Option<AuthNodeId>, from: Timestamp, to: Timestamp) -> Result<i64> {
    use check_rejections::dsl;
    let mut rows = dsl::check_rejections
        .filter(dsl::since.ge(from).and(dsl::since.lt(to)))
        .select(sql::<BigInt>("CAST(COALESCE(SUM(rejections), 0) AS BIGINT)"))
        .into_boxed();
    if let Some(node) = node {
        rows = rows.filter(dsl::node_id.eq(node.0));
    }
    Ok(rows.first(conn)?)
}

/// Counts one more rejection of `node`, and notes when that leaves the usual, once an hour.
pub fn add(conn: &mut AnyConn, now: Timestamp, node: AuthNodeId) -> Result<()> {
    use check_rejections::dsl;
    let since = bucket(now);
    let this = dsl::check_rejections.find((node.0, since));
    let counted = diesel::update(this).set(dsl::rejections.eq(dsl::rejections + 1)).execute(conn)?;
    if counted == 0 {
        // The first of these five minutes: what is usual is worked out once.
        let week_ago = since - Duration::days(USUAL_DAYS);
        let first = (
            dsl::node_id.eq(node.0),
            dsl::since.eq(since),
            dsl::rejections.eq(1_i64),
            dsl::usual.eq(rejections::usual(rejected(conn, Some(node), week_ago, since)?)),
            dsl::usual_of_all.eq(rejections::usual(rejected(conn, None, week_ago, since)?)),
        );
        on!(&mut *conn, |conn| diesel::insert_into(dsl::check_rejections)
            .values(first)
            .on_conflict((dsl::node_id, dsl::since))
            .do_update()
            .set(dsl::rejections.eq(dsl::rejections + 1))
            .execute(conn))?;
        let old = dsl::node_id.eq(node.0).and(dsl::since.lt(since - Duration::days(KEPT_DAYS)));
        diesel::delete(dsl::check_rejections.filter(old)).execute(conn)?;
    }
    let start = window_start(now);
    if standing(conn, now, node)?.is_out(FEWEST) {
        let noted = dsl::node_id.eq(node.0).and(dsl::since.ge(start)).and(dsl::left_at.is_not_null());
        let noted = dsl::check_rejections.filter(noted).select(dsl::since).first::<Timestamp>(conn).optional()?;
        if noted.is_none() {
            diesel::update(this).set(dsl::left_at.eq(now)).execute(conn)?;
        }
    }
    let usual_of_all: i64 = this.select(dsl::usual_of_all).first(conn)?;
    let of_all = Standing {
        in_window: rejected(conn, None, start, since + Duration::minutes(1))?,
        in_bucket: 0,
        usual: usual_of_all,
    };
    if of_all.is_out(FEWEST_OF_ALL) {
        let noted = dsl::since.ge(start).and(dsl::all_left_at.is_not_null());
        let noted = dsl::check_rejections.filter(noted).select(dsl::since).first::<Timestamp>(conn).optional()?;
        if noted.is_none() {
            diesel::update(this).set(dsl::all_left_at.eq(now)).execute(conn)?;
        }
    }
    Ok(())
}

/// Which auth nodes left the usual since `from`, the newest first.
pub fn left_since(conn: &mut AnyConn, from: Timestamp) -> Result<Vec<Unusual>> {
    use check_rejections::dsl;
    // The row begins up to five minutes before it was left.
    let recent = dsl::since.gt(from - Duration::minutes(rejections::BUCKET_MINUTES));
    let left = dsl::left_at.is_not_null().or(dsl::all_left_at.is_not_null());
    let rows: Vec<(String, Option<Timestamp>, Option<Timestamp>)> = dsl::check_rejections
        .inner_join(auth_nodes::table.on(auth_nodes::id.eq(dsl::node_id)))
        .filter(recent.and(left))
        .order((dsl::since.desc(), dsl::node_id))
        .select((auth_nodes::name, dsl::left_at, dsl::all_left_at))
        .load(conn)?;
    let mut found: Vec<Unusual> = Vec::new();
    for (name, at, all_at) in rows {
        found.extend(at.map(|at| Unusual { node: Some(name), at }));
        found.extend(all_at.map(|at| Unusual { node: None, at }));
    }
    found.retain(|left| left.at >= from);
    Ok(found)
}
