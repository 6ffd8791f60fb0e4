//! The preview of an import of users: what was passed over, refused, updated and new, a page of each at a time.

use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;

use crate::{
    clock::{Timestamp, Zone, moment},
    operators::may,
    sheet,
    users::previewing::Preview,
    web::{self, Answer, Chrome, Links, Pager, Paging, Permitted},
};

/// Rows of a part that is looked at alone.
const ROWS_A_PAGE: i64 = 100;

/// Rows of refused lines and changes that the first view shows.
const ROWS_FIRST: usize = 20;

/// New users that the first view shows, and those that are folded below.
const NEW_FIRST: usize = 5;
const NEW_FOLDED: usize = 50;

/// How a preview is looked at.
#[derive(Clone, Default, Deserialize)]
pub struct View {
    /// A part alone: "passed", "refused", "updated" or "new".
    pub part: Option<String>,
    /// Its page.
    pub page: Option<String>,
    /// Set when refused lines are to be left out.
    pub leave_out: Option<String>,
}

impl View {
    /// The addresses of other views of this preview.
    pub fn links(&self, base: &str, id: &str) -> Links {
        let kept = |value: &Option<String>| value.clone().unwrap_or_default();
        Links::new(
            base,
            vec![("preview", id.to_owned()), ("leave_out", kept(&self.leave_out)), ("part", kept(&self.part))],
        )
    }
}

#[derive(Template)]
#[template(path = "users/preview.html")]
struct Page {
    chrome: Chrome,
    heading: String,
    lede: String,
    /// True if the data moved since the preview that was to be imported.
    moved: bool,
    notes: Vec<String>,
    new_containers: Vec<String>,
    passed: Part<Refused>,
    refused: Part<Refused>,
    updated: Part<Change>,
    created: Part<New>,
    folded: Vec<New>,
    users_updated: usize,
    addresses: usize,
    id: String,
    fingerprint: String,
    leave_out: bool,
    /// What the button says; empty if there is nothing to import.
    button: String,
    /// True while refused lines stop all of it.
    stopped: bool,
    leave_out_href: String,
    save_href: String,
}

/// A part of a preview.
pub struct Part<T> {
    /// True if it is drawn.
    pub drawn: bool,
    /// Rows in all.
    pub total: usize,
    /// Those that are shown.
    pub rows: Vec<T>,
    /// The address of all of it, where the rows are not all.
    pub all: String,
    /// The ways to its other pages, where it is looked at alone.
    pub pager: Option<Pager>,
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
///
/// # Errors
/// What the shell of the page answers.
pub async fn page(
    p: &Permitted<may::EditUsers>,
    status: StatusCode,
    preview: Preview,
    view: &View,
    moved: bool,
) -> Answer {
    let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
    let report = preview.report();
    let leave_out = preview.choices.leave_out || view.leave_out.is_some();
    let links = view.links("/users/import", &preview.id);
    let count = |word: &str| report.count(word);
    let (created, users_updated, refused) = (count("created"), count("updated"), count("refused"));
    let good = created + users_updated;
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
        name: format!("{} {}", typed.first_name, typed.last_name).trim().to_owned(),
        user_id: typed.user_id,
        email: typed.email,
        container: typed.container,
    };
    let at = said_at(p.desk.settings.zone, p.now, preview.made_at);
    let lines = report.lines.len();
    let from = if preview.file_name.is_empty() { "Lines that were pasted" } else { &preview.file_name };
    let folded = if view.part.is_none() {
        preview.created().skip(NEW_FIRST).take(NEW_FOLDED).map(new).collect()
    } else {
        Vec::new()
    };
    let page = Page {
        chrome,
        heading: heading(created, users_updated, count("unchanged") + count("passed over"), refused),
        lede: format!("{from}, {lines} {}, checked {at}.", if lines == 1 { "line" } else { "lines" }),
        moved,
        notes: report.notes.clone(),
        new_containers: report.new_containers.clone(),
        passed: part("passed", count("passed over"), ROWS_FIRST, passed_rows, view, &links),
        refused: part("refused", refused, ROWS_FIRST, refused_rows, view, &links),
        updated: part("updated", preview.changes().count(), ROWS_FIRST, preview.changes().map(change), view, &links),
        created: part("new", created, NEW_FIRST, preview.created().map(new), view, &links),
        folded,
        users_updated,
        addresses: preview.changes().filter(|(_, (field, ..))| *field == "Email").count(),
        button: button(good, refused),
        stopped: refused > 0 && !leave_out,
        leave_out,
        leave_out_href: links.with("leave_out", "1"),
        save_href: links.with("save", "refused"),
        id: preview.id.clone(),
        fingerprint: preview.fingerprint.clone(),
    };
    web::page_with(status, &page)
}

/// "today at 14:32", within a sentence.
pub fn said_at(zone: Zone, now: Timestamp, at: Timestamp) -> String {
    moment(zone, now, at).replace("Today, ", "today at ").replace("Yesterday, ", "yesterday at ")
}

/// The first rows of a part, or, where it is looked at alone, a page of them.
pub fn part<T>(
    name: &str,
    total: usize,
    first: usize,
    rows: impl Iterator<Item = T>,
    view: &View,
    links: &Links,
) -> Part<T> {
    let all = if total > first { links.with("part", name) } else { String::new() };
    match view.part.as_deref() {
        None => Part { drawn: total > 0, total, rows: rows.take(first).collect(), all, pager: None },
        Some(alone) if alone == name => {
            let number = view.page.as_deref().and_then(|page| page.parse().ok());
            let paging = Paging { size: ROWS_A_PAGE, ..Paging::new(number, None) };
            let skipped = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
            let rows: Vec<T> = rows.skip(skipped).take(usize::try_from(ROWS_A_PAGE).unwrap_or(0)).collect();
            let mut pager = Pager::new(paging, rows.len(), i64::try_from(total).unwrap_or(i64::MAX), links);
            pager.sizes.clear();
            Part { drawn: true, total, rows, all: String::new(), pager: Some(pager) }
        }
        Some(_) => Part { drawn: false, total, rows: Vec::new(), all, pager: None },
    }
}

/// "Preview: 61 new users, 3 updated, 2 refused; nothing imported yet".
fn heading(created: usize, updated: usize, unchanged: usize, refused: usize) -> String {
    let new = if created == 1 { "1 new user".to_owned() } else { format!("{created} new users") };
    let parts = [
        (created, new),
        (updated, format!("{updated} updated")),
        (unchanged, format!("{unchanged} unchanged")),
        (refused, format!("{refused} refused")),
    ];
    let told: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    format!("Preview: {}; nothing imported yet", told.join(", "))
}

/// "Import 64 users, leave 2 out"; empty if none is left.
fn button(good: usize, refused: usize) -> String {
    let users = if good == 1 { "1 user".to_owned() } else { format!("{good} users") };
    match (good, refused) {
        (0, _) => String::new(),
        (_, 0) => format!("Import {users}"),
        (_, refused) => format!("Import {users}, leave {refused} out"),
    }
}

/// The refused lines as a file, to mend them in.
pub fn refused_csv(preview: &Preview) -> Vec<u8> {
    let mut file = sheet::head(&["Line", "User ID", "Reason", "The line"]);
    for (number, user_id, why, text) in preview.refused() {
        file.extend(sheet::line(&[number.to_string().as_str(), user_id, why, &text]));
    }
    file
}
