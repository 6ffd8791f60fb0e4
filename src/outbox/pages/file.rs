//! `/outbox.csv`: the list of emails as a file.

use super::list;
use crate::{
    clock::{Timestamp, Zone},
    mail::{self, Email, View},
    operators::may,
    web::{
        Answer, Asked, Permitted,
        file::{self, List},
    },
};

const COLUMNS: [&str; 11] = [
    "Email", "To", "User ID", "Name", "Task", "Message", "State", "Tries", "Last SMTP response", "Answered at",
    "Written at",
];

fn cells(email: &Email, zone: Zone) -> Vec<String> {
    let moment = |at: Timestamp| zone.local(at).format("%Y-%m-%d %H:%M").to_string();
    vec![
        email.id.to_string(),
        email.shown_to.clone(),
        email.facts.user_id.clone(),
        email.facts.name.clone(),
        email.task.map(|task| task.to_string()).unwrap_or_default(),
        email.kind.label().to_owned(),
        email.state.label().to_owned(),
        email.tries.to_string(),
        email.last_answer.clone(),
        email.last_answer_at.map(moment).unwrap_or_default(),
        moment(email.created_at),
    ]
}

/// Sends it.
pub async fn show(p: Permitted<may::Export<may::SeeOutbox>>, asked: Asked) -> Answer {
    let filter = list::filter(&asked.fields);
    let word = list::word(&asked.fields, &filter);
    let view = list::view(&word).unwrap_or(View::Attention);
    let narrowed = [
        ("q", filter.text.clone()),
        ("message", filter.kind.map_or_else(String::new, |kind| kind.code().to_owned())),
        ("state", word),
    ];
    let (wanted, total) = p
        .call(move |desk, who, now| {
            desk.db.read(|conn| {
                let wanted = mail::sought(conn, &filter)?;
                let total = mail::count(conn, now, who.scope.containers(), &wanted, view)?;
                Ok((wanted, total))
            })
        })
        .await?;
    let (who, now, zone) = (p.who.clone(), p.now, p.desk.settings.zone);
    let file = List::new(&COLUMNS, move |conn, span| {
        let rows = mail::rows(conn, now, who.scope.containers(), &wanted, view, span)?;
        Ok(rows.iter().map(|email| (email.id.0, cells(email, zone))).collect())
    });
    file::list(&p, "Outbox", total, &narrowed, file).await
}
