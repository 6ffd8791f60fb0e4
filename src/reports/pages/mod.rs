//! The screens of reports, of the Snapshot and of Find.

use chrono::NaiveDate;

use crate::{
    clock::{Timestamp, Zone},
    db::AnyConn,
    error::Result,
    operators::Who,
    reports::{Filter, Report},
    tokens::AuthenticationType,
    users,
    web::{Asked, Links, list::Choice},
};

pub mod chart;
pub mod enrollments;
pub mod file;
pub mod find;
pub mod first_start;
pub mod metrics;
pub mod not_enrolled;
pub mod operators;
mod plot;
pub mod provisioning;
pub mod snapshot;
pub mod tokens;

/// Operators offered by a filter.
const OPERATORS_OFFERED: i64 = 200;

/// When sums were added up, if that was not just now: ", as of 14:32".
fn as_of(zone: Zone, counted_at: Option<Timestamp>) -> String {
    counted_at.map(|at| format!(", as of {}", zone.local(at).format("%H:%M"))).unwrap_or_default()
}

/// A tab above a report.
pub struct Tab {
    /// The words.
    pub words: &'static str,
    /// The address.
    pub href: &'static str,
    /// True for the present one.
    pub current: bool,
}

/// The address of the report that is drawn.
const ENROLLMENTS: &str = "/reports/enrollments";

/// The tabs with `report` as the present one.
fn tabs(report: Report) -> Vec<Tab> {
    tabs_at(report.path())
}

/// The tabs with the one at `path` as the present one.
fn tabs_at(path: &str) -> Vec<Tab> {
    let tab = |words, href: &'static str| Tab { words, href, current: href == path };
    let reports = Report::ALL.into_iter().map(|report| tab(report.label(), report.path()));
    std::iter::once(tab("Enrollments", ENROLLMENTS)).chain(reports).collect()
}

/// Names as choices. The chosen one is offered even where the list ends before it.
fn names(list: Vec<String>, chosen: &str) -> Vec<Choice> {
    let same = |name: &str| name.to_lowercase() == chosen.to_lowercase();
    let missing = !chosen.is_empty() && !list.iter().any(|name| same(name));
    let extra = missing.then(|| Choice::new(chosen, chosen, true));
    extra.into_iter().chain(list.into_iter().map(|name| Choice::new(name.clone(), name.clone(), same(&name)))).collect()
}

/// The kinds of tokens as choices.
fn types(filter: &Filter) -> Vec<Choice> {
    let choice =
        |kind: AuthenticationType| Choice::new(kind.code(), kind.label(), filter.authentication_type == Some(kind));
    AuthenticationType::ALL.into_iter().map(choice).collect()
}

/// Operators and containers as choices.
fn offered(conn: &mut AnyConn, who: &Who, filter: &Filter) -> Result<(Vec<Choice>, Vec<Choice>)> {
    let operators = crate::operators::working_in(conn, &who.scope, OPERATORS_OFFERED)?;
    let containers = users::containers(conn, &who.scope)?.into_iter().map(|(_, name)| name).collect();
    Ok((names(operators, &filter.operator), names(containers, &filter.container)))
}

/// The filters in force, each with the address of the view without it; the period is in its fields.
fn chips(filter: &Filter, links: &Links) -> Vec<(String, String)> {
    let words = |name: &str, value: &str| match name {
        "operator" => format!("Operator {value}"),
        "type" => filter.authentication_type.map(|kind| kind.label().to_owned()).unwrap_or_default(),
        "container" => format!("Container {value}"),
        "outcome" => filter.outcome.map(|outcome| format!("Outcome {}", outcome.code())).unwrap_or_default(),
        "status" => filter.status.map(|status| format!("Status {}", status.label())).unwrap_or_default(),
        "state" => filter.state.map(|state| format!("State {}", state.label())).unwrap_or_default(),
        _ => String::new(),
    };
    let pairs = filter.pairs();
    let narrowing = pairs.iter().filter(|(name, _)| !matches!(*name, "from" | "to"));
    narrowing.map(|(name, value)| (words(name, value), links.with(name, ""))).collect()
}

/// The addresses of a report's views.
fn links(report: Report, filter: &Filter, asked: &Asked) -> Links {
    asked.links(report.path(), filter.pairs())
}

/// The address of the file with everything the filter finds.
fn file_address(report: Report, filter: &Filter) -> String {
    Links::new(format!("{}.csv", report.path()), filter.pairs()).here()
}

/// The day in the organization's zone on which a request is answered.
fn today(zone: Zone, now: Timestamp) -> NaiveDate {
    zone.today(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_name_is_offered_even_if_it_is_not_in_the_list() {
        let choices = names(vec!["a.reyes".into()], "K.Lindqvist");
        assert_eq!(
            choices.iter().map(|c| (c.value.as_str(), c.chosen)).collect::<Vec<_>>(),
            [("K.Lindqvist", true), ("a.reyes", false)]
        );
    }
}
