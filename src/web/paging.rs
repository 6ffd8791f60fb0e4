//! Pages of a list.

use crate::{db::Total, english::counted_as, web::Links};

/// Rows a page that may be chosen; the first is what a page opens with.
pub const SIZES: [i64; 3] = [18, 50, 100];

/// Numbered pages shown around the current one.
const AROUND: i64 = 2;

/// Which rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The page, from 1.
    pub page: i64,
    /// Rows a page.
    pub size: i64,
}

impl Default for Paging {
    fn default() -> Self {
        Paging::new(None, None)
    }
}

impl Paging {
    /// From the query's `page` and `size`; what is not a page becomes the first, what is no offered size the usual.
    pub fn new(page: Option<i64>, size: Option<i64>) -> Self {
        let size = size.filter(|size| SIZES.contains(size)).unwrap_or(SIZES[0]);
        Paging { page: page.unwrap_or(1).clamp(1, i64::MAX / 1_000), size }
    }

    /// Rows before this page.
    pub fn offset(self) -> i64 {
        (self.page - 1) * self.size
    }
}

/// A number of rows a page that may be chosen.
#[derive(Clone, Debug)]
pub struct SizeLink {
    /// Rows.
    pub rows: i64,
    /// The address of the view with so many.
    pub href: String,
    /// True for the present one.
    pub current: bool,
}

/// A numbered page.
#[derive(Clone, Debug)]
pub struct PageLink {
    /// Its number; "…" for a gap.
    pub label: String,
    /// Its address; empty for a gap.
    pub href: String,
    /// True for the present one.
    pub current: bool,
}

/// The line under a table: which rows, how many, and the ways to the others (`templates/parts/pager.html`).
#[derive(Clone, Debug)]
pub struct Pager {
    /// The number of the first row shown; 0 if there is none.
    pub first: i64,
    /// The number of the last row shown.
    pub last: i64,
    /// Rows that match, as far as they were counted.
    pub total: i64,
    /// True if more match than were counted.
    pub more: bool,
    /// What else there is to know about the rows; may be empty.
    pub note: String,
    /// Rows a page that may be chosen; empty where the list fits the smallest.
    pub sizes: Vec<SizeLink>,
    /// The page before.
    pub prev: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// Numbered pages around the present one, with the first and the last.
    pub pages: Vec<PageLink>,
}

impl Pager {
    /// How many match, in a sentence: "342", "more than 1,000".
    pub fn words(&self) -> String {
        Total { rows: self.total, more: self.more }.words()
    }

    /// Rows on this page.
    fn shown(&self) -> i64 {
        if self.last == 0 { 0 } else { self.last - self.first + 1 }
    }

    /// True if more rows match than are on this page.
    pub fn goes_on(&self) -> bool {
        self.more || self.total > self.shown()
    }

    /// "All 342", or "All" of more than are counted.
    pub fn all(&self) -> String {
        if self.more { "All".into() } else { format!("All {}", self.words()) }
    }

    /// "342 tasks selected", or "All matching tasks selected" of more than are counted.
    pub fn selected(&self, one: &str, many: &str) -> String {
        if self.more {
            format!("All matching {many} selected")
        } else {
            format!("{} selected", counted_as(self.total, one, many))
        }
    }

    /// The line for `shown` rows out of `total`.
    pub fn new(paging: Paging, shown: usize, total: impl Into<Total>, links: &Links) -> Self {
        let Total { rows: total, more } = total.into();
        let shown = i64::try_from(shown).unwrap_or(i64::MAX);
        let counted = total.div_euclid(paging.size) + i64::from(total % paging.size > 0);
        // Beyond what was counted one page leads to the next, as long as they are full.
        let goes_on = more && shown == paging.size;
        let last_page = if more { counted.max(paging.page) } else { counted };
        let to = |page: i64| if page == 1 { links.with("page", "") } else { links.with("page", &page.to_string()) };
        let around = (paging.page - AROUND).max(1)..=(paging.page + AROUND).min(last_page);
        let mut numbers: Vec<i64> = std::iter::once(1).chain(around).chain(std::iter::once(last_page)).collect();
        numbers.retain(|page| (1..=last_page).contains(page));
        numbers.sort_unstable();
        numbers.dedup();
        let mut pages = Vec::with_capacity(numbers.len() + 2);
        let mut before = 0;
        for page in numbers {
            if page > before + 1 {
                pages.push(PageLink { label: "…".into(), href: String::new(), current: false });
            }
            pages.push(PageLink { label: page.to_string(), href: to(page), current: page == paging.page });
            before = page;
        }
        let size_link = |size: &i64| {
            let value = if *size == SIZES[0] { String::new() } else { size.to_string() };
            SizeLink { rows: *size, href: links.with("size", &value), current: *size == paging.size }
        };
        Pager {
            first: if shown == 0 { 0 } else { paging.offset() + 1 },
            last: if shown == 0 { 0 } else { paging.offset() + shown },
            total,
            more,
            note: String::new(),
            sizes: if total > SIZES[0] { SIZES.iter().map(size_link).collect() } else { Vec::new() },
            prev: (paging.page > 1).then(|| to((paging.page - 1).min(last_page.max(1)))),
            next: (paging.page < last_page || goes_on).then(|| to(paging.page + 1)),
            pages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_page_is_the_first() {
        assert_eq!(Paging::new(Some(-3), Some(7)), Paging { page: 1, size: 18 });
        assert_eq!(Paging::new(Some(2), Some(50)).offset(), 50);
    }

    #[test]
    fn the_pager_names_rows_and_neighbors() {
        let links = Links::new("/tasks", vec![]);
        let pager = Pager::new(Paging { page: 2, size: 18 }, 18, 37, &links);
        assert_eq!((pager.first, pager.last, pager.total), (19, 36, 37));
        assert_eq!(pager.prev.as_deref(), Some("/tasks"));
        assert_eq!(pager.next.as_deref(), Some("/tasks?page=3"));
        assert_eq!(pager.pages.len(), 3);
    }

    #[test]
    fn pages_go_on_beyond_what_was_counted() {
        let links = Links::new("/tasks", vec![]);
        let total = Total { rows: 1_000, more: true };
        let pager = |page, shown| Pager::new(Paging { page, size: 100 }, shown, total, &links);
        let labels = |pager: &Pager| pager.pages.iter().map(|page| page.label.clone()).collect::<Vec<_>>().join(" ");
        let inside = pager(10, 100);
        assert_eq!((labels(&inside).as_str(), inside.next.as_deref()), ("1 … 8 9 10", Some("/tasks?page=11")));
        let beyond = pager(14, 100);
        assert_eq!((labels(&beyond).as_str(), beyond.next.as_deref()), ("1 … 12 13 14", Some("/tasks?page=15")));
        assert_eq!((beyond.words().as_str(), beyond.first, beyond.last), ("more than 1,000", 1_301, 1_400));
        assert_eq!(pager(15, 7).next, None);
    }

    #[test]
    fn many_pages_are_shown_with_gaps() {
        let links = Links::new("/tasks", vec![]);
        let pager = Pager::new(Paging { page: 50, size: 100 }, 100, 1_000_000, &links);
        let labels: Vec<&str> = pager.pages.iter().map(|page| page.label.as_str()).collect();
        assert_eq!(labels, ["1", "…", "48", "49", "50", "51", "52", "…", "10000"]);
    }
}
