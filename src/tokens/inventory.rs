//! What tokens are searched by: the query string of the Tokens page.

use url::form_urlencoded;

use crate::{
    order,
    tokens::{AuthenticationType, TokenState},
};

/// The longest text that is searched for, in characters.
const LONGEST: usize = 100;

/// A search; empty texts do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The beginning of a serial number.
    pub q: String,
    /// One state.
    pub state: Option<TokenState>,
    /// One type.
    pub kind: Option<AuthenticationType>,
    /// The name of a container.
    pub container: String,
    /// The beginning of the User ID of who has it.
    pub user: String,
    /// The order.
    pub order: Order,
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Serial number.
    Serial,
    /// When it was added.
    Added,
}

impl order::Column for Column {
    const ALL: &'static [Self] = &[Column::Serial, Column::Added];

    fn code(self) -> &'static str {
        match self {
            Column::Serial => "serial",
            Column::Added => "added",
        }
    }
}

/// The order of the list.
pub type Order = order::Order<Column>;

impl Search {
    /// Reads a query string; what it does not know it leaves out.
    pub fn parse(query: &str) -> Self {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut search = Search::default();
        for (name, value) in pairs {
            // PostgreSQL refuses the first of the control characters.
            let text = crate::text::searchable(&value, LONGEST);
            match name.as_str() {
                "q" => search.q = text,
                "state" => search.state = TokenState::from_code(&text),
                "type" => search.kind = AuthenticationType::from_code(&text),
                "container" => search.container = text,
                "user" => search.user = text,
                "sort" => search.order = Order::parse(&text),
                _ => {}
            }
        }
        search
    }

    /// The names and values of its query string.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("q", self.q.clone()),
            ("state", self.state.map(TokenState::code).unwrap_or_default().to_owned()),
            ("type", self.kind.map(AuthenticationType::code).unwrap_or_default().to_owned()),
            ("container", self.container.clone()),
            ("user", self.user.clone()),
            ("sort", self.order.code()),
        ];
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// True if it finds everything.
    pub fn is_open(&self) -> bool {
        *self == Search { order: self.order, ..Search::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_reads_back_from_its_query_string() {
        let search = Search {
            q: "FT 1".into(),
            state: Some(TokenState::Lost),
            kind: Some(AuthenticationType::HardwareToken),
            container: "Sales & so".into(),
            user: "t.".into(),
            order: Order::parse("-added"),
        };
        assert_eq!(
            Search::parse(&form_urlencoded::Serializer::new(String::new()).extend_pairs(search.pairs()).finish()),
            search
        );
        assert_eq!(Search::parse("state=Asleep&type=&sort=drop&page=3&q=%00"), Search::default());
    }
}
