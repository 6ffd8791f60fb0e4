//! `/reports/enrollments`: how the users of the last weeks are doing, drawn; the same numbers stand in a table beside each drawing.

use actix_web::HttpRequest;
use askama::Template;

use super::{
    Choice, ENROLLMENTS, Tab, as_of, chips, offered,
    plot::{self, Columns, Part},
    tabs_at, types,
};
use crate::{
    english::{counted_as, number},
    operators::{Permission, may},
    reports::{
        self, FEW_TOKENS, Filter, Period,
        enrollments::{ByStatus, Enrollments, FEWEST_SPANS, Named, SPANS, WEEKS},
    },
    tasks::Status,
    tokens::AuthenticationType,
    web::{self, Answer, Chrome, Links, Permitted},
};

#[derive(Template)]
#[template(path = "reports/enrollments.html")]
struct Page {
    chrome: Chrome,
    tabs: Vec<Tab>,
    containers: Vec<Choice>,
    types: Vec<Choice>,
    chips: Vec<(String, String)>,
    verdict: String,
    statuses: [Status; 4],
    all: ByStatus,
    weeks: Vec<Week>,
    plot: Columns,
    /// What to see in the weeks.
    open: String,
    /// The drawings by name: container, operator, authentication type.
    groups: Vec<Group>,
    spans: Vec<(&'static str, i64)>,
    /// `None`: too few enrolled for a distribution.
    span_plot: Option<Columns>,
    pace: String,
    stock: Option<Stock>,
}

/// So many hundredths fewer Completed than of all are named.
const BEHIND: i64 = 10;

/// A line of the table of weeks.
struct Week {
    monday: String,
    href: String,
    users: ByStatus,
}

/// Bars by name.
struct Group {
    id: &'static str,
    heading: &'static str,
    column: &'static str,
    /// What to see in them.
    verdict: String,
    bars: Vec<Bar>,
}

/// A bar.
struct Bar {
    words: String,
    href: String,
    users: ByStatus,
    parts: Vec<Part>,
}

/// Hardware tokens.
struct Stock {
    inventory: i64,
    available: i64,
    reserved: i64,
    parts: Vec<Part>,
    /// Where the warning line lies.
    line: String,
    verdict: String,
    is_low: bool,
}

/// Shows it.
pub async fn show(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    let zone = p.desk.settings.zone;
    let sees_tokens = p.may(Permission::SeeUsers);
    let asked = Filter::parse(request.query_string(), Period::default());
    // The weeks are always the same, and of the rest this page narrows by two.
    let filter =
        Filter { authentication_type: asked.authentication_type, container: asked.container, ..Filter::default() };
    let asked = filter.clone();
    let ((enrollments, counted, stock, containers), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let (enrollments, at) = reports::enrollments_of(desk, conn, who, now, &asked)?;
                // What is in stock lies in no container.
                let stock = if sees_tokens { reports::stock_of(desk, conn, who, now)? } else { None };
                Ok((enrollments, at, stock, offered(conn, who, &asked)?.1))
            })
        })
        .await?;
    let links = Links::new(ENROLLMENTS, filter.pairs());
    let all = enrollments.all();
    let week = |(monday, users): &(chrono::NaiveDate, ByStatus)| Week {
        monday: monday.to_string(),
        href: history(vec![("from", monday.to_string()), ("to", (*monday + chrono::Days::new(6)).to_string())]),
        users: *users,
    };
    let enrolled: i64 = enrollments.spans.iter().sum();
    web::page(&Page {
        chrome,
        tabs: tabs_at(ENROLLMENTS),
        verdict: format!(
            "{} in {WEEKS} weeks; {} % have Completed{}.",
            counted_as(all.all(), "user provisioned", "users provisioned"),
            all.share(),
            as_of(zone, counted)
        ),
        containers,
        types: types(&filter),
        chips: chips(&filter, &links),
        statuses: ByStatus::ORDER,
        all,
        weeks: enrollments.weeks.iter().rev().map(week).collect(),
        plot: plot::by_status(
            enrollments.weeks.iter().map(|(monday, users)| (monday.format("%m-%d").to_string(), *users)),
        ),
        open: open(all),
        groups: groups(&enrollments, &links),
        spans: SPANS.iter().zip(&enrollments.spans).map(|((_, words, _), count)| (*words, *count)).collect(),
        span_plot: (enrolled >= FEWEST_SPANS).then(|| {
            plot::numbers(
                SPANS.iter().zip(&enrollments.spans).map(|((_, words, _), count)| ((*words).to_owned(), *count)),
            )
        }),
        pace: pace(&enrollments, enrolled),
        stock: stock.map(|(inventory, reserved)| draw_stock(inventory, reserved)),
    })
}

