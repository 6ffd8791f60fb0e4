//! `/audit.csv`: the audit log as a file; one's own entries for whoever sees no others, or may take no others away.

use super::{list, sight};
use crate::{
    audit::{self, Line, Visible},
    clock::Zone,
    operators::{Permission, may},
    web::{
        Answer, Asked, Permitted,
        file::{self, List},
    },
};

const COLUMNS: [&str; 12] =
    ["Entry", "Time", "Who", "Kind", "Role", "From", "Verb", "What happened", "On", "Task", "Outcome", "Details"];

fn cells(line: &Line, zone: Zone) -> Vec<String> {
    let details: Vec<String> = line.detail.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    vec![
        line.id.to_string(),
        zone.local(line.at).format("%Y-%m-%d %H:%M:%S").to_string(),
        line.actor.clone(),
        line.actor_kind.clone(),
        line.role.clone(),
        line.address.clone(),
        line.verb.clone(),
        line.sentence.clone(),
        line.subject.clone(),
        line.task.map(|task| task.to_string()).unwrap_or_default(),
        if line.refused { "refused" } else { "done" }.to_owned(),
        details.join("; "),
    ]
}

/// Sends it.
pub async fn show(p: Permitted<may::ExportAudit>, asked: Asked) -> Answer {
    let zone = p.desk.settings.zone;
    let sight = if p.may(Permission::Reports) { sight(&p.who) } else { Visible::Own(p.who.name().to_owned()) };
    let search = list::search(&asked, sight, zone);
    let filter = list::filter(&asked, search.area);
    let counted = search.clone();
    let total = p.call(move |desk, _, _| desk.db.read(|conn| Ok(audit::find(conn, &counted, (0, 0))?.1))).await?;
    let file = List::new(&COLUMNS, move |conn, span| {
        let lines = audit::find(conn, &search, span)?.0;
        Ok(lines.iter().map(|line| (line.id, cells(line, zone))).collect())
    });
    file::list(&p, "Audit log", total, &filter, file).await
}
