//! The rules of the list: its views, what it is searched and sorted by (PRODUCT.md §0, "Provisioning Task Management").

use std::cmp::Ordering;

use chrono::{Days, NaiveDate};

use crate::{
    order,
    tasks::{
        status::last_soon_day,
        task::{Progress, Task},
    },
    tokens::AuthenticationType,
};

/// A saved view above the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// All open tasks.
    #[default]
    Open,
    /// Those whose Stop Date is today, tomorrow or the day after.
    Stopping,
    /// Those with locked users.
    Locked,
    /// Those with an enrollment email that was deferred or failed.
    Mail,
    /// Those whose Stop Date has passed.
    Past,
    /// Those the operator made.
    Mine,
}

impl View {
    /// All of them, in the order of the tabs.
    pub const ALL: [View; 6] = [View::Open, View::Stopping, View::Locked, View::Mail, View::Past, View::Mine];

    /// The word in the address; empty for the first.
    pub fn code(self) -> &'static str {
        match self {
            View::Open => "",
            View::Stopping => "stopping",
            View::Locked => "locked",
            View::Mail => "mail",
            View::Past => "past",
            View::Mine => "mine",
        }
    }

    /// The words on the tab.
    pub fn label(self) -> &'static str {
        match self {
            View::Open => "Open",
            View::Stopping => "Stopping in 48 h",
            View::Locked => "With locked users",
            View::Mail => "Mail trouble",
            View::Past => "Past stop date",
            View::Mine => "Mine",
        }
    }

    /// The view of this word; the first for any other.
    pub fn from_code(word: &str) -> Self {
        View::ALL.into_iter().find(|view| view.code() == word).unwrap_or_default()
    }
}

/// Which Stop Dates are asked for, by their distance from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopWithin {
    /// Today or up to 7 days on.
    Week,
    /// Today or up to 30 days on.
    Month,
    /// More than 30 days on.
    Later,
}

impl StopWithin {
    /// All of them, the nearest first.
    pub const ALL: [StopWithin; 3] = [StopWithin::Week, StopWithin::Month, StopWithin::Later];

    /// The word in the address.
    pub fn code(self) -> &'static str {
        match self {
            StopWithin::Week => "7-days",
            StopWithin::Month => "30-days",
            StopWithin::Later => "later",
        }
    }

    /// The words of the choice.
    pub fn label(self) -> &'static str {
        match self {
            StopWithin::Week => "Within 7 days",
            StopWithin::Month => "Within 30 days",
            StopWithin::Later => "Later than 30 days",
        }
    }

    /// The choice of this word.
    pub fn from_code(word: &str) -> Option<Self> {
        StopWithin::ALL.into_iter().find(|within| within.code() == word)
    }

    /// The first day and the last, both included.
    pub fn days(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let on = |days| today.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
        match self {
            StopWithin::Week => (today, on(7)),
            StopWithin::Month => (today, on(30)),
            StopWithin::Later => (on(31), NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX)),
        }
    }
}

/// A column that sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Task.
    Task,
    /// Operator.
    Operator,
    /// Emailed to.
    EmailedTo,
    /// Start Date.
    Start,
    /// Stop Date.
    Stop,
    /// Count.
    Count,
    /// Completed.
    Completed,
}

impl order::Column for Column {
    /// In the order of the table.
    const ALL: &'static [Self] = &[
        Column::Task,
        Column::Operator,
        Column::EmailedTo,
        Column::Start,
        Column::Stop,
        Column::Count,
        Column::Completed,
    ];

    fn code(self) -> &'static str {
        match self {
            Column::Task => "task",
            Column::Operator => "operator",
            Column::EmailedTo => "emailed_to",
            Column::Start => "start",
            Column::Stop => "stop",
            Column::Count => "count",
            Column::Completed => "completed",
        }
    }

    fn opens_descending(self) -> bool {
        matches!(self, Column::Task | Column::Start | Column::Count | Column::Completed)
    }
}

impl Column {
    /// The seed document's name of the column.
    pub fn label(self) -> &'static str {
        match self {
            Column::Task => "Task",
            Column::Operator => "Operator",
            Column::EmailedTo => "Emailed to",
            Column::Start => "Start Date",
            Column::Stop => "Stop Date",
            Column::Count => "Count",
            Column::Completed => "Completed",
        }
    }
}

/// What the list is sorted by; equal rows go by number, in the same direction.
pub type Order = order::Order<Column>;

