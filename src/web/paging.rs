//! Pages of a list.

use crate::{
    db::{Begin, Span, Total, total::CAP},
    english::counted_as,
    error::Result,
    web::Links,
};

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
    /// The row that it begins at, where rows are not counted any more.
    pub at: Option<Begin>,
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
        Paging { page: page.unwrap_or(1).clamp(1, i64::MAX / 1_000), size, at: None }
    }

    /// The same, from the texts of the query: a page is a number, `after-42`, `before-42` or `end`.
    pub fn parse(page: &str, size: &str) -> Self {
        let row = |word: &str| page.strip_prefix(word)?.parse().ok().filter(|id| *id > 0);
        let at = match page {
            "end" => Some(Begin::End),
            _ => row("after-").map(Begin::After).or_else(|| row("before-").map(Begin::Before)),
        };
        Paging { at, ..Paging::new(page.parse().ok(), size.parse().ok()) }
    }

    /// The page as the query says it; empty for the first.
    pub fn code(self) -> String {
        match self.at {
            Some(Begin::After(id)) => format!("after-{id}"),
            Some(Begin::Before(id)) => format!("before-{id}"),
            Some(Begin::End) => "end".into(),
            Some(Begin::Row(_)) | None if self.page == 1 => String::new(),
            Some(Begin::Row(_)) | None => self.page.to_string(),
        }
    }

    /// Reads a page of a list whose rows are counted up to the cap; `id` is the number of a row. What is no page of it is
    /// the first: one with a number beyond the cap, which would be counted up to, and one that begins at a row that is not there.
    pub fn read<T>(
        self,
        id: impl Fn(&T) -> i64,
        mut read: impl FnMut(Span) -> Result<Vec<T>>,
    ) -> Result<(Vec<T>, Stretch)> {
        let first = Paging { page: 1, at: None, ..self };
        let mut paging = if self.at.is_none() && self.offset() >= CAP { first } else { self };
        let mut rows = Vec::new();
        let mut beyond = false;
        if let Some(begin) = paging.at {
            // One row more tells whether the list goes on.
            let span = Span { begin, limit: paging.size + 1 };
            rows = read(span)?;
            beyond = i64::try_from(rows.len()).is_ok_and(|count| count > paging.size);
            if beyond && span.backwards() {
                rows.remove(0);
            } else if beyond {
                rows.pop();
            } else if rows.is_empty() || span.backwards() {
                paging = first;
            }
        }
        if paging.at.is_none() {
            rows = read((paging.offset(), paging.size).into())?;
        }
        let (before, after) = match paging.at {
            Some(Begin::After(_)) => (true, beyond),
            Some(Begin::Before(_)) => (beyond, true),
            _ => (true, false),
        };
        let stretch = Stretch {
            paging,
            shown: rows.len(),
            first: rows.first().map(&id).filter(|_| before),
            last: rows.last().map(&id).filter(|_| after || paging.at.is_none()),
        };
        Ok((rows, stretch))
    }

    /// Rows before this page.
    pub fn offset(self) -> i64 {
        (self.page - 1) * self.size
    }
}

/// The rows of a page that was read, between those before and those after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The page as it was read.
    pub paging: Paging,
    /// Rows on it.
    pub shown: usize,
    /// The number of its first row, if it begins at a row and others are before it.
    first: Option<i64>,
    /// The number of its last row, if others may be after it.
    last: Option<i64>,
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
    /// The first page, where pages have no numbers.
    pub begin: Option<String>,
    /// The last page, where pages have no numbers or those with numbers are not all.
    pub end: Option<String>,
}

impl Pager {
    /// How many match, in a sentence: "342", "more than 1,000".
    pub fn words(&self) -> String {
        Total { rows: self.total, more: self.more }.words()
    }

