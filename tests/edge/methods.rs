//! What an address is not to be asked.

use std::collections::BTreeMap;

use actix_web::http::Method;
use tokendesk::{app, operators::BuiltIn};

use crate::{
    on_both,
    operators::routes::sample,
    support::{World, browser},
};

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Every path with its methods, as the app says.
fn paths(world: &World) -> BTreeMap<&'static str, Vec<Method>> {
    let mut paths: BTreeMap<_, Vec<Method>> = BTreeMap::new();
    for route in app::routes(world.desk.settings.demo) {
        let methods = paths.entry(route.path).or_default();
        if route.method == Method::GET {
            methods.push(Method::HEAD);
        }
        methods.push(route.method);
    }
    paths
}

on_both! {
    fn a_method_that_an_address_does_not_have_is_405_with_those_it_has(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
        for (path, mut methods) in paths(&world) {
            methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            let allow = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            for method in METHODS.iter().filter(|method| !methods.contains(method)) {
                let name = reqwest::Method::from_bytes(method.as_str().as_bytes()).expect("a method");
                let ask = client.request(name, format!("{}{}", world.url, sample(path)));
                for request in [ask.try_clone().expect("no body"), ask.header("cookie", browser.cookies())] {
                    let page = browser::send(request);
                    assert_eq!((page.status, page.header("allow")), (405, allow.as_str()), "{method} {path}");
                    assert_ne!(page.header("content-security-policy"), "", "{method} {path}");
                }
            }
        }
    }

    fn a_method_that_an_address_has_is_never_405(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        for (path, methods) in paths(&world) {
            if methods.contains(&Method::GET) {
                let (got, asked) = (browser.get(&sample(path)), browser.head(&sample(path)));
                assert!(got.status != 405 && asked.status == got.status, "{path}: {} {}", got.status, asked.status);
                assert_eq!(asked.body, "");
            }
            if methods.contains(&Method::POST) {
                assert_ne!(browser.post(&sample(path), &[]).status, 405, "{path}");
            }
        }
    }
}
