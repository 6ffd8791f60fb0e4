//! Addresses of lists: search, filters, sort and page stay in the query string, so that every view can be linked.

use crate::web::segment;

/// A list's address with its query; each `with` is a new address, the page falling back to the first.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
    pairs: Vec<(String, String)>,
}

impl Links {
    /// The address `base` with `pairs`; empty values are left out.
    pub fn new(base: impl Into<String>, pairs: Vec<(&str, String)>) -> Self {
        let pairs = pairs.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v)).collect();
        Links { base: base.into(), pairs }
    }

    /// The same view with `name` set to `value`; an empty value takes it out.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut pairs: Vec<(&str, &str)> = self
            .pairs
            .iter()
            .filter(|(k, _)| k != name && k != "page")
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        if !value.is_empty() {
            pairs.push((name, value));
        }
        address(&self.base, &pairs)
    }

    /// The same address with more in its query; empty values are left out.
    pub fn and(mut self, pairs: Vec<(&str, String)>) -> Self {
        self.pairs.extend(pairs.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v)));
        self
    }

    /// The view as it is.
    pub fn here(&self) -> String {
        let pairs: Vec<(&str, &str)> = self.pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        address(&self.base, &pairs)
    }

    /// The query alone, for a hidden field that keeps a filter.
    pub fn query(&self) -> String {
        self.here().split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
    }
}

fn address(base: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = base.to_owned();
    for (n, (name, value)) in pairs.iter().enumerate() {
        address.push(if n == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        address.push_str(&segment(value));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_filter_starts_at_the_first_page_and_keeps_the_rest() {
        let links = Links::new("/users", vec![("q", "an & so".into()), ("sort", String::new()), ("page", "3".into())]);
        assert_eq!(links.here(), "/users?q=an%20%26%20so&page=3");
        assert_eq!(links.with("state", "disabled"), "/users?q=an%20%26%20so&state=disabled");
        assert_eq!(links.with("page", "4"), "/users?q=an%20%26%20so&page=4");
        assert_eq!(links.with("q", ""), "/users");
    }
}
