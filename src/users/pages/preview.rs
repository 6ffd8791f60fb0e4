//! The preview of an import of users: what was passed over, refused, updated and new, a page of each at a time.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    english::{counted, full_name},
    imports::pages::{Frame, Part, ROWS_FIRST, View, said_at},
    operators::may,
    sheet,
    users::{import::preview::Preview, pages::IMPORT},
    web::{self, Answer, Chrome, Permitted},
};

/// New users that the first view shows, and those that are folded below.
const NEW_FIRST: usize = 5;
const NEW_FOLDED: usize = 50;

#[derive(Template)]
#[template(path = "users/preview.html")]
struct Page {
    chrome: Chrome,
    heading: String,
    lede: String,
    frame: Frame,
    notes: Vec<String>,
    new_containers: Vec<String>,
    passed: Part<Refused>,
    refused: Part<Refused>,
    updated: Part<Change>,
    created: Part<New>,
    folded: Vec<New>,
    users_updated: usize,
    addresses: usize,
}

struct Refused {
    number: usize,
    user_id: String,
    why: String,
    text: String,
}

struct Change {
    user_id: String,
    field: &'static str,
    now: String,
    after: String,
}

struct New {
    user_id: String,
    name: String,
    email: String,
    container: String,
}

/// The page.
pub async fn page(p: &Permitted<may::EditUsers>, status: StatusCode, preview: Preview, view: View) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let (report, plan) = (&preview.plan.report, &preview.plan);
    let links = view.links(IMPORT, &preview.id);
    let count = |word: &str| report.count(word);
    let (created, users_updated, refused) = (count("created"), count("updated"), count("refused"));
    let refused_rows = preview.refused().map(|(number, user_id, why, text)| Refused {
        number,
        user_id: user_id.to_owned(),
        why: why.to_owned(),
        text,
    });
    let passed_rows = preview.passed_over().map(|(number, user_id, why)| Refused {
        number,
        user_id: user_id.to_owned(),
        why: why.to_owned(),
        text: String::new(),
    });
    let change = |(user, (field, now, after)): (&crate::users::User, &(&'static str, String, String))| Change {
        user_id: user.user_id.clone(),
        field,
        now: now.clone(),
        after: after.clone(),
    };
    let new = |typed: crate::users::user::Typed| New {
        name: full_name(&typed.first_name, &typed.last_name),
        user_id: typed.user_id,
        email: typed.email,
        container: typed.container,
    };
    let at = said_at(p.desk.settings.zone, p.now, preview.made_at);
    let lines = report.lines.len();
    let from = if preview.file_name.is_empty() { "Lines that were pasted" } else { &preview.file_name };
    let folded = if view.part.is_none() {
        plan.created().skip(NEW_FIRST).take(NEW_FOLDED).map(new).collect()
    } else {
        Vec::new()
    };
    let page = Page {
        chrome,
        heading: heading(created, users_updated, count("unchanged") + count("passed over"), refused),
        lede: format!("{from}, {}, checked {at}.", counted(lines, "line")),
        frame: Frame::new(&preview, &view, &links, IMPORT, ("user", created + users_updated), ("line", refused)),
        notes: report.notes.clone(),
        new_containers: report.new_containers.clone(),
        passed: view.part("passed", count("passed over"), ROWS_FIRST, passed_rows, &links),
        refused: view.part("refused", refused, ROWS_FIRST, refused_rows, &links),
        updated: view.part("updated", plan.changes().count(), ROWS_FIRST, plan.changes().map(change), &links),
        created: view.part("new", created, NEW_FIRST, plan.created().map(new), &links),
        folded,
        users_updated,
        addresses: plan.changes().filter(|(_, (field, ..))| *field == "Email").count(),
    };
    web::page_with(status, &page)
}

/// "Preview: 61 new users, 3 updated, 2 refused; nothing imported yet".
fn heading(created: usize, updated: usize, unchanged: usize, refused: usize) -> String {
    let new = counted(created, "new user");
    let parts = [
        (created, new),
        (updated, format!("{updated} updated")),
        (unchanged, format!("{unchanged} unchanged")),
        (refused, format!("{refused} refused")),
    ];
    let told: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    format!("Preview: {}; nothing imported yet", told.join(", "))
}

/// The refused lines as a file, to mend them in.
pub fn refused_csv(preview: &Preview) -> Vec<u8> {
    let mut file = sheet::head(&["Line", "User ID", "Reason", "The line"]);
    for (number, user_id, why, text) in preview.refused() {
        file.extend(sheet::line(&[number.to_string().as_str(), user_id, why, &text]));
    }
    file
}
