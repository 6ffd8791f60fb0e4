//! What the lists share: what their address asks for, tabs, heads that sort, choices of a filter, filters in force.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::{
    order::{Column, Order},
    web::{Fault, Fields, Links, Paging, paging::SIZES},
};

/// The query string of a list: search, filters, sort and page, so that every view can be linked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// All of it.
    pub fields: Fields,
    /// The page.
    pub paging: Paging,
}

impl Asked {
    /// As a form tells it that was sent from the list.
    pub fn of(fields: Fields) -> Self {
        Asked { paging: Paging::parse(&fields.text("page"), &fields.text("size")), fields }
    }

    /// What is asked for in `name`, without outer spaces; empty if nothing is.
    pub fn text(&self, name: &str) -> String {
        self.fields.text(name)
    }

    /// The rows a page; empty for as many as usual, which are not worth a word in the address.
    pub fn size(&self) -> String {
        if self.paging.size == SIZES[0] { String::new() } else { self.paging.size.to_string() }
    }

    /// The page; empty for the first.
    pub fn page(&self) -> String {
        self.paging.code()
    }

    /// The address of the list at `base` with what `pairs` narrow it to, and the rows a page.
    pub fn links(&self, base: impl Into<String>, pairs: Vec<(&str, String)>) -> Links {
        Links::new(base, pairs).and(vec![("size", self.size())])
    }
}

impl FromRequest for Asked {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Asked::of(Fields::parse(http.query_string()))))
    }
}

/// A view above a list.
pub struct Tab {
    /// The words.
    pub words: &'static str,
    /// How many rows it has.
    pub count: String,
    /// The address.
    pub href: String,
    /// True for the present one.
    pub current: bool,
}

/// The head of a column that sorts.
pub struct Head {
    /// The words.
    pub label: &'static str,
    /// Where a click leads.
    pub href: String,
    /// For `aria-sort`.
    pub order: &'static str,
}

impl Head {
    /// The head of `column` in a list that is sorted by `order`.
    pub fn new<C: Column>(label: &'static str, links: &Links, order: Order<C>, column: C) -> Self {
        Head { label, href: links.with("sort", &order.clicked(column).code()), order: order.aria(column) }
    }
}

/// A choice of a filter.
pub struct Choice {
    /// The value in the address.
    pub value: String,
    /// The words.
    pub words: String,
    /// True if it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// One of them.
    pub fn new(value: impl Into<String>, words: impl Into<String>, chosen: bool) -> Self {
        Choice { value: value.into(), words: words.into(), chosen }
    }
}

/// The filters in force, each with the address of the view without it; what is empty is not in force.
pub fn chips<const N: usize>(links: &Links, filters: [(&str, String); N]) -> Vec<(String, String)> {
    let in_force = filters.into_iter().filter(|(_, words)| !words.is_empty());
    in_force.map(|(name, words)| (words, links.with(name, ""))).collect()
}

/// "“berg”": what was looked for, as a filter in force says it; empty if nothing was.
pub fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("“{text}”") }
}

/// What is before `value` and the value; empty if there is none.
pub fn prefixed(before: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{before}{value}") }
}
