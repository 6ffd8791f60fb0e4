//! A round of the server: what happened since the last one is written down, and told to whom it is due.
//!
//! All of a round is one transaction under one lock: the events, the emails that tell them, and up to where each
//! operator was told. A server that is killed in the middle has told nothing, and one that comes second finds nothing.

use std::collections::HashMap;

use chrono::{Days, Duration};

use super::{
    alert::{self, Delivery, Event, KEPT_DAYS, LATE_MINUTES, LISTED, TRIED_HOURS},
    choice::AlertChoice,
    store::{
        self,
        events::{self, Basis, Found, Span},
        told::{self, Progress},
    },
    telling,
};
use crate::{
    audit::{self, Actor, Entry, Verb},
    clock::{Timestamp, Zone, long_date},
    db::{self, AnyConn, Lock},
    desk::Desk,
    error::Result,
    ids::{ContainerId, OperatorId},
    mail::{self, letter::alert::Alert},
    operators::{self, Operator},
    policy,
};

/// Somebody who is told something.
struct Recipient {
    operator: Operator,
    email: String,
    /// `None`: all.
    containers: Option<Vec<ContainerId>>,
    /// How, by the role they have now.
    choices: Vec<AlertChoice>,
}

/// What is true of all recipients of a round.
struct Round {
    zone: Zone,
    basis: Basis,
    /// The newest event before this round, and after it.
    before: i64,
    newest: i64,
}

/// What was read for one recipient serves the others of the same span and scope.
#[derive(Default)]
struct Read {
    counts: HashMap<Span, Vec<(Option<ContainerId>, i64)>>,
    lists: HashMap<(Span, Option<Vec<ContainerId>>), Vec<Found>>,
}

/// Tells operators what happened; how many emails that were. Cheap if all alerts are off, and many servers may call it at
/// once. Only operators who may sign in and have an email address are told, only what their role may see, and only of
/// users in their scope.
///
/// # Errors
/// Nothing was told then, and the next round does it.
pub fn send(desk: &Desk, now: Timestamp) -> Result<usize> {
    if desk.db.read(store::all_off)? {
        return Ok(0);
    }
    desk.db.write_alone(|conn| round(desk, conn, now))
}

fn round(desk: &Desk, conn: &mut AnyConn, now: Timestamp) -> Result<usize> {
    db::hold(conn, Lock::Alerts)?;
    let zone = desk.settings.zone;
    let basis = Basis { now, today: zone.today(now), attempts_allowed: policy::current(conn)?.attempts_allowed };
    let before = events::newest(conn)?;
    let roles = super::choices(conn)?;
    let chosen: Vec<AlertChoice> = roles.iter().flat_map(|role| role.effective()).collect();
    collect(conn, zone, &basis, &chosen)?;
    let round = Round { zone, basis, before, newest: events::newest(conn)? };

    let mut people = Vec::new();
    for operator in operators::list(conn)? {
        let role = roles.iter().find(|role| role.name == operator.role);
        let email = operator.email.clone().filter(|email| !email.trim().is_empty());
        if let (None, Some(role), Some(email)) = (operator.suspended_at, role, email) {
            let containers = match operator.all_containers {
                true => None,
                false => Some(operators::containers_of_operator(conn, operator.id)?),
            };
            people.push(Recipient { operator, email, containers, choices: role.effective().collect() });
        }
    }
    let known: HashMap<(OperatorId, Event), Progress> =
        told::all(conn)?.into_iter().map(|told| ((told.operator, told.event), told)).collect();
    let (mut read, mut emails, mut standing, mut changed) = (Read::default(), Vec::new(), Vec::new(), Vec::new());
    for recipient in people {
        let mine: Vec<(AlertChoice, Progress)> =
            recipient.choices.iter().map(|choice| (*choice, round.progress(&known, &recipient, choice))).collect();
        standing.extend(mine.iter().map(|(_, told)| (told.operator, told.event)));
        for delivery in [Delivery::AtOnce, Delivery::Daily] {
            let due = mine.iter().filter(|(choice, _)| choice.delivery == delivery).copied().collect();
            emails.extend(round.notify(conn, &mut read, &recipient, delivery, due, &mut changed)?);
        }
        // Who is new to it is remembered from now on, due or not.
        for (_, told) in mine {
            let settled = changed.iter().any(|one| (one.operator, one.event) == (told.operator, told.event));
            if !settled && !known.contains_key(&(told.operator, told.event)) {
                changed.push(told);
            }
        }
    }
    told::keep(conn, &changed)?;
    for event in Event::ALL {
        let gone = known.keys().filter(|key| key.1 == event && !standing.contains(key));
        let gone: Vec<OperatorId> = gone.map(|key| key.0).collect();
        if !gone.is_empty() {
            told::forget(conn, event, &gone)?;
        }
    }
    events::forget(conn, now - Duration::days(KEPT_DAYS))?;
    post(desk, conn, now, &emails)
}

/// Writes down what happened since the last round, of what somebody is told.
fn collect(conn: &mut AnyConn, zone: Zone, basis: &Basis, chosen: &[AlertChoice]) -> Result<()> {
    let last = events::collected_to(conn)?;
    for event in Event::ALL {
        let Some(since) = chosen.iter().filter(|one| one.event == event).map(|one| one.since).min() else { continue };
        let from = since.max(last - Duration::minutes(LATE_MINUTES));
        match event {
            Event::Expired => {
                let mut day = zone.today(from) - Days::new(1);
                while day < basis.today {
                    let ended_at = zone.end_of(day);
                    if ended_at >= from {
                        events::collect_expired(conn, basis, day, ended_at)?;
                    }
                    day = day + Days::new(1);
                }
            }
            Event::LockOut => events::collect_lock_outs(conn, basis, from)?,
            Event::FailedMail => events::collect_failed_mail(conn, basis, from)?,
            Event::Rejections => events::collect_rejections(conn, basis, from)?,
        }
    }
    // Another server's clock may be ahead of this one's.
    events::set_collected_to(conn, basis.now.max(last))
}

