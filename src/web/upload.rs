//! A form that carries a file (`multipart/form-data`): its fields as text, and the file in memory.

use std::{future::Future, pin::Pin};

use actix_multipart::{
    Field, MultipartError,
    form::{Limits, MultipartCollect, MultipartForm, MultipartFormConfig, State},
};
use actix_web::{
    FromRequest, HttpRequest,
    error::{InternalError, PayloadError},
    http::StatusCode,
    web::Payload,
};

use crate::web::{Fields, body, nul};

/// The most that one file, or one field, may hold, in bytes: 100,000 users with all columns are some 15 MiB.
pub const UPLOAD_BYTES: usize = 32 * 1024 * 1024;

/// What such a form sent.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// Every field but files.
    pub fields: Fields,
    /// The name of the file, as the browser says it; empty if none was chosen.
    pub file_name: String,
    /// What is in the file; empty if none was chosen.
    pub file: Vec<u8>,
}

/// One field: its name, the name of its file if it is one, and what it holds.
type Part = (String, Option<String>, Vec<u8>);

const PARTS: &str = "parts";

struct Parts(Vec<Part>);

impl MultipartCollect for Parts {
    fn limit(_: &str) -> Option<usize> {
        None
    }

    fn handle_field<'t>(
        _: &'t HttpRequest,
        mut field: Field,
        limits: &'t mut Limits,
        state: &'t mut State,
    ) -> Pin<Box<dyn Future<Output = Result<(), MultipartError>> + 't>> {
        Box::pin(async move {
            let too_large = || MultipartError::Payload(PayloadError::Overflow);
            let bytes = field.bytes(UPLOAD_BYTES).await.map_err(|_| too_large())?;
            let bytes = bytes.map_err(|_| MultipartError::Incomplete)?;
            limits.try_consume_limits(bytes.len(), false)?;
            let file_name = field.content_disposition().and_then(|d| d.get_filename()).map(str::to_owned);
            let name = field.name().unwrap_or_default().to_owned();
            let parts = state.0.entry(PARTS.into()).or_insert_with(|| Box::new(Vec::<Part>::new()));
            if let Some(parts) = parts.downcast_mut::<Vec<Part>>() {
                // Without a copy: nobody else holds them.
                parts.push((name, file_name, bytes.into()));
            }
            Ok(())
        })
    }

    fn from_state(mut state: State) -> Result<Self, MultipartError> {
        let parts = state.0.remove(PARTS).and_then(|parts| parts.downcast::<Vec<Part>>().ok());
        Ok(Parts(parts.map(|parts| *parts).unwrap_or_default()))
    }
}

/// What `App` needs to know for [`Upload`] to be read.
pub fn config() -> MultipartFormConfig {
    // The text that was pasted and the file, and some room for the other fields.
    MultipartFormConfig::default().total_limit(UPLOAD_BYTES + UPLOAD_BYTES / 32)
}

impl Upload {
    /// Reads the form. Handlers call this once they know that the operator may, so that nobody else is listened to.
    ///
    /// # Errors
    /// 413 if the file is too large, 400 if this is no such form.
    pub async fn read(request: &HttpRequest, payload: Payload) -> Result<Self, actix_web::Error> {
        body::expect_file(request);
        let form = MultipartForm::<Parts>::from_request(request, &mut payload.into_inner()).await;
        let Parts(parts) = form
            .map_err(|error| {
                let too_large = matches!(error.as_error(), Some(MultipartError::Payload(PayloadError::Overflow)));
                let status = if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
                InternalError::new("the form with a file could not be read", status)
            })?
            .into_inner();
        let mut upload = Upload::default();
        let mut pairs = Vec::new();
        for (name, file_name, bytes) in parts {
            match file_name {
                Some(file_name) if name == "file" => {
                    upload.file_name = nul::without(file_name);
                    upload.file = bytes;
                }
                Some(_) => {}
                None => {
                    let text = String::from_utf8(bytes)
                        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                    pairs.push((name, text));
                }
            }
        }
        upload.fields = Fields::from_pairs(pairs);
        Ok(upload)
    }
}
