//! `/metrics`: for monitors that know the key of the settings; without such a key there is no such page.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self as actix, Data},
};

use crate::{
    desk::Desk,
    error::Error,
    keys::Purpose,
    reports::metrics,
    web::{Answer, request},
};

/// The numbers as text.
pub async fn show(http: HttpRequest, desk: Data<Desk>) -> Answer {
    let Some(key) = &desk.settings.metrics_key else { return Err(Error::not_found("page", "").into()) };
    let given = request::bearer(&http).unwrap_or_default();
    // By their keyed hashes: how long the comparison takes says nothing of the key, not even its length.
    let key = desk.keys.hash(Purpose::Metrics, key.as_bytes());
    if !desk.keys.matches(Purpose::Metrics, given.as_bytes(), &key) {
        return Ok(HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
            .content_type("text/plain; charset=utf-8")
            .body("This needs the metrics_key of the settings, as Authorization: Bearer …\n"));
    }
    let text = actix::block(move || metrics::text(&desk, desk.now())).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
