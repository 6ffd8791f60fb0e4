//! The row of the policy of lost phones, and its Change Log.

use diesel::prelude::*;

use super::rule::LostPhonePolicy;
use crate::{
    clock::Timestamp,
    db::AnyConn,
    error::Result,
    policy::{Change, Difference},
    schema::{lost_phone_changes, lost_phone_policy},
};

/// The policy as it is now.
pub fn current(conn: &mut AnyConn) -> Result<LostPhonePolicy> {
    let (_, temporary_codes, longest_hours, most_uses, checked_caller, version): (i64, bool, i64, i64, bool, i64) =
        lost_phone_policy::table.find(1).first(conn)?;
    Ok(LostPhonePolicy { temporary_codes, longest_hours, most_uses, checked_caller, version })
}

/// Sets the policy. The caller holds `Lock::Policy` and has compared the version.
pub fn update(conn: &mut AnyConn, policy: &LostPhonePolicy) -> Result<()> {
    diesel::update(lost_phone_policy::table.find(1))
        .set((
            lost_phone_policy::temporary_codes.eq(policy.temporary_codes),
            lost_phone_policy::longest_hours.eq(policy.longest_hours),
            lost_phone_policy::most_uses.eq(policy.most_uses),
            lost_phone_policy::checked_caller.eq(policy.checked_caller),
            lost_phone_policy::version.eq(policy.version),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps what was changed, for the Change Log.
pub fn keep(
    conn: &mut AnyConn,
    now: Timestamp,
    operator: &str,
    version: i64,
    differences: &[Difference],
) -> Result<()> {
    for difference in differences {
        diesel::insert_into(lost_phone_changes::table)
            .values((
                lost_phone_changes::at.eq(now),
                lost_phone_changes::operator.eq(operator),
                lost_phone_changes::field.eq(difference.field),
                lost_phone_changes::old_value.eq(&difference.old),
                lost_phone_changes::new_value.eq(&difference.new),
                lost_phone_changes::version.eq(version),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The Change Log, newest first: lines `offset..offset + limit`, and how many there are in all.
pub fn changes(conn: &mut AnyConn, offset: i64, limit: i64) -> Result<(Vec<Change>, i64)> {
    let total = lost_phone_changes::table.count().get_result(conn)?;
    let lines = lost_phone_changes::table
        .order((lost_phone_changes::version.desc(), lost_phone_changes::id))
        .offset(offset)
        .limit(limit)
        .select((
            lost_phone_changes::at,
            lost_phone_changes::operator,
            lost_phone_changes::field,
            lost_phone_changes::old_value,
            lost_phone_changes::new_value,
        ))
        .load(conn)?;
    Ok((lines, total))
}