impl Round {
    /// Up to where a recipient was told. Who is new to it (by a choice, another role, a first address, or no longer
    /// suspended) begins with this round.
    fn progress(
        &self,
        known: &HashMap<(OperatorId, Event), Progress>,
        recipient: &Recipient,
        choice: &AlertChoice,
    ) -> Progress {
        let (operator, event) = (recipient.operator.id, choice.event);
        let at = match choice.delivery {
            Delivery::AtOnce => self.basis.now - alert::pause(),
            Delivery::Daily | Delivery::Off => self.basis.now,
        };
        known.get(&(operator, event)).copied().unwrap_or(Progress { operator, event, to: self.before, at })
    }

    /// The email to a recipient about `rows`, all told in the same way; `None` if none is due or nothing happened.
    /// What is different then goes to `changed`.
    fn notify(
        &self,
        conn: &mut AnyConn,
        read: &mut Read,
        recipient: &Recipient,
        delivery: Delivery,
        mut rows: Vec<(AlertChoice, Progress)>,
        changed: &mut Vec<Progress>,
    ) -> Result<Option<mail::NewEmail>> {
        let is_due = |told: &Progress| alert::is_due(delivery, self.zone, self.basis.now, told.at);
        match delivery {
            // All that is told at once is in one email, and waits for the pause after the last.
            Delivery::AtOnce if !rows.iter().all(|(_, told)| is_due(told)) => return Ok(None),
            Delivery::AtOnce | Delivery::Off => {}
            Delivery::Daily => rows.retain(|(_, told)| is_due(told)),
        }
        let (mut counts, mut groups) = (Vec::new(), Vec::new());
        for (choice, told) in &rows {
            let span = Span { event: choice.event, after: told.to, to: self.newest, since: choice.since };
            let count = if told.to < self.newest { read.count(conn, &span, recipient)? } else { 0 };
            if count > 0 {
                let found = read.list(conn, &self.basis, span, recipient)?;
                counts.push((choice.event, count));
                groups.push(telling::group(choice.event, count, found, recipient.operator.permissions, self.zone));
            }
        }
        for (_, told) in rows {
            // A digest without a word was due nevertheless.
            let at = if delivery == Delivery::Daily || !counts.is_empty() { self.basis.now } else { told.at };
            let after = Progress { to: self.newest, at, ..told };
            if after != told {
                changed.push(after);
            }
        }
        if counts.is_empty() {
            return Ok(None);
        }
        let local = self.zone.local(self.basis.now);
        Ok(Some(letter(
            recipient,
            self.basis.now,
            Alert {
                sum: telling::sum(&counts),
                digest: delivery == Delivery::Daily,
                operator: recipient.operator.user_id.clone(),
                role: recipient.operator.role.clone(),
                until: format!("{}, {}, {}", long_date(local.date()), local.format("%H:%M"), self.zone.name()),
                groups,
            },
        )))
    }
}

impl Read {
    /// How many events of the span are in the recipient's scope.
    fn count(&mut self, conn: &mut AnyConn, span: &Span, recipient: &Recipient) -> Result<i64> {
        if !self.counts.contains_key(span) {
            self.counts.insert(*span, events::count(conn, span)?);
        }
        let inside = |container: &Option<ContainerId>| match &recipient.containers {
            None => true,
            Some(list) => container.is_some_and(|container| list.contains(&container)),
        };
        let sums = self.counts.get(span).map(Vec::as_slice).unwrap_or_default();
        Ok(sums.iter().filter(|(container, _)| inside(container)).map(|(_, events)| events).sum())
    }

    /// The first of them.
    fn list(&mut self, conn: &mut AnyConn, basis: &Basis, span: Span, recipient: &Recipient) -> Result<&[Found]> {
        let key = (span, recipient.containers.clone());
        if !self.lists.contains_key(&key) {
            let found = events::list(conn, basis, &span, recipient.containers.as_deref(), LISTED)?;
            self.lists.insert(key.clone(), found);
        }
        Ok(self.lists.get(&key).map(Vec::as_slice).unwrap_or_default())
    }
}

fn letter(recipient: &Recipient, now: Timestamp, alert: Alert) -> mail::NewEmail {
    let Operator { user_id, name, .. } = &recipient.operator;
    let called = if name.trim().is_empty() { user_id } else { name };
    let facts =
        mail::Facts { first_name: called.clone(), name: called.clone(), alert: Some(alert), ..mail::Facts::default() };
    // Of no container: nobody whose scope is narrower than the recipient's finds it in the outbox.
    mail::NewEmail::new(mail::Kind::Alert, &recipient.email, facts, now + Duration::hours(TRIED_HOURS))
}

/// Puts the emails into the outbox; how many they are.
fn post(desk: &Desk, conn: &mut AnyConn, now: Timestamp, emails: &[mail::NewEmail]) -> Result<usize> {
    let system = Actor::system();
    mail::post(desk, conn, now, &system.name, emails)?;
    let alerts = emails.iter().filter_map(|email| email.facts.alert.as_ref());
    let entries = alerts.map(|alert| {
        let what = if alert.digest { "a daily digest" } else { "an alert" };
        Entry::done(&system, Verb::AlertsSend, format!("Sent an operator {what}: {}", alert.sum))
            .subject(&alert.operator)
            .fact("Role", alert.role.clone())
    });
    audit::record_all(conn, now, entries)?;
    Ok(emails.len())
}