    /// Rows on this page.
    pub fn shown(&self) -> i64 {
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
            begin: None,
            end: None,
        }
    }

    /// The line for a stretch out of `total`: numbered pages as far as rows are counted, and from row to row beyond.
    pub fn of(stretch: Stretch, total: Total, links: &Links) -> Self {
        let Stretch { paging, shown, first, last } = stretch;
        let to = |begin: Begin| links.with("page", &Paging { at: Some(begin), ..paging }.code());
        // What was counted has numbered pages; the next one begins at a row.
        let mut pager = Pager::new(Paging { at: None, ..paging }, shown, Total { more: false, ..total }, links);
        pager.more = total.more;
        if paging.at.is_some() {
            pager.first = i64::from(shown > 0);
            pager.last = i64::try_from(shown).unwrap_or(i64::MAX);
            pager.pages.clear();
            pager.begin = Some(links.with("page", ""));
            pager.prev = first.map(|id| to(Begin::Before(id)));
            pager.next = last.map(|id| to(Begin::After(id)));
            pager.end = pager.next.as_ref().map(|_| to(Begin::End));
        } else if total.more {
            let counted = paging.offset() + paging.size < CAP;
            pager.next = pager.next.filter(|_| counted).or_else(|| last.map(|id| to(Begin::After(id))));
            pager.end = Some(to(Begin::End));
        }
        pager
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_page_is_the_first() {
        assert_eq!(Paging::new(Some(-3), Some(7)), Paging { page: 1, size: 18, at: None });
        for text in ["after-", "after-x", "before--1", "after-1; DROP", "ende", "99999999999999999999"] {
            assert_eq!(Paging::parse(text, ""), Paging::default(), "{text}");
        }
        assert_eq!(Paging::new(Some(2), Some(50)).offset(), 50);
    }

    #[test]
    fn the_pager_names_rows_and_neighbors() {
        let links = Links::new("/tasks", vec![]);
        let pager = Pager::new(Paging::new(Some(2), Some(18)), 18, 37, &links);
        assert_eq!((pager.first, pager.last, pager.total), (19, 36, 37));
        assert_eq!(pager.prev.as_deref(), Some("/tasks"));
        assert_eq!(pager.next.as_deref(), Some("/tasks?page=3"));
        assert_eq!(pager.pages.len(), 3);
    }

    #[test]
    fn pages_go_on_beyond_what_was_counted() {
        let links = Links::new("/tasks", vec![]);
        let total = Total { rows: 1_000, more: true };
        let pager = |page, shown| Pager::new(Paging::new(Some(page), Some(100)), shown, total, &links);
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
        let pager = Pager::new(Paging::new(Some(50), Some(100)), 100, 1_000_000, &links);
        let labels: Vec<&str> = pager.pages.iter().map(|page| page.label.as_str()).collect();
        assert_eq!(labels, ["1", "…", "48", "49", "50", "51", "52", "…", "10000"]);
    }

    /// The rows of a list of so many, numbered from 1 up.
    fn span(all: i64, span: Span) -> Vec<i64> {
        let within = |id: &i64| match span.begin {
            Begin::After(row) => *id > row && row <= all,
            Begin::Before(row) => *id < row && row <= all,
            Begin::Row(_) | Begin::End => true,
        };
        let mut rows: Vec<i64> = (1..=all).filter(within).collect();
        if span.backwards() {
            rows.reverse();
        }
        let (skip, take) = (usize::try_from(span.offset()).unwrap(), usize::try_from(span.limit).unwrap());
        span.in_order(rows.into_iter().skip(skip).take(take).collect())
    }

    #[test]
    fn beyond_what_was_counted_each_page_leads_to_the_next_and_back() {
        let links = Links::new("/tasks", vec![]);
        let total = Total { rows: CAP, more: true };
        let (mut seen, mut page) = (Vec::new(), "10".to_owned());
        let read = |page: &str| {
            let (rows, stretch) = Paging::parse(page, "100").read(|id| *id, |wanted| Ok(span(1_250, wanted))).unwrap();
            (rows, Pager::of(stretch, total, &links))
        };
        loop {
            let (rows, pager) = read(&page);
            seen.extend(rows);
            let Some(next) = pager.next else { break };
            page = next.rsplit_once('=').unwrap().1.to_owned();
        }
        assert_eq!(seen, (901..=1_250).collect::<Vec<_>>());
        assert_eq!(page, "after-1200");
        let (rows, pager) = read("end");
        assert_eq!((rows.first(), rows.len(), pager.next, pager.end), (Some(&1_151), 100, None, None));
        assert_eq!((pager.begin.as_deref(), pager.prev.as_deref()), (Some("/tasks"), Some("/tasks?page=before-1151")));
        let (rows, pager) = read("before-1151");
        assert_eq!((rows.first(), pager.next.as_deref()), (Some(&1_051), Some("/tasks?page=after-1150")));
        // What begins before the first row is the first page, and so is what is no page.
        for page in ["before-100", "after-1250", "after-9999", "before-9999", "11", "900000"] {
            let (rows, pager) = read(page);
            assert_eq!((rows.first(), rows.len(), pager.pages.len()), (Some(&1), 100, 5), "{page}");
        }
    }
}
