//! What a form sent: every field as it was typed, in order, so that it can come back whole.

use url::form_urlencoded;

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, web};

use crate::{text, web::nul};

/// The most that a form may hold, in bytes: a page of 1,000 ticked rows is under 40 KiB.
const FORM_BYTES: usize = 256 * 1024;

/// The fields of a form in the order they were sent; check boxes of one name come more than once.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// From a query string or a body in the form encoding.
    pub fn parse(text: &str) -> Self {
        Fields::of(text.as_bytes())
    }

    fn of(bytes: &[u8]) -> Self {
        Fields::from_pairs(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// From pairs of a name and a value (a form that carries a file). All fields come through here; U+0000 does not.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Fields(pairs.into_iter().map(|(name, value)| (name, nul::without(value))).collect())
    }

    /// What was typed in `name`, in one normal form (a Mac takes é for two characters), without outer spaces; empty if it was not sent.
    pub fn text(&self, name: &str) -> String {
        text::composed(self.raw(name).trim())
    }

    /// What was typed in `name`, spaces and all (passwords); empty if it was not sent.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// All values of the check boxes called `name`.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
    }

    /// True if the check box `name` was ticked, or the button `name` was pressed.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// All of it.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl FromRequest for Fields {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = web::Bytes::from_request(request, payload);
        let limit = actix_web::error::InternalError::new("the form is too large", StatusCode::PAYLOAD_TOO_LARGE);
        Box::pin(async move {
            let bytes = body.await?;
            if bytes.len() > FORM_BYTES {
                return Err(limit.into());
            }
            Ok(Fields::of(&bytes))
        })
    }
}
