//! `/provision` and `/provision/{draft}`: the chosen users, on the way to a task.

use actix_web::{HttpResponse, web::Path};
use askama::Template;

use crate::{
    english::{counted, is_are},
    error::Error,
    ids::UserId,
    operators::may,
    provision::{
        self, Draft,
        choice::Selection,
        plan::{Candidate, Skip},
    },
    web::{Answer, Asked, Chrome, Fault, Fields, Flash, Pager, Permitted, page, see_other},
};

/// A step of the work, for the stepper.
pub(super) struct Step {
    /// What it is called.
    pub label: &'static str,
    /// Where it is, if it is done.
    pub href: String,
    /// "done", "current" or "next".
    pub state: &'static str,
}

/// The three steps, the `current` one from 0.
pub(super) fn steps(draft: &str, current: usize) -> Vec<Step> {
    ["Users", "Authentication Type", "Confirm"]
        .into_iter()
        .zip(["", "/type", "/confirm"])
        .enumerate()
        .map(|(n, (label, end))| Step {
            label,
            href: if n < current { format!("/provision/{draft}{end}") } else { String::new() },
            state: match n.cmp(&current) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "current",
                std::cmp::Ordering::Greater => "next",
            },
        })
        .collect()
}

/// Where a draft that was carried out leads, or one that is being carried out.
pub(super) fn carried_out(draft: &Draft) -> Option<HttpResponse> {
    if let Some(work) = draft.work {
        return Some(see_other(&format!("/work/{work}")));
    }
    draft.task.map(|task| see_other(&format!("/tasks/{task}")))
}

/// The pager of `total` rows at `base`, and the rows of the present page.
pub(super) fn cut<T>(rows: Vec<T>, asked: &Asked, base: String) -> (Vec<T>, Pager) {
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let (links, paging) = (asked.links(base, Vec::new()), asked.paging);
    let skip = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
    let take = usize::try_from(paging.size).unwrap_or(usize::MAX);
    let shown: Vec<T> = rows.into_iter().skip(skip).take(take).collect();
    let pager = Pager::new(paging, shown.len(), total, &links);
    (shown, pager)
}

#[derive(Template)]
#[template(path = "provision/users.html")]
struct Page {
    chrome: Chrome,
    id: String,
    title: String,
    steps: Vec<Step>,
    rows: Vec<(Candidate, &'static str)>,
    /// Why some are left out whatever is chosen next, with their number.
    left_out: Vec<String>,
    pager: Pager,
}

/// `GET /provision`: there is nothing to provision yet.
pub async fn nobody(p: Permitted<may::Provision>) -> Answer {
    p.flash(&Flash::warn("Choose the users first.", "Search them, tick them, then press Provision."));
    Ok(see_other("/users"))
}

/// `POST /provision`: starts a draft for the ticked users, or for all that match.
pub async fn start(p: Permitted<may::Provision>, form: Fields) -> Answer {
    let selection = if form.ticked("all") {
        Selection::Matching { query: form.text("query"), without: Vec::new() }
    } else {
        Selection::Users(ids(&form))
    };
    match p.call(move |desk, who, now| provision::start(desk, who, now, &selection)).await {
        Ok(id) => Ok(see_other(&format!("/provision/{id}"))),
        Err(Fault(Error::Invalid(_))) => nobody(p).await,
        Err(other) => Err(other),
    }
}

fn ids(form: &Fields) -> Vec<UserId> {
    form.all("user").iter().filter_map(|id| id.parse().ok()).map(UserId).collect()
}

/// `GET /provision/{draft}`: the chosen users.
pub async fn show(p: Permitted<may::Provision>, id: Path<String>, asked: Asked) -> Answer {
    let id = id.into_inner();
    let draft = id.clone();
    let ((draft, chosen), chrome) = p.view(move |desk, who, now| provision::find_draft(desk, who, now, &draft)).await?;
    if let Some(answer) = carried_out(&draft) {
        return Ok(answer);
    }
    let title = format!("Provision {}", counted(chosen.found.len(), "user"));
    let left_out =
        chosen.left_out().into_iter().map(|(why, count)| format!("{count} {}", why.words_for_many())).collect();
    let mut rows: Vec<(Candidate, &'static str)> = chosen
        .found
        .into_iter()
        .map(|one| {
            let why = one.never().map_or("", Skip::label);
            (one, why)
        })
        .collect();
    // Those who are left out come first, each part in the order of the User ID.
    rows.sort_by_key(|(_, why)| why.is_empty());
    let (rows, pager) = cut(rows, &asked, format!("/provision/{id}"));
    page(&Page { chrome, steps: steps(&id, 0), id, title, rows, left_out, pager })
}

/// `POST /provision/{draft}`: leaves the ticked users out.
pub async fn leave_out(p: Permitted<may::Provision>, id: Path<String>, form: Fields) -> Answer {
    let id = id.into_inner();
    let back = format!("/provision/{id}");
    let ids = ids(&form);
    let count = ids.len();
    p.call(move |desk, who, _| provision::leave_out(desk, who, &id, &ids)).await?;
    if count > 0 {
        let verb = is_are(count);
        p.flash(&Flash::good(format!("{} {verb} left out.", counted(count, "user")), "Nothing else changed."));
    }
    Ok(see_other(&back))
}