/// The address of the history with this filter.
fn history(pairs: Vec<(&str, String)>) -> String {
    Links::new("/reports/provisioning", pairs).here()
}

fn open(all: ByStatus) -> String {
    let may =
        counted_as(all.active, "user may still enroll or sign in first", "users may still enroll or sign in first");
    match all.expired {
        0 => format!("{may}."),
        late => format!("{may}; {} not enroll in time.", counted_as(late, "user did", "users did")),
    }
}

fn pace(enrollments: &Enrollments, enrolled: i64) -> String {
    let all = counted_as(enrolled, "user enrolled", "users enrolled");
    if enrolled < FEWEST_SPANS {
        return format!("{all}: too few to say how long it takes.");
    }
    match (enrollments.within(50), enrollments.within(90)) {
        ("", _) => format!("{all}."),
        (half, "") => format!("{all}. Half within {half}."),
        (half, most) => format!("{all}. Half within {half}, nine of ten within {most}."),
    }
}

fn groups(enrollments: &Enrollments, links: &Links) -> Vec<Group> {
    let label =
        |code: &str| AuthenticationType::from_code(code).map_or(code.to_owned(), |kind| kind.label().to_owned());
    let group = |id, heading, column, name: &'static str, list: &[Named]| {
        let whole = list.iter().map(|(_, users)| users.all()).max().unwrap_or(0);
        let bars = list.iter().map(|(value, users)| Bar {
            words: if name == "type" { label(value) } else { value.clone() },
            // An operator is no filter of this page.
            href: match name {
                "operator" => history(vec![("from", enrollments.weeks[0].0.to_string()), (name, value.clone())]),
                _ => links.with(name, value),
            },
            users: *users,
            parts: plot::bar_by_status(*users, whole),
        });
        let bars: Vec<Bar> = bars.collect();
        let behind = bars.iter().filter(|bar| bar.users.all() > 0).min_by_key(|bar| bar.users.share());
        let verdict = match behind {
            Some(bar) if bar.users.share() + BEHIND <= enrollments.all().share() => {
                format!("{} is behind: {} % Completed.", bar.words, bar.users.share())
            }
            _ => String::new(),
        };
        Group { id, heading, column, verdict, bars }
    };
    vec![
        group("containers", "By container", "Container", "container", &enrollments.containers),
        group("operators", "By operator", "Operator", "operator", &enrollments.operators),
        group("types", "By authentication type", "Authentication Type", "type", &enrollments.types),
    ]
}

fn draw_stock(inventory: i64, reserved: i64) -> Stock {
    let available = (inventory - reserved).max(0);
    let is_low = available < FEW_TOKENS;
    let whole = inventory.max(reserved).max(FEW_TOKENS * 2);
    let first = if is_low { "bar-warn" } else { "bar-done" };
    let below = if is_low { format!(" Below the warning line of {FEW_TOKENS}.") } else { String::new() };
    Stock {
        inventory,
        available,
        reserved,
        parts: plot::bar([(first, available), ("bar-active", reserved)].into_iter(), whole),
        line: plot::along(FEW_TOKENS, whole),
        verdict: format!(
            "{} in inventory: {} available, {} reserved for provisioning tasks.{below}",
            number(inventory),
            number(available),
            number(reserved)
        ),
        is_low,
    }
}
