//! What is known of a user and of each of the enrollments that may matter.

use chrono::Duration;

use crate::{
    audit, authentication,
    clock::Timestamp,
    db::{self, AnyConn},
    desk::Desk,
    error::Result,
    mail,
    operators::{Scope, Who},
    policy, portal,
    tasks::{self, Enrollment, address, status::RemovedWhy},
    tokens::{self, AuthenticationType},
    users::{self, User},
    why::facts::{Facts, Shared},
};

/// How long a disabled auth node, or a wrong User ID, explains why somebody cannot sign in, in hours.
const SIGN_IN_HOURS: i64 = 24;

/// The last checks that are looked at: the one that was rejected, and the one before it.
const CHECKS: i64 = 2;

/// Others of the same name that are named: more than two are rare.
const NAMESAKES: i64 = 5;

/// What is so whichever enrollment is looked at.
pub fn shared(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp, user: User) -> Result<Shared> {
    let since = now - Duration::hours(SIGN_IN_HOURS);
    let rejections = tokens::rejections_of(conn, user.id)?;
    let reused = rejections.iter().any(|rejection| rejection.what == tokens::Rejected::Used);
    Ok(Shared {
        tokens: tokens::of_user(conn, user.id)?,
        checks: if reused { audit::checks_of(conn, user.id, CHECKS)? } else { Vec::new() },
        lost: tokens::lost_of(conn, user.id)?,
        code: tokens::temporary::newest_of(conn, user.id)?,
        gives_codes: policy::lost_phones::current(conn)?.temporary_codes,
        rejections,
        refused_node: authentication::refused_node(conn, user.id, since)?,
        mistaken_as: audit::refused_as(conn, &mistakable(&user), since)?,
        namesakes: users::namesakes(conn, &who.scope, &user, NAMESAKES)?,
        policy: policy::current(conn)?,
        no_mail_server: !desk.settings.mail_leaves(),
        now,
        zone: desk.settings.zone,
        user,
    })
}

/// What a user may type instead of their User ID: the address, what stands before its @, first and last name.
fn mistakable(user: &User) -> Vec<String> {
    let before = user.email.split_once('@').map(|(before, _)| before.to_owned());
    let names = [user.email.clone(), format!("{}.{}", user.first_name, user.last_name)];
    let own = db::key(&user.user_id);
    names.into_iter().chain(before).filter(|name| name.len() > 1 && db::key(name) != own).collect()
}

/// What is known of one enrollment; `all` are the user's enrollments.
pub fn of_enrollment(
    conn: &mut AnyConn,
    shared: &Shared,
    enrollment: Option<&Enrollment>,
    all: &[Enrollment],
) -> Result<Facts> {
    let Some(enrollment) = enrollment else {
        return Ok(Facts {
            shared: shared.clone(),
            enrollment: None,
            trace: tasks::Trace::default(),
            email: None,
            address_left_at: None,
            devices: None,
            under_way: false,
            replaced_link: None,
        });
    };
    let ids: Vec<_> = enrollment.last_email.into_iter().collect();
    Ok(Facts {
        trace: tasks::trace(conn, enrollment.id)?,
        email: mail::latest_of(conn, &ids)?.pop(),
        address_left_at: address::link_left_at(conn, enrollment)?,
        devices: devices(conn, shared, enrollment)?,
        under_way: portal::is_under_way(conn, shared.now, enrollment.id)?,
        replaced_link: replaced_link(enrollment, all),
        enrollment: Some(enrollment.clone()),
        shared: shared.clone(),
    })
}

/// Devices that the user could enroll; `None` unless a device is what the enrollment is for.
fn devices(conn: &mut AnyConn, shared: &Shared, enrollment: &Enrollment) -> Result<Option<i64>> {
    if !enrollment.authentication_type.needs_inventory() || enrollment.facts.enrolled_at.is_some() {
        return Ok(None);
    }
    let scope = Scope::Containers(vec![shared.user.container]);
    let free = tokens::available(conn, AuthenticationType::HardwareToken, &scope)?;
    let assigned = shared.tokens.iter().filter(|token| token.state == tokens::TokenState::Assigned).count();
    Ok(Some(free + i64::try_from(assigned).unwrap_or_default()))
}

/// The enrollment of the same type that was replaced, if its email was opened after the newest one of `enrollment` had been sent.
fn replaced_link(enrollment: &Enrollment, all: &[Enrollment]) -> Option<(crate::ids::TaskId, Timestamp)> {
    let replaced = |other: &&Enrollment| {
        other.removed_why == Some(RemovedWhy::Replaced) && other.authentication_type == enrollment.authentication_type
    };
    all.iter()
        .filter(replaced)
        .filter_map(|other| Some((other.task, other.older_link_at?)))
        .filter(|(_, at)| enrollment.emailed_at.is_none_or(|emailed| *at >= emailed))
        .filter(|(_, at)| enrollment.opened_at.is_none_or(|opened| *at > opened))
        .max_by_key(|(_, at)| *at)
}
