//! `/tasks/{number}`: a task, its users by status, and its history.

use actix_web::web::Path;
use askama::Template;

use crate::{
    clock::moment,
    db,
    mail::State,
    operators::{Permission, may},
    policy,
    tasks::{
        Status,
        history::{self, Event},
        list::Row,
        members::{EnrollmentRow, Filter},
        reading,
        status::{hint, status, urgency},
        store,
    },
    web::{
        Answer, Asked, Chrome, Pager, Permitted,
        list::{Choice, chips, prefixed, quoted},
        page, segment,
    },
};

/// Lines of the history that are shown.
const HISTORY: usize = 12;

/// Entries that are read for them: reminders that went out together share a line.
const ENTRIES: i64 = 200;

/// A user as the table draws them.
pub(super) struct Line {
    /// The user.
    pub member: EnrollmentRow,
    /// The user's address in the console.
    pub href: String,
    /// The word of the status.
    pub status: &'static str,
    /// The second line under it.
    pub hint: String,
    /// The second line under the state of the email.
    pub mail_hint: String,
    /// Resend leads somewhere.
    pub can_resend: bool,
    /// Give more time leads somewhere.
    pub can_give_time: bool,
    /// Someone who cannot enroll as things are: the user's page says why.
    pub is_stuck: bool,
    /// The address of the token.
    pub token_href: String,
}

#[derive(Template)]
#[template(path = "tasks/detail.html")]
struct Page {
    chrome: Chrome,
    row: Row,
    title: String,
    emailed_to: String,
    stop_hint: String,
    urgency: &'static str,
    state: &'static str,
    state_words: String,
    q: String,
    chips: Vec<(String, String)>,
    sort_href: String,
    sort_order: &'static str,
    rows: Vec<Line>,
    pager: Pager,
    history: Vec<(Event, String)>,
    statuses: Vec<Choice>,
    mails: Vec<Choice>,
    may_edit: bool,
    resendable: i64,
    may_remove: bool,
    sees_audit: bool,
}

/// The page.
pub async fn show(p: Permitted<may::SeeTasks>, number: Path<String>, asked: Asked) -> Answer {
    let id = reading::number(&number)?;
    let (q, paging) = (asked.text("q"), asked.paging);
    let filter = Filter {
        q: db::key(&q),
        status: Status::from_code(&asked.text("status")),
        mail: State::from_code(&asked.text("mail")),
        descending: asked.text("sort") == "-user",
        ..Filter::default()
    };
    let wanted = filter.clone();
    let resends = p.may(Permission::Resend);
    let ((row, members, total, entries, attempts, resendable), chrome) = p
        .view(move |desk, who, now| {
            let zone = desk.settings.zone;
            desk.db.read(|conn| {
                let row = reading::find(conn, who, now, zone, id)?;
                let attempts = policy::current(conn)?.attempts_allowed;
                let (members, total) = store::members::page(
                    conn,
                    id,
                    &who.scope,
                    &wanted,
                    attempts,
                    zone.today(now),
                    paging.offset(),
                    paging.size,
                )?;
                let entries = store::history::of_task(conn, who, id, ENTRIES)?;
                // As many as the verb will write to, if there are any at all.
                let resendable = if resends && row.task.is_open() && row.task.counts.resendable(row.progress) > 0 {
                    let able =
                        Filter { status: Some(Status::Active), open: true, reachable: true, ..Filter::default() };
                    store::members::count(conn, id, &who.scope, &able, attempts, zone.today(now))?
                } else {
                    0
                };
                Ok((row, members, total, entries, attempts, resendable))
            })
        })
        .await?;
    let (zone, now) = (p.desk.settings.zone, p.now);
    let today = zone.today(now);
    let mail = filter.mail.map_or(String::new(), |mail| mail.code().to_lowercase());
    let links = asked.links(
        format!("/tasks/{id}"),
        vec![
            ("q", q.clone()),
            ("status", filter.status.map_or(String::new(), |status| status.code().to_owned())),
            ("mail", mail),
            ("sort", if filter.descending { "-user".into() } else { String::new() }),
        ],
    );
    let open = row.task.is_open();
    let may_resend = open && p.may(Permission::Resend);
    let rows: Vec<Line> = members.into_iter().map(|member| line(member, attempts, now, zone, may_resend)).collect();
    let (stop_hint, late) = urgency(today, row.task.stop_on());
    let (state, state_words) = ended(&row, zone, now);
    page(&Page {
        chrome,
        title: row.task.title(),
        emailed_to: row.task.emailed_to_words(),
        stop_hint,
        urgency: if open { late } else { "" },
        state,
        state_words,
        chips: chips(
            &links,
            [
                ("q", quoted(&q)),
                ("status", prefixed("Status is ", filter.status.map_or("", Status::label))),
                ("mail", prefixed("Mail is ", filter.mail.map_or("", State::label))),
            ],
        ),
        q,
        sort_href: links.with("sort", if filter.descending { "" } else { "-user" }),
        sort_order: if filter.descending { "descending" } else { "ascending" },
        pager: Pager::new(paging, rows.len(), total, &links),
        rows,
        history: history::events(&entries, HISTORY)
            .into_iter()
            .map(|event| {
                let at = moment(zone, now, event.at);
                (event, at)
            })
            .collect(),
        statuses: Status::ALL
            .map(|status| Choice::new(status.code(), status.label(), filter.status == Some(status)))
            .into(),
        mails: State::ALL
            .map(|state| Choice::new(state.code().to_lowercase(), state.code(), filter.mail == Some(state)))
            .into(),
        may_edit: open && super::may_edit(&p.who),
        resendable,
        may_remove: open && p.may(Permission::Remove),
        sees_audit: p.may(Permission::SeeAudit),
        row,
    })
}

/// What became of a task that is no longer in the list.
fn ended(row: &Row, zone: crate::clock::Zone, now: crate::clock::Timestamp) -> (&'static str, String) {
    match row.task.removed_at {
        Some(at) => ("removed", format!("Removed by {} · {}", row.task.removed_by, moment(zone, now, at))),
        None if row.task.is_open() => ("open", String::new()),
        None if row.task.counts.users == 0 => ("removed", "All users were removed from it.".into()),
        None => ("completed", "All users have enrolled. It is no longer in the list.".into()),
    }
}

pub(super) fn line(
    member: EnrollmentRow,
    attempts: i64,
    now: crate::clock::Timestamp,
    zone: crate::clock::Zone,
    may_resend: bool,
) -> Line {
    let status = status(&member.facts, attempts, zone.today(now));
    let (word, hint) = if member.removed {
        ("Removed", "Had not enrolled when the task was removed".to_owned())
    } else {
        (status.label(), hint(&member.facts, attempts, now, zone))
    };
    Line {
        href: format!("/users/{}", segment(&member.user_id)),
        status: word,
        hint,
        mail_hint: member.mail_hint(zone),
        can_give_time: may_resend && !member.removed && !member.disabled && status == Status::Expired,
        can_resend: may_resend && !member.removed && status == Status::Active && member.facts.enrolled_at.is_none(),
        is_stuck: !member.removed && matches!(status, Status::Locked | Status::Expired),
        token_href: member.serial.as_deref().map_or_else(String::new, |serial| format!("/tokens/{}", segment(serial))),
        member,
    }
}
