//! What an operator alert tells: things that happened, with links to the console. There is nothing secret in it.

use serde::{Deserialize, Serialize};

use super::one_line;

/// The facts of an operator alert, as words; its paths begin at the site of the console.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alert {
    /// "3 expired enrollments and 1 lock-out".
    pub sum: String,
    /// It is the digest of a day, not told at once.
    pub digest: bool,
    /// The UserID of the operator.
    pub operator: String,
    /// The name of their role.
    pub role: String,
    /// Up to when it tells, with time zone.
    pub until: String,
    /// What happened, by kind.
    pub groups: Vec<Group>,
}

/// Things of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// "3 expired enrollments".
    pub heading: String,
    /// The first ones.
    pub lines: Vec<Line>,
    /// How many more there are.
    pub more: i64,
    /// The list that holds them.
    pub list: String,
}

/// One thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// Whom or what it is about.
    pub what: String,
    /// What happened.
    pub detail: String,
    /// The page of it.
    pub path: String,
}

impl Alert {
    /// As it stands in a letter: each text on one line, each path a whole address.
    pub(super) fn written(&self, site: &str) -> Self {
        let line = |line: &Line| Line {
            what: one_line(&line.what),
            detail: one_line(&line.detail),
            path: format!("{site}{}", one_line(&line.path)),
        };
        let group = |group: &Group| Group {
            heading: one_line(&group.heading),
            lines: group.lines.iter().map(line).collect(),
            more: group.more,
            list: format!("{site}{}", one_line(&group.list)),
        };
        Alert {
            sum: one_line(&self.sum),
            digest: self.digest,
            operator: one_line(&self.operator),
            role: one_line(&self.role),
            until: one_line(&self.until),
            groups: self.groups.iter().map(group).collect(),
        }
    }
}
