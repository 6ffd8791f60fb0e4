//! Users whom a page names before something is done to them: each can be read, some at a time.

use crate::{english::number, web::Fields};

/// Up to so many stand there at once; more are folded until they are asked for.
const OPEN: usize = 10;

/// Users a page of the fold: what can be looked over without losing the line.
const A_PAGE: usize = 50;

/// A user in such a list.
pub struct Person {
    /// The User ID.
    pub user_id: String,
    /// First and last name.
    pub name: String,
    /// The task, where there is more than one.
    pub task: String,
    /// The word of the status.
    pub status: &'static str,
    /// What stands beside it, such as " becomes Active".
    pub becomes: &'static str,
    /// The Stop Date now.
    pub stop_on: String,
    /// What it changes by: "+6 days"; or why the user is left out.
    pub change: String,
}

/// The list as the page draws it.
pub struct People {
    /// The name of the field that asks for a page of it, and of where it stands on the page.
    pub field: &'static str,
    /// How many there are.
    pub total: usize,
    /// It was asked for, or is short enough to stand open.
    pub open: bool,
    /// The number of the first one shown.
    pub first: usize,
    /// Those shown.
    pub rows: Vec<Person>,
    /// The page shown, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

impl People {
    /// The page of `list` that `form` asks for in `field`.
    pub fn new<T>(field: &'static str, list: &[T], form: &Fields, person: impl Fn(&T) -> Person) -> Self {
        let rows = |skipped, most| Ok(list.iter().skip(skipped).take(most).map(person).collect());
        let Ok(people) = People::read::<std::convert::Infallible>(field, list.len(), form, rows);
        people
    }

    /// The page of a list of `total` that `form` asks for in `field`, and what is to be read for it: `read` is given how many
    /// are skipped and how many are read at most.
    pub fn read<E>(
        field: &'static str,
        total: usize,
        form: &Fields,
        read: impl FnOnce(usize, usize) -> Result<Vec<Person>, E>,
    ) -> Result<Self, E> {
        let pages = total.div_ceil(A_PAGE).max(1);
        let page = form.text(field).parse().unwrap_or(1).clamp(1, pages);
        let skipped = (page - 1) * A_PAGE;
        let open = total <= OPEN || form.ticked(field);
        Ok(People { field, total, open, first: skipped + 1, rows: read(skipped, A_PAGE)?, page, pages })
    }

    /// Which of them are shown: "Rows 1 to 50 of 40,000".
    pub fn span(&self) -> String {
        format!("Rows {} to {} of {}", number(self.first), number(self.last()), number(self.total))
    }

    /// The number of the last one shown.
    fn last(&self) -> usize {
        self.first + self.rows.len() - 1
    }

    /// Pages to go to: their numbers and words; the present one is not among them.
    pub fn ways(&self) -> Vec<(usize, &'static str)> {
        let all = [(1, "First"), (self.page - 1, "Previous"), (self.page + 1, "Next"), (self.pages, "Last")];
        let leads = |(page, word): &(usize, &str)| match *word {
            "First" => self.page > 2,
            "Last" => self.page + 1 < self.pages,
            _ => (1..=self.pages).contains(page),
        };
        all.into_iter().filter(leads).collect()
    }
}

/// The fields that ask for a page: they carry nothing out.
pub const CHOSEN: &str = "chosen_page";
/// As [`CHOSEN`], of those who are left out.
pub const LEFT: &str = "left_page";

/// True if a page of a list was asked for, and nothing is to be done.
pub fn is_reading(form: &Fields) -> bool {
    form.ticked(CHOSEN) || form.ticked(LEFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(many: usize, asked: &str) -> People {
        let numbers: Vec<usize> = (1..=many).collect();
        let person = |number: &usize| Person {
            user_id: number.to_string(),
            name: String::new(),
            task: String::new(),
            status: "Active",
            becomes: "",
            stop_on: String::new(),
            change: String::new(),
        };
        People::new(CHOSEN, &numbers, &Fields::parse(asked), person)
    }

    #[test]
    fn everybody_can_be_read_page_by_page() {
        let mut seen = Vec::new();
        let (mut page, mut asked) = (list(172, ""), 1);
        assert!(!page.open);
        loop {
            seen.extend(page.rows.iter().map(|row| row.user_id.parse::<usize>().unwrap()));
            assert_eq!((page.first, page.last()), (seen.len() + 1 - page.rows.len(), seen.len()));
            let Some((next, _)) = page.ways().into_iter().find(|(_, word)| *word == "Next") else { break };
            asked += 1;
            assert_eq!(next, asked);
            page = list(172, &format!("chosen_page={next}"));
            assert!(page.open);
        }
        assert_eq!(seen, (1..=172).collect::<Vec<_>>());
    }

    #[test]
    fn a_short_list_stands_open_and_a_page_beyond_the_end_is_the_last() {
        assert!(list(10, "").open && !list(11, "").open);
        assert_eq!(list(60, "chosen_page=99").rows.len(), 10);
        assert_eq!(list(0, "").rows.len(), 0);
    }
}
