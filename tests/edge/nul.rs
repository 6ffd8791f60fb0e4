//! U+0000 wherever text comes in: no database is asked about it, and the answer is the same on both.

use actix_web::http::Method;
use tokendesk::{
    app, authentication,
    operators::{BuiltIn, Who},
};

use crate::{
    on_both,
    support::{Browser, browser},
};

/// The names of fields that forms and addresses of the console, the portal and sign-in have.
const NAMES: &[&str] = &[
    "q", "view", "sort", "order", "page", "per", "back", "outcome", "tab", "user", "user_id", "password", "otp",
    "code", "serial", "description", "stop_on", "reason", "container", "email", "last_name", "first_name", "name",
    "role", "from", "to", "subject", "html", "text", "authentication_type", "days", "theme", "choice", "shown", "note",
    "state", "type", "actor", "verb", "kind", "current", "new", "again", "scope", "containers", "enrollment", "id",
    "tick", "all",
];

/// The address of a route with U+0000 in the name at this place; `None` behind the last one.
fn broken(path: &str, enrollment: usize) -> Option<String> {
    let mut names = 0;
    let mut address = String::new();
    for part in path.split_inclusive('/') {
        let (part, slash) = part.strip_suffix('/').map_or((part, ""), |part| (part, "/"));
        if part.starts_with('{') {
            address.push_str(if names == enrollment { "a%00b" } else { "9" });
            names += 1;
        } else {
            address.push_str(part);
        }
        address.push_str(slash);
    }
    (enrollment < names).then_some(address)
}

fn open_or_send(browser: &Browser, method: &Method, address: &str, form: &[(&str, &str)]) -> u16 {
    let page = if *method == Method::GET { browser.get(address) } else { browser.post(address, form) };
    assert!(page.status < 500, "{method} {address}: {} {}", page.status, page.text());
    page.status
}

on_both! {
    fn in_a_path_it_names_nothing_for_anybody(world) {
        let operator = world.signed_in("k.lindqvist", BuiltIn::Operator);
        for browser in [world.stranger(), operator] {
            for route in app::routes(world.desk.settings.demo) {
                for address in (0..).map_while(|enrollment| broken(route.path, enrollment)) {
                    assert_eq!(open_or_send(&browser, &route.method, &address, &[]), 404, "{} {address}", route.method);
                }
            }
        }
    }

    fn in_a_query_or_a_form_it_is_never_a_fault_of_ours(world) {
        let query = NAMES.iter().map(|name| format!("{name}=a%00b")).collect::<Vec<_>>().join("&");
        let form: Vec<(&str, &str)> = NAMES.iter().map(|name| (*name, "a\0b")).collect();
        let operator = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let manager = world.signed_in("p.manager", BuiltIn::ProvisioningManager);
        for browser in [world.stranger(), operator, manager] {
            for route in app::routes(world.desk.settings.demo) {
                let address = crate::operators::routes::sample(route.path);
                open_or_send(&browser, &route.method, &format!("{address}?{query}"), &form);
                // Each alone, where one that is refused would hide the next.
                for name in NAMES {
                    if route.method == Method::POST {
                        open_or_send(&browser, &route.method, &address, &[(name, "a\0b")]);
                    }
                }
                if route.path == "/sign-out" && route.method == Method::POST {
                    continue;
                }
            }
        }
    }

    fn it_is_dropped_from_what_is_typed_and_the_rest_is_taken(world) {
        let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
        let form = [
            ("user_id", "t.ade\0yemi"), ("last_name", "Ade\0yemi"), ("first_name", "\0Tobi"), ("container", "Sales"),
            ("email", "tobi@exam\0ple.org"),
        ];
        browser.post("/users/new", &form).location();
        browser.get("/users/t.adeyemi").expect(200).says("Adeyemi").says("tobi@example.org");
        browser.get("/users?q=t.ade%00yemi").expect(400);
    }

    fn a_file_with_it_is_read_or_refused_with_a_sentence(world) {
        let browser = world.signed_in("p.manager", BuiltIn::ProvisioningManager);
        for (address, text) in [
            ("/users/import", "User ID,Last Name,First Name,Email\nt.ade\0yemi,Ade\0yemi,Tobi,tobi@example.org\n"),
            ("/users/import", "User ID,Last Name,First Name,Email\nok,Ade\0yemi,To\0bi,tobi@example.org\n"),
            ("/tokens/import", "serial,secret\nA\0B,3132333435363738393031323334353637383930\n"),
            ("/tokens/import", "<?xml version=\"1.0\"?><KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"><KeyPackage><DeviceInfo><Manufacturer>a\0b</Manufacturer><SerialNo>A\0B</SerialNo></DeviceInfo><Key Id=\"1\0\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\"><AlgorithmParameters><ResponseFormat Encoding=\"DECIMAL\" Length=\"6\"/></AlgorithmParameters><Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret><Counter><PlainValue>0</PlainValue></Counter></Data></Key></KeyPackage></KeyContainer>"),
        ] {
            for dry_run in ["", "on"] {
                let file = reqwest::blocking::multipart::Part::bytes(text.as_bytes().to_vec()).file_name("a\u{1}b.csv");
                let form = reqwest::blocking::multipart::Form::new()
                    .text("container", "Sa\0les").text("note", "a\0b").text("password", "\0").text("dry_run", dry_run)
                    .part("file", file);
                let page = browser::send(browser.request(address).multipart(form));
                assert!(page.status < 500, "{address}: {} {}", page.status, page.text());
            }
        }
    }

    fn in_a_question_to_the_api_it_is_nobody(world) {
        let key = authentication::add_node(&world.desk, &Who::system(), world.now(), "vpn").unwrap();
        let ask = |user_id: &str, otp: &str| {
            let body = serde_json::json!({ "user_id": user_id, "otp": otp });
            browser::send(world.stranger().bare("/api/v1/authenticate").bearer_auth(&key).json(&body))
        };
        let nobody = ask("nobody", "123456");
        assert!(nobody.body.contains("reject"), "{}", nobody.body);
        for (user_id, otp) in [("a\0b", "123456"), ("\0", "\0"), ("nobody", "12\x003456")] {
            let page = ask(user_id, otp);
            assert_eq!((page.status, &page.body), (nobody.status, &nobody.body), "{user_id:?} {otp:?}");
        }
    }
}
