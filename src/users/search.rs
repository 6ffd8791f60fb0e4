//! What users are searched by: the query string of Assignment, and the filter that Provision keeps.

use url::form_urlencoded;

use crate::order;

/// A search; every field is as it was typed, without outer spaces, and empty if it does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words of names, User ID, email or Custom 1 to 3, each from its beginning, or the end of a telephone number.
    pub q: String,
    /// User ID, with `*` as the wildcard.
    pub user_id: String,
    /// Last name, with `*` as the wildcard.
    pub last_name: String,
    /// Email, with `*` as the wildcard.
    pub email: String,
    /// The name of a container.
    pub container: String,
    /// Whether the user has an active token.
    pub auth_method: AuthMethod,
    /// Whether the account is enabled.
    pub state: State,
}

/// Whether a user has an active token, and of which type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AuthMethod {
    /// It does not matter.
    #[default]
    Any,
    /// None at all.
    None,
    /// One of the type of this word (`tokens::AuthenticationType::code`).
    Type(String),
}

/// Whether the account is enabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Enabled: what a search finds unless it says otherwise.
    #[default]
    Enabled,
    /// Disabled.
    Disabled,
    /// Both.
    Any,
}

impl State {
    /// The word in the query string.
    pub fn code(self) -> &'static str {
        match self {
            State::Enabled => "enabled",
            State::Disabled => "disabled",
            State::Any => "any",
        }
    }
}

/// The longest text that is searched for, in characters: no column is longer.
const LONGEST: usize = 254;

impl Search {
    /// Reads a query string; what it does not know it leaves out, and the last of equal names counts.
    pub fn parse(query: &str) -> Self {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut search = Search::default();
        for (name, value) in pairs {
            // Control characters are in no name, and PostgreSQL refuses the first of them.
            let text = crate::text::searchable(&value, LONGEST);
            match name.as_str() {
                "q" => search.q = text,
                "user_id" => search.user_id = text,
                "last_name" => search.last_name = text,
                "email" => search.email = text,
                "container" => search.container = text,
                "auth_method" => search.auth_method = AuthMethod::from_code(text),
                "state" => search.state = State::from_code(&text),
                _ => {}
            }
        }
        search
    }

    /// The names and values of a query string, without what does not matter.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let state = if self.state == State::Enabled { "" } else { self.state.code() };
        let mut pairs = vec![
            ("q", self.q.clone()),
            ("user_id", self.user_id.clone()),
            ("last_name", self.last_name.clone()),
            ("email", self.email.clone()),
            ("container", self.container.clone()),
            ("auth_method", self.auth_method.code().to_owned()),
            ("state", state.to_owned()),
        ];
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// True if it asks for more than enabled, disabled or all users.
    pub fn narrows(&self) -> bool {
        Search { state: State::default(), ..self.clone() } != Search::default()
    }

    /// The query string that reads back as this search.
    pub fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish()
    }
}

impl AuthMethod {
    fn from_code(word: String) -> Self {
        match word.as_str() {
            "" | "any" => AuthMethod::Any,
            "none" => AuthMethod::None,
            _ => AuthMethod::Type(word),
        }
    }

    /// The word in the query string; empty if it does not matter.
    pub fn code(&self) -> &str {
        match self {
            AuthMethod::Any => "",
            AuthMethod::None => "none",
            AuthMethod::Type(word) => word,
        }
    }
}

impl State {
    fn from_code(word: &str) -> Self {
        [State::Disabled, State::Any].into_iter().find(|state| state.code() == word).unwrap_or_default()
    }
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// User ID.
    UserId,
    /// Last name.
    LastName,
    /// Email.
    Email,
    /// The name of the container.
    Container,
}

impl order::Column for Column {
    const ALL: &'static [Self] = &[Column::UserId, Column::LastName, Column::Email, Column::Container];

    fn code(self) -> &'static str {
        match self {
            Column::UserId => "user_id",
            Column::LastName => "last_name",
            Column::Email => "email",
            Column::Container => "container",
        }
    }
}

/// The order of a list.
pub type Order = order::Order<Column>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_reads_back_from_its_query_string() {
        let search = Search {
            q: "an & so".into(),
            user_id: "50%_*".into(),
            container: "Sales / EMEA".into(),
            auth_method: AuthMethod::Type("hardware-token".into()),
            state: State::Any,
            ..Search::default()
        };
        assert_eq!(Search::parse(&search.to_query()), search);
        assert_eq!(Search::default().to_query(), "");
    }

    #[test]
    fn what_a_search_does_not_know_is_left_out() {
        let search = Search::parse("q=a%00b%0A&page=7&state=asleep&auth_method=&nonsense");
        assert_eq!(search, Search { q: "ab".into(), ..Search::default() });
    }

    #[test]
    fn a_second_click_on_a_column_turns_the_order_round() {
        let by_name = Order::parse("last_name");
        assert_eq!(by_name.clicked(Column::LastName).code(), "-last_name");
        assert_eq!(by_name.clicked(Column::UserId).code(), "");
        assert_eq!(Order::parse("-user_id").code(), "-user_id");
        assert_eq!(Order::parse("drop table"), Order::default());
    }
}
