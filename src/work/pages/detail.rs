//! `/work/{id}`: how far a piece of long work is, and how it ended. It may be left and found again; while the work goes on the page
//! loads itself again by its header, so that no script is needed.

use actix_web::{
    http::{
        StatusCode,
        header::{HeaderValue, REFRESH},
    },
    web::Path,
};
use askama::Template;

use crate::{
    clock::{Timestamp, Zone, moment},
    english::{counted, number},
    error::{Error, Result},
    ids::WorkId,
    operators::may,
    web::{Answer, Chrome, Fault, Flash, Permitted, page_with, see_other},
    work::{self, Piece, State},
};

/// How often the page loads itself again, in seconds: a slice takes less, and who looks on does not wait longer than for a mail.
const REFRESH_SECONDS: &str = "5";

#[derive(Template)]
#[template(path = "work/detail.html")]
struct Page {
    chrome: Chrome,
    piece: Piece,
    /// The operator who looks asked for it: they may cancel it, and ask anew.
    own: bool,
    asked: String,
    ended: String,
    done: String,
    total: String,
    /// "58 %, about 30 s left"
    share: String,
    /// The steps: whether it is the present one or behind, its words, and what it does.
    steps: Vec<Step>,
    as_of: String,
    /// What the button to what came of it says.
    open: String,
    /// Why Cancel was not done.
    conflict: String,
}

struct Step {
    state: StepState,
    label: String,
    hint: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum StepState {
    Done,
    Current,
    Next,
}

fn id(asked: &str) -> Result<WorkId> {
    asked.parse().map(WorkId).map_err(|_| Error::not_found("work", asked))
}

/// The page.
pub async fn show(p: Permitted<may::SignedIn>, asked: Path<String>) -> Answer {
    draw(&p, id(&asked)?, StatusCode::OK, String::new()).await
}

/// Cancels it.
pub async fn cancel(p: Permitted<may::SignedIn>, asked: Path<String>) -> Answer {
    let id = id(&asked)?;
    match p.call(move |desk, who, now| work::cancel(desk, who, now, id)).await {
        Ok(()) => {
            p.flash(&Flash::good("Canceled.", "Nothing was changed."));
            Ok(see_other(&format!("/work/{id}")))
        }
        Err(Fault(Error::Conflict(why))) => draw(&p, id, StatusCode::CONFLICT, why).await,
        Err(other) => Err(other),
    }
}

async fn draw(p: &Permitted<may::SignedIn>, id: WorkId, status: StatusCode, conflict: String) -> Answer {
    let (piece, chrome) = p.view(move |desk, who, _| desk.db.read(|conn| work::find(conn, who, id))).await?;
    let zone = p.desk.settings.zone;
    let is_open = piece.state.is_open();
    let page = Page {
        own: Some(piece.operator) == p.who.operator,
        asked: said(zone, p.now, piece.created_at),
        ended: piece.ended_at.map(|at| said(zone, p.now, at)).unwrap_or_default(),
        done: number(piece.done),
        total: number(piece.total),
        share: share(&piece, p.now),
        steps: steps(&piece),
        as_of: zone.local(p.now).format("%H:%M:%S").to_string(),
        open: open(&piece.result),
        conflict,
        piece,
        chrome,
    };
    let mut answer = page_with(status, &page)?;
    if is_open && status == StatusCode::OK {
        answer.headers_mut().insert(REFRESH, HeaderValue::from_static(REFRESH_SECONDS));
    }
    Ok(answer)
}

/// "today, 14:31", within a sentence.
fn said(zone: Zone, now: Timestamp, at: Timestamp) -> String {
    moment(zone, now, at).replacen("Today", "today", 1).replacen("Yesterday", "yesterday", 1)
}

fn share(piece: &Piece, now: Timestamp) -> String {
    let share = format!("{} %", piece.percent());
    match piece.seconds_left(now) {
        Some(seconds) if seconds < 120 => format!("{share}, about {seconds} s left"),
        Some(seconds) => format!("{share}, about {} min left", seconds / 60),
        None => share,
    }
}

fn steps(piece: &Piece) -> Vec<Step> {
    let at = match piece.state {
        State::Waiting | State::Preparing => 0,
        State::Applying => 1,
        _ => 2,
    };
    let state = |step: i32| match step.cmp(&at) {
        std::cmp::Ordering::Less => StepState::Done,
        std::cmp::Ordering::Equal => StepState::Current,
        std::cmp::Ordering::Greater => StepState::Next,
    };
    let all = number(piece.total);
    let prepares = match piece.state {
        State::Waiting => "Waits until other work is done.".to_owned(),
        _ => piece.kind.prepares().to_owned(),
    };
    let emails = match piece.kind.writes_to_all() {
        true => format!("Send {}", counted(piece.total, "email")),
        false => "Send emails, if that was asked for".to_owned(),
    };
    let step = |n, label: String, hint: &str| Step { state: state(n), label, hint: hint.to_owned() };
    vec![
        step(0, "Prepare".into(), &prepares),
        step(
            1,
            format!("Apply, all {all} in one step"),
            "Checks again that nothing changed meanwhile. Until then it can be canceled.",
        ),
        step(2, emails, "How far they are stands in the Outbox."),
    ]
}

/// What the button to `result` says.
fn open(result: &str) -> String {
    match result.strip_prefix("/tasks/") {
        Some(task) => format!("Open task {task}"),
        None => "Go on".into(),
    }
}
