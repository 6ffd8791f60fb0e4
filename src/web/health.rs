//! `/healthz`: the process answers. `/readyz`: it can do its work, so that a load balancer may send it requests.

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use crate::desk::Desk;

/// The process answers.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The database answers and is at this version; 503 with the reason in the log if not.
pub async fn ready(desk: Data<Desk>) -> HttpResponse {
    let outcome = actix_web::web::block(move || desk.db.pending_migrations()).await;
    match outcome {
        Ok(Ok(0)) => HttpResponse::Ok().json(json!({ "ready": true })),
        Ok(Ok(pending)) => {
            let reason = format!("{pending} migrations are waiting");
            HttpResponse::ServiceUnavailable().json(json!({ "ready": false, "reason": reason }))
        }
        Ok(Err(error)) => {
            tracing::warn!("not ready: {error}");
            HttpResponse::ServiceUnavailable().json(json!({ "ready": false, "reason": "the database does not answer" }))
        }
        Err(_) => HttpResponse::ServiceUnavailable().json(json!({ "ready": false, "reason": "shutting down" })),
    }
}
