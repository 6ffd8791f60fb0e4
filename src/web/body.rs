//! How long the body of a request may take: 408 when its time is over (RFC 9110 §15.5.9).

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    middleware::Next,
    web::{Bytes, Data},
};
use futures_core::Stream;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::{config::BodyTimes, desk::Desk};

/// What a handler may change of the time while the body is read, and what came of it.
#[derive(Clone, Default)]
struct Reading(Rc<State>);

#[derive(Default)]
struct State {
    /// The whole time from now on, if the handler gave another.
    given: Cell<Option<Duration>>,
    over: Cell<bool>,
}

/// A body with an end.
struct Timed {
    body: Payload,
    until: Pin<Box<Sleep>>,
    /// Done when the server is to end; none once it was seen.
    stopping: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ending: Duration,
    reading: Reading,
}

impl Stream for Timed {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(time) = self.reading.0.given.take() {
            self.until.as_mut().reset(Instant::now() + time);
        }
        if let Some(stopping) = &mut self.stopping
            && stopping.as_mut().poll(context).is_ready()
        {
            self.stopping = None;
            let soon = Instant::now() + self.ending;
            if soon < self.until.deadline() {
                self.until.as_mut().reset(soon);
            }
        }
        if self.until.as_mut().poll(context).is_ready() {
            self.reading.0.over.set(true);
            return Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))));
        }
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// Gives the body of a request its time, and answers 408 when it is over, whatever the handler makes of it.
pub async fn limit(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let body = request.take_payload();
    let Some(desk) = request.app_data::<Data<Desk>>().filter(|_| !matches!(body, Payload::None)) else {
        request.set_payload(body);
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let BodyTimes { form, api, ending, .. } = desk.settings.body_times;
    let time = if request.path().starts_with("/api/") { api } else { form };
    let reading = Reading::default();
    let timed = Timed {
        body,
        until: Box::pin(tokio::time::sleep(time)),
        stopping: Some(Box::pin(desk.stopping.clone().cancelled_owned())),
        ending,
        reading: reading.clone(),
    };
    request.extensions_mut().insert(reading.clone());
    request.set_payload(Payload::Stream { payload: Box::pin(timed) });
    let response = next.call(request).await?.map_into_boxed_body();
    if reading.0.over.get() {
        return Ok(response.into_response(HttpResponse::RequestTimeout().finish()));
    }
    Ok(response)
}

/// Gives the body the time of a file, from now on: for a handler that knows who sends it.
pub fn expect_file(request: &HttpRequest) {
    let time = request.app_data::<Data<Desk>>().map(|desk| desk.settings.body_times.upload);
    if let Some(reading) = request.extensions().get::<Reading>() {
        reading.0.given.set(time);
    }
}