/// What is asked of the list.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The view.
    pub view: View,
    /// A task number, or the beginning of an operator's UserID or of an email address; as a key.
    pub q: String,
    /// The operator who made it; as a key, empty for any.
    pub operator: String,
    /// The kind of token.
    pub authentication_type: Option<AuthenticationType>,
    /// How far off the Stop Date is.
    pub stop: Option<StopWithin>,
    /// The order.
    pub order: Order,
    /// The operator who asks, as a key: for [`View::Mine`].
    pub me: String,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// The task, with counts as far as the scope goes.
    pub task: Task,
    /// Users by status.
    pub progress: Progress,
    /// The newest email to someone who has yet to enroll was deferred or failed.
    pub mail_trouble: bool,
}

/// The columns of the list as a file.
pub const FILE_COLUMNS: [&str; 11] = [
    "Task", "Operator", "Emailed to", "Description", "Authentication Type", "Start Date", "Stop Date", "Count",
    "Completed", "Locked", "Expired",
];

impl Row {
    /// The line of the file.
    pub fn cells(&self) -> [String; 11] {
        let (task, progress) = (&self.task, &self.progress);
        [
            task.id.to_string(),
            task.operator.clone(),
            task.emailed_to_words(),
            task.description.clone(),
            task.authentication_type.label().to_owned(),
            task.start_on.to_string(),
            task.stop_on().to_string(),
            task.counts.users.to_string(),
            progress.completed.to_string(),
            progress.locked.to_string(),
            progress.expired.to_string(),
        ]
    }
}

impl Query {
    /// True if it asks for some of the open tasks.
    pub fn narrows(&self) -> bool {
        let by = self.authentication_type.is_some() || self.stop.is_some();
        by || self.view != View::Open || !self.q.is_empty() || !self.operator.is_empty()
    }

    /// True if the row is in what is asked for: for rows that were counted live. `key` makes keys of texts.
    pub fn holds(&self, row: &Row, today: NaiveDate, key: impl Fn(&str) -> String) -> bool {
        let task = &row.task;
        let operator = key(&task.operator);
        let viewed = match self.view {
            View::Open => true,
            View::Stopping => (today..=last_soon_day(today)).contains(&task.stop_on()),
            View::Locked => row.progress.locked > 0,
            View::Mail => row.mail_trouble,
            View::Past => task.stop_on() < today,
            View::Mine => operator == self.me,
        };
        let found = self.q.is_empty()
            || self.q == task.id.to_string()
            || operator.starts_with(&self.q)
            || key(&task.emailed_to).starts_with(&self.q);
        let by = self.operator.is_empty() || operator == self.operator;
        let stops = self.stop.is_none_or(|within| {
            let (from, to) = within.days(today);
            (from..=to).contains(&task.stop_on())
        });
        viewed && found && by && stops && self.authentication_type.is_none_or(|kind| kind == task.authentication_type)
    }

    /// The order of two rows that were counted live.
    pub fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let (x, y) = (&a.task, &b.task);
        let order = match self.order.column {
            Column::Task => Ordering::Equal,
            Column::Operator => x.operator.to_lowercase().cmp(&y.operator.to_lowercase()),
            Column::EmailedTo => x.emailed_to.to_lowercase().cmp(&y.emailed_to.to_lowercase()),
            Column::Start => x.start_on.cmp(&y.start_on),
            Column::Stop => x.stop_on().cmp(&y.stop_on()),
            Column::Count => x.counts.users.cmp(&y.counts.users),
            Column::Completed => x.counts.used.cmp(&y.counts.used),
        };
        let order = order.then(x.id.cmp(&y.id));
        if self.order.descending { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_opens_with_the_newest_task() {
        assert_eq!(Order::parse(""), Order { column: Column::Task, descending: true });
        assert_eq!(Order::parse("-task").code(), "");
        assert_eq!(Order::parse("task").code(), "task");
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let order = Order::default().clicked(Column::Stop);
        assert_eq!(order.code(), "stop");
        assert_eq!(order.clicked(Column::Stop).code(), "-stop");
        assert_eq!(order.clicked(Column::Count).code(), "-count");
    }

    #[test]
    fn views_read_back_from_their_words() {
        for view in View::ALL {
            assert_eq!(View::from_code(view.code()), view);
        }
        assert_eq!(View::from_code("nonsense"), View::Open);
    }
}
