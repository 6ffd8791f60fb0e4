//! Files that are sent while they are read: one batch is in memory, whatever the length. `List` is a list as its page shows it,
//! filter, order and scope, without its pages.

use std::{
    collections::HashSet,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    web::Bytes,
};

use crate::{
    audit::{self, Entry, Verb},
    db::{AnyConn, Begin, Span, Total, total::CAP},
    desk::Desk,
    error::{Error, Result},
    operators::{Permission, may::Need},
    sheet,
    web::{Answer, Links, Permitted, csv},
};

/// Rows read at once: one more than are counted, so that what is read whole because it is little is one batch.
const BATCH: i64 = CAP + 1;

/// The most rows at the end of a batch that may have left the list before the next is read.
const MOST_GONE: usize = 100;

/// What is written part by part.
pub trait File: Send + Unpin + 'static {
    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// The file is then not whole.
    fn part(&mut self, desk: &Desk) -> Result<Option<Vec<u8>>>;
}

/// The next part, and the file to go on with.
type Work<F> = Pin<Box<dyn Future<Output = Result<(F, Option<Vec<u8>>)>>>>;

/// The body of the answer.
struct Parts<F> {
    desk: Desk,
    work: Work<F>,
}

fn work<F: File>(desk: Desk, mut file: F) -> Work<F> {
    let reading = actix_web::web::block(move || file.part(&desk).map(|part| (file, part)));
    Box::pin(async move {
        reading.await.unwrap_or_else(|_| Err(Error::Internal("the pool of blocking threads is closed".into())))
    })
}

