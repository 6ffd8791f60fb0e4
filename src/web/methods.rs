//! What an address is not to be asked: 405, with `Allow` (RFC 9110 §15.5.6).

use std::{collections::HashMap, rc::Rc};

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
};

/// The methods of each path, as `app` wires them.
#[derive(Clone, Default)]
pub struct Methods(Rc<HashMap<&'static str, Vec<Method>>>);

impl FromIterator<(&'static str, Method)> for Methods {
    fn from_iter<T: IntoIterator<Item = (&'static str, Method)>>(routes: T) -> Self {
        let mut methods: HashMap<_, Vec<Method>> = HashMap::new();
        for (path, method) in routes {
            let known = methods.entry(path).or_default();
            // What can be opened can be asked for its headers alone.
            if method == Method::GET {
                known.push(Method::HEAD);
            }
            known.push(method);
        }
        for known in methods.values_mut() {
            known.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        }
        Methods(Rc::new(methods))
    }
}

/// Refuses a method that the path does not have, wherever the request comes from: nothing would be done by it.
pub async fn refuse(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let known = request.app_data::<Methods>().cloned().unwrap_or_default();
    match request.match_pattern().and_then(|path| known.0.get(path.as_str()).cloned()) {
        Some(methods) if !methods.contains(request.method()) => {
            let allow = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            let answer = HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allow)).finish();
            Ok(request.into_response(answer))
        }
        _ => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
    }
}
