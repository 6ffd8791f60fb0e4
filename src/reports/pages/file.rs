//! Reports as files that are sent while they are read: one batch is in memory, whatever the length.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpRequest,
    body::{BodySize, MessageBody},
    web::{self as actix, Bytes},
};

use super::today;
use crate::{
    desk::Desk,
    error::Error,
    operators::may,
    reports::{Download, Filter, Period, Report, USUAL_DAYS, USUAL_DAYS_OF_WORK, download},
    web::{self, Answer, Permitted},
};

/// The next part, and the file to go on with.
type Work = Pin<Box<dyn Future<Output = Result<(Download, Option<Vec<u8>>), Error>>>>;

/// The body of the answer.
struct Parts {
    desk: Desk,
    work: Work,
}

fn work(desk: Desk, mut file: Download) -> Work {
    let reading = actix::block(move || file.part(&desk).map(|part| (file, part)));
    Box::pin(async move {
        reading.await.unwrap_or_else(|_| Err(Error::Internal("the pool of blocking threads is closed".into())))
    })
}

impl MessageBody for Parts {
    type Error = Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
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

async fn send(p: Permitted<may::Reports>, request: HttpRequest, report: Report, usual: Period) -> Answer {
    let filter = Filter::parse(request.query_string(), usual);
    let file = p.call(move |desk, who, now| download(desk, who, now, report, filter)).await?;
    let mut answer = web::csv(&file.file_name());
    let parts = Parts { desk: p.desk.clone(), work: work(p.desk.clone(), file) };
    Ok(answer.body(parts))
}

/// `/reports/provisioning.csv`
pub async fn provisioning(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    let usual = Period::last(USUAL_DAYS, today(p.desk.settings.zone, p.now));
    send(p, request, Report::Provisioning, usual).await
}

/// `/reports/not-enrolled.csv`
pub async fn not_enrolled(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    send(p, request, Report::NotEnrolled, Period::default()).await
}

/// `/reports/tokens.csv`
pub async fn tokens(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    send(p, request, Report::Tokens, Period::default()).await
}

/// `/reports/operators.csv`
pub async fn operators(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    let usual = Period::last(USUAL_DAYS_OF_WORK, today(p.desk.settings.zone, p.now));
    send(p, request, Report::Operators, usual).await
}