impl<F: File> MessageBody for Parts<F> {
    type Error = Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match ready!(self.work.as_mut().poll(cx)) {
            Ok((file, Some(part))) => {
                self.work = work(self.desk.clone(), file);
                Poll::Ready(Some(Ok(part.into())))
            }
            Ok((_, None)) => Poll::Ready(None),
            // The connection is closed in the middle of a chunk, so that no browser takes the file for whole.
            Err(error) => {
                tracing::error!("a file could not be sent to its end: {error}");
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}

/// Sends `file`, to be saved under this name.
pub fn send(desk: &Desk, name: &str, file: impl File) -> HttpResponse {
    csv(name).body(Parts { desk: desk.clone(), work: work(desk.clone(), file) })
}

/// A row of a list: its number and its cells.
pub type Row = (i64, Vec<String>);

/// Reads the rows of a span of a list.
type Read = Box<dyn FnMut(&mut AnyConn, Span) -> Result<Vec<Row>> + Send>;

/// A list as a file.
pub struct List {
    head: Option<Vec<u8>>,
    read: Read,
    /// The rows of the batch before; empty before the first.
    last: Vec<i64>,
    ended: bool,
}

impl List {
    /// The list with these columns, whose rows `read` finds.
    pub fn new(columns: &[&str], read: impl FnMut(&mut AnyConn, Span) -> Result<Vec<Row>> + Send + 'static) -> Self {
        List { head: Some(sheet::head(columns)), read: Box::new(read), last: Vec::new(), ended: false }
    }
}

impl File for List {
    fn part(&mut self, desk: &Desk) -> Result<Option<Vec<u8>>> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        if self.ended {
            return Ok(None);
        }
        let (read, last) = (&mut self.read, &self.last);
        let rows = desk.db.read(|conn| beyond(last, |span| read(conn, span)))?;
        self.ended = rows.len() < usize::try_from(BATCH).unwrap_or(0);
        self.last = rows.iter().map(|(id, _)| *id).collect();
        let lines: Vec<Vec<u8>> = rows.iter().map(|(_, cells)| sheet::line(cells)).collect();
        Ok((!lines.is_empty()).then(|| lines.concat()))
    }
}

/// The rows after those of the batch before, of which only a full one has any. If the last of it has left the list meanwhile,
/// those after the one before, and so on; none is read twice.
///
/// # Errors
/// `Internal` if more have left it at once than are looked at.
fn beyond(last: &[i64], mut read: impl FnMut(Span) -> Result<Vec<Row>>) -> Result<Vec<Row>> {
    if last.is_empty() {
        return read(Span::from((0, BATCH)));
    }
    for id in last.iter().rev().take(MOST_GONE) {
        let mut rows = read(Span { begin: Begin::After(*id), limit: BATCH })?;
        if !rows.is_empty() {
            let had: HashSet<i64> = last.iter().copied().collect();
            rows.retain(|(id, _)| !had.contains(id));
            return Ok(rows);
        }
        // Nothing is after it: it was the last, or is not in the list any more. The one before it tells.
    }
    Err(Error::Internal("a list changed faster than it was read".into()))
}

/// The address of the file of the list that `links` leads to; empty without the permission.
pub fn address<N: Need>(p: &Permitted<N>, path: &str, links: &Links) -> String {
    if !p.may(Permission::Reports) {
        return String::new();
    }
    address_of(path, links)
}

/// As [`address`], for whoever may take it.
pub fn address_of(path: &str, links: &Links) -> String {
    // A file has no pages.
    let address = links.with("size", "");
    address.split_once('?').map_or_else(|| path.to_owned(), |(_, query)| format!("{path}?{query}"))
}

/// Notes in the audit log who takes `rows` of the list called `name` and what narrows it, and sends it, to be saved as
/// `name` and the day.
pub async fn list<N: Need>(
    p: &Permitted<N>,
    name: &'static str,
    rows: Total,
    filter: &[(&str, String)],
    file: List,
) -> Answer {
    let many = rows.counted_as("row", "rows");
    let narrowed = filter.iter().filter(|(_, value)| !value.is_empty());
    let narrowed: Vec<String> = narrowed.map(|(name, value)| format!("{name}: {value}")).collect();
    p.call(move |desk, who, now| {
        let mut entry = Entry::done(&who.actor, Verb::ReportsDownload, format!("Downloaded {name} as CSV, {many}"));
        if !narrowed.is_empty() {
            entry = entry.fact("Filter", narrowed.join(", "));
        }
        desk.db.write(|conn| audit::record(conn, now, &entry))
    })
    .await?;
    let day = p.desk.settings.zone.today(p.now);
    Ok(send(&p.desk, &format!("{}-{day}.csv", name.to_lowercase().replace(' ', "-")), file))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a list of these numbers to its end as a file does, doing `between` to it after each batch.
    fn read_to_the_end(list: &mut Vec<i64>, mut between: impl FnMut(&mut Vec<i64>)) -> Result<Vec<i64>> {
        let (mut last, mut all) = (Vec::new(), Vec::new());
        loop {
            let rows = beyond(&last, |span| {
                let most = usize::try_from(span.limit).unwrap();
                let from = match span.begin {
                    Begin::After(id) => list.iter().position(|one| *one == id).map_or(list.len(), |at| at + 1),
                    _ => 0,
                };
                Ok(list[from..].iter().take(most).map(|id| (*id, Vec::new())).collect())
            })?;
            all.extend(rows.iter().map(|(id, _)| *id));
            if rows.len() < usize::try_from(BATCH).unwrap() {
                return Ok(all);
            }
            last = rows.into_iter().map(|(id, _)| id).collect();
            between(list);
        }
    }

    #[test]
    fn a_list_is_read_whole_whatever_its_length() {
        for length in [0, 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 3 * BATCH + 7] {
            let mut list: Vec<i64> = (1..=length).collect();
            let whole = list.clone();
            assert_eq!(read_to_the_end(&mut list, |_| ()).unwrap(), whole);
        }
    }

    #[test]
    fn what_leaves_the_list_meanwhile_ends_no_file_and_nothing_is_in_it_twice() {
        let whole: Vec<i64> = (1..=2 * BATCH + 10).collect();
        let mut list = whole.clone();
        // The last rows that were read go, each time.
        let read = read_to_the_end(&mut list, |list| list.retain(|id| !(BATCH - 5..=BATCH).contains(id))).unwrap();
        assert_eq!(read, whole);
        let mut list = whole;
        assert!(
            read_to_the_end(&mut list, |list| list.retain(|id| *id > BATCH)).is_err(),
            "a file cut short is refused"
        );
    }
}
