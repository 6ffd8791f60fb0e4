//! Requests that do not come to an end, and the end of the server while some are under way.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use tokendesk::{config::BodyTimes, operators::BuiltIn};

use crate::support::{
    On, World,
    program::{PATIENCE, Program},
};

const LONG: Duration = Duration::from_secs(3_600);
const SHORT: Duration = Duration::from_millis(50);

/// A request whose body has begun.
struct Begun(TcpStream);

impl Begun {
    /// Sends the head of a POST with these further lines, and the first bytes of a body of 64.
    fn post(url: &str, path: &str, further: &str) -> Self {
        let host = url.strip_prefix("http://").expect("the tests speak http");
        let mut stream = TcpStream::connect(host).expect("the server listens");
        // Only so that a test that fails ends.
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {url}\r\nContent-Length: 64\r\n{further}\r\n\r\nuser_id=a"
        );
        stream.write_all(head.as_bytes()).expect("the server reads");
        Begun(stream)
    }

    fn form(url: &str, path: &str) -> Self {
        Begun::post(url, path, "Content-Type: application/x-www-form-urlencoded")
    }

    /// As [`Begun::form`], once the server has read the head: it has said that it waits for the rest.
    fn awaited(url: &str, path: &str) -> Self {
        let mut begun =
            Begun::post(url, path, "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue");
        let mut told = [0; 25];
        begun.0.read_exact(&mut told).expect("the server answers");
        assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
        begun
    }

    /// Sends the rest.
    fn go_on(&mut self) {
        self.0.write_all(&[b'x'; 55]).expect("the server reads");
    }

    /// All that is answered until the server hangs up.
    fn answer(mut self) -> String {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).expect("the server answers and hangs up");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn world(on: On, times: BodyTimes) -> World {
    World::limited(on, |_| {}, |settings| settings.body_times = times)
}

/// Its time is over: answered, as our page or as JSON, and hung up on.
fn is_late(answer: &str, words: &str) {
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(answer.contains(words), "{answer}");
}

#[test]
fn a_form_that_does_not_come_to_an_end_is_ended() {
    let world = world(On::Sqlite, BodyTimes { form: SHORT, api: LONG, upload: LONG, ending: LONG });
    for path in ["/sign-in", "/enroll/nobody", "/sign-in/verify"] {
        is_late(&Begun::form(&world.url, path).answer(), "This took too long");
    }
    // A file of somebody who may not send one has the time of a form.
    let file = "Content-Type: multipart/form-data; boundary=x";
    let answer = Begun::post(&world.url, "/users/import", file).answer();
    assert!(!answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn a_question_to_the_api_that_does_not_come_to_an_end_is_ended() {
    let world = world(On::Sqlite, BodyTimes { form: LONG, api: SHORT, upload: LONG, ending: LONG });
    let json = "Content-Type: application/json";
    is_late(&Begun::post(&world.url, "/api/v1/authenticate", json).answer(), "{\"error\":\"request timeout\"");
}

#[test]
fn a_file_that_does_not_come_to_an_end_is_ended_but_has_a_time_of_its_own() {
    let multipart = |world: &World| {
        let manager = world.signed_in("p.manager", BuiltIn::ProvisioningManager);
        let cookies = manager.cookies();
        Begun::post(
            &world.url,
            "/users/import",
            &format!("Cookie: {cookies}\r\nContent-Type: multipart/form-data; boundary=x"),
        )
    };
    let short = world(On::Sqlite, BodyTimes { form: LONG, api: LONG, upload: SHORT, ending: LONG });
    is_late(&multipart(&short).answer(), "This took too long");
    let long = world(On::Sqlite, BodyTimes { form: SHORT, api: LONG, upload: LONG, ending: LONG });
    let mut file = multipart(&long);
    is_late(&Begun::form(&long.url, "/sign-in").answer(), "This took too long");
    is_late(&Begun::form(&long.url, "/sign-in").answer(), "This took too long");
    file.go_on();
    let mut start = [0; 16];
    file.0.read_exact(&mut start).expect("an answer");
    assert!(!start.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&start));
}

#[test]
fn sigterm_lets_requests_under_way_finish_and_waits_for_none_that_stalls() {
    let mut program = Program::start(&["log_level=info"]);
    let kim = program.signed_in();
    kim.get("/tasks").expect(200);
    let (mut going_on, stalled) = (Begun::awaited(&program.url, "/sign-in"), Begun::awaited(&program.url, "/sign-in"));
    program.terminate();
    program.until("the server knows that it is to end", |program| program.log().contains("stopping"));
    going_on.go_on();
    let answer = going_on.answer();
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
    is_late(&stalled.answer(), "This took too long");
    program.ended();
    assert!(TcpStream::connect(("127.0.0.1", program.port)).is_err(), "nobody listens any more");
}
