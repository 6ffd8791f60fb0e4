//! `/healthz`: the process answers. `/readyz`: it can do its work, so that a load balancer may send it requests.

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use crate::{desk::Desk, error::Error};

/// The process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The database answers and is at this version, and the last write that was tried went well; 503 with the reason if not.
/// Never waits for who writes, and that there is much to do is no failure: requests are then answered later, or with 503.
pub async fn readyz(desk: Data<Desk>) -> HttpResponse {
    let not = |reason: String| HttpResponse::ServiceUnavailable().json(json!({ "ready": false, "reason": reason }));
    if let Some(reason) = desk.meter.write_trouble() {
        return not(reason);
    }
    let outcome = actix_web::web::block(move || desk.db.pending_migrations()).await;
    match outcome {
        Ok(Ok(0) | Err(Error::Busy)) => HttpResponse::Ok().json(json!({ "ready": true })),
        Ok(Ok(pending)) => not(format!("{pending} migrations are waiting")),
        Ok(Err(error)) => {
            tracing::warn!("not ready: {error}");
            not("the database does not answer".into())
        }
        Err(_) => not("shutting down".into()),
    }
}
