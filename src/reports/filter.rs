//! What reports are asked for: a period and what else narrows them, all of it in the query string.

use url::form_urlencoded;

use chrono::{Days, NaiveDate};

use crate::{
    reports::history::Outcome,
    tasks::Status,
    tokens::{AuthenticationType, TokenState},
};

/// The word for a period without a beginning.
const ANY: &str = "any";

/// The longest name that is looked for, in characters.
const LONGEST: usize = 100;

/// From a day to a day, both included, in the organization's time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day; `None`: from the beginning.
    pub from: Option<NaiveDate>,
    /// The last day; `None`: until now.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// The last `days` days, today included.
    pub fn last(days: u64, today: NaiveDate) -> Self {
        Period { from: today.checked_sub_days(Days::new(days.saturating_sub(1))), to: None }
    }
}

/// What narrows a report; each report uses what concerns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// When: tasks by Start Date, users by Stop Date, work by when it was done.
    pub period: Period,
    /// The period that is meant where an address names none.
    pub usual: Period,
    /// The UserID of an operator; empty for all.
    pub operator: String,
    /// The kind of token.
    pub authentication_type: Option<AuthenticationType>,
    /// The name of a container; empty for all.
    pub container: String,
    /// How a task ended.
    pub outcome: Option<Outcome>,
    /// How far an enrollment is.
    pub status: Option<Status>,
    /// What a token is doing.
    pub state: Option<TokenState>,
}

impl Filter {
    /// Reads a query string. What it does not know it leaves out; without a `from` the `usual` period is meant.
    pub fn parse(query: &str, usual: Period) -> Self {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut filter = Filter { period: usual, usual, ..Filter::default() };
        for (name, value) in pairs {
            // Control characters are in no name, and PostgreSQL refuses the first of them.
            let text = crate::text::searchable(&value, LONGEST);
            match name.as_str() {
                "from" => filter.period.from = day(&text),
                "to" => filter.period.to = day(&text),
                "operator" => filter.operator = text,
                "type" => filter.authentication_type = AuthenticationType::from_code(&text),
                "container" => filter.container = text,
                "outcome" => filter.outcome = Outcome::from_code(&text),
                "status" => filter.status = Status::from_code(&text),
                "state" => filter.state = TokenState::ALL.into_iter().find(|s| s.code().eq_ignore_ascii_case(&text)),
                _ => {}
            }
        }
        filter
    }

    /// The names and values of the query string that reads back as this filter.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let from = if self.period.from == self.usual.from {
            String::new()
        } else {
            day(self.period.from).unwrap_or_else(|| ANY.to_owned())
        };
        let mut pairs = vec![
            ("from", from),
            ("to", day(self.period.to).unwrap_or_default()),
            ("operator", self.operator.clone()),
            ("type", self.authentication_type.map(|kind| kind.code().to_owned()).unwrap_or_default()),
            ("container", self.container.clone()),
            ("outcome", self.outcome.map(|outcome| outcome.code().to_lowercase()).unwrap_or_default()),
            ("status", self.status.map(|status| status.code().to_owned()).unwrap_or_default()),
            ("state", self.state.map(|state| state.code().to_lowercase()).unwrap_or_default()),
        ];
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// The first day as a date field shows it.
    pub fn from_text(&self) -> String {
        self.period.from.map(|day| day.to_string()).unwrap_or_default()
    }

    /// The last day as a date field shows it.
    pub fn to_text(&self) -> String {
        self.period.to.map(|day| day.to_string()).unwrap_or_default()
    }
}

/// A day with a year of four digits: the databases write others in ways of their own.
fn day(text: &str) -> Option<NaiveDate> {
    use chrono::Datelike as _;
    text.parse().ok().filter(|day: &NaiveDate| (1..=9999).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn usual() -> Period {
        Period::last(90, date("2026-11-20"))
    }

    fn back(filter: &Filter) -> Filter {
        Filter::parse(
            &form_urlencoded::Serializer::new(String::new()).extend_pairs(filter.pairs()).finish(),
            filter.usual,
        )
    }

    #[test]
    fn a_filter_reads_back_from_its_query_string() {
        let filter = Filter {
            period: Period { from: Some(date("2026-09-01")), to: Some(date("2026-10-01")) },
            usual: usual(),
            operator: "k.lindqvist & co".into(),
            authentication_type: Some(AuthenticationType::HardwareToken),
            container: "Sales / EMEA".into(),
            outcome: Some(Outcome::Incomplete),
            status: Some(Status::Locked),
            state: Some(TokenState::Lost),
        };
        assert_eq!(back(&filter), filter);
    }

    #[test]
    fn the_usual_period_is_not_in_the_address_and_all_time_is() {
        let filter = Filter::parse("", usual());
        assert_eq!(filter.period.from, Some(date("2026-08-23")));
        assert!(filter.pairs().is_empty());
        let all = Filter::parse("from=&to=", usual());
        assert_eq!(all.period, Period::default());
        assert_eq!(back(&all), all);
    }

    #[test]
    fn what_a_filter_does_not_know_is_left_out() {
        let filter =
            Filter::parse("from=yesterday&to=99999-01-01&outcome=lost&type=x&operator=a%00b", Period::default());
        assert_eq!(filter, Filter { operator: "ab".into(), ..Filter::default() });
    }
}
