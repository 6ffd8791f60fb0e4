//! The order of a list as its address says it: `stop` or, from the end, `-stop`.

/// The columns that a list can be sorted by.
pub trait Column: Copy + PartialEq + 'static {
    /// All of them, the usual one first.
    const ALL: &'static [Self];

    /// The word in the address.
    fn code(self) -> &'static str;

    /// True if the first click sorts from the end: newest and largest first.
    fn opens_descending(self) -> bool {
        false
    }

    /// True if what the address says without a minus is from the end.
    fn is_reversed(self) -> bool {
        false
    }
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<C> {
    /// By what.
    pub column: C,
    /// With a minus in the address.
    pub descending: bool,
}

impl<C: Column> Default for Order<C> {
    fn default() -> Self {
        Order { column: C::ALL[0], descending: C::ALL[0].opens_descending() }
    }
}

impl<C: Column> Order<C> {
    /// Reads the word of an address; what is no column is the usual order.
    pub fn parse(word: &str) -> Self {
        let (descending, name) = word.strip_prefix('-').map_or((false, word), |name| (true, name));
        let column = C::ALL.iter().copied().find(|column| column.code() == name);
        column.map_or_else(Order::default, |column| Order { column, descending })
    }

    /// The word in the address; empty for the usual order.
    pub fn code(self) -> String {
        match (self == Order::default(), self.descending) {
            (true, _) => String::new(),
            (_, true) => format!("-{}", self.column.code()),
            (_, false) => self.column.code().to_owned(),
        }
    }

    /// The order that a click on the head of `column` asks for: the other way round if it is the present one.
    pub fn clicked(self, column: C) -> Self {
        let descending = if self.column == column { !self.descending } else { column.opens_descending() };
        Order { column, descending }
    }

    /// For `aria-sort`: "ascending", "descending" or nothing.
    pub fn aria(self, column: C) -> &'static str {
        match (self.column == column, self.descending == column.is_reversed()) {
            (false, _) => "",
            (true, true) => "ascending",
            (true, false) => "descending",
        }
    }
}
