//! The real FreeRADIUS before us: over HTTP with the files of docs/freeradius, and as a proxy.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use chrono::Duration;
use tokendesk::{
    authentication::{
        self,
        new::{New, Typed},
    },
    operators::Who,
};

use super::set;
use crate::support::{
    World,
    demo::free_port,
    program::PATIENCE,
    radius::{SECRET, Server, radclient, radclient_trying},
};

const SITE: &str = include_str!("../../docs/freeradius/site-tokendesk");
const MODULE: &str = include_str!("../../docs/freeradius/mods-tokendesk");

/// The secret between the client and FreeRADIUS.
const OUTER: &str = "outer-secret-of-tests";

/// A running FreeRADIUS; it ends with the test.
struct FreeRadius {
    port: u16,
    process: Child,
    _folder: tempfile::TempDir,
}

impl FreeRadius {
    /// One with these servers and modules, which answers at a port of its own that stands in them as PORT.
    fn start(servers: &str, modules: &str) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().expect("a folder"));
        let place = folder.path().display();
        let libraries =
            ["/usr/lib/freeradius", "/usr/lib64/freeradius"].into_iter().find(|dir| Path::new(dir).exists());
        let conf = format!(
            "prefix = {place}\nlogdir = {place}\nraddbdir = {place}\nrun_dir = {place}\ndb_dir = {place}\nlibdir = {}\n\
             pidfile = {place}/pid\nmax_request_time = 10\ncleanup_delay = 0\nmax_requests = 1024\nhostname_lookups = no\n\
             log {{\n destination = stdout\n}}\nsecurity {{\n allow_core_dumps = no\n reject_delay = 0\n status_server = yes\n}}\n\
             thread pool {{\n start_servers = 2\n max_servers = 8\n min_spare_servers = 1\n max_spare_servers = 4\n max_requests_per_server = 0\n}}\n\
             client local {{\n ipaddr = 127.0.0.1\n secret = {OUTER}\n require_message_authenticator = yes\n}}\n\
             modules {{\n always ok {{\n rcode = ok\n }}\n always handled {{\n rcode = handled\n }}\n always reject {{\n rcode = reject\n }}\n{modules}\n}}\n{}\n",
            libraries.unwrap_or("/usr/lib/freeradius"),
            servers.replace("PORT", &port.to_string()),
        );
        fs::write(folder.path().join("radiusd.conf"), conf).expect("it can be written");
        fs::write(folder.path().join("dictionary"), "$INCLUDE /usr/share/freeradius/dictionary\n")
            .expect("it can be written");
        let log = fs::File::create(folder.path().join("log")).expect("it can be written");
        let process = Command::new("freeradius")
            .args(["-f", "-X", "-d", &place.to_string(), "-D", "/usr/share/freeradius"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("freeradius is there; tests/run installs it");
        let begin = Instant::now();
        let said = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        while !said().contains("Ready to process requests") {
            assert!(begin.elapsed() < PATIENCE, "{}", said());
            std::thread::yield_now();
        }
        FreeRadius { port, process, _folder: folder }
    }

    fn ask(&self, attributes: &str) -> String {
        radclient(self.port, "auth", OUTER, &format!("{attributes}Message-Authenticator = 0x00\n"))
    }

    fn hears_nothing(&self, attributes: &str) {
        let lines = format!("{attributes}Message-Authenticator = 0x00\n");
        let answer = radclient_trying(self.port, "auth", OUTER, &lines, "1", "2");
        assert!(answer.contains("No reply from server"), "{answer}");
    }
}

impl Drop for FreeRadius {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn pap(name: &str, typed: &str) -> String {
    format!("User-Name = \"{name}\"\nUser-Password = \"{typed}\"\n")
}

/// An auth node of the kind API in this mode: its key.
fn key(world: &World, name: &str, mode: &str) -> String {
    let new = New::parse(&Typed { name: name.into(), mode: mode.into(), ..Typed::default() }).unwrap();
    authentication::new::add(&world.desk, &Who::command_line(), world.now(), &new).unwrap().proof.to_string()
}

/// FreeRADIUS with the files of docs/freeradius, which asks at this address with this key.
fn over_http(address: &str, key: &str) -> FreeRadius {
    let site = SITE
        .replace("td_put-the-key-here", key)
        .replace("port = 1812", "port = PORT")
        .replace("ipaddr = *", "ipaddr = 127.0.0.1");
    FreeRadius::start(&site, &MODULE.replace("http://127.0.0.1:8080", address))
}

with_programs! {
    #[ignore = "needs FreeRADIUS: tests/run installs it"]
    fn freeradius_asks_over_http_as_docs_freeradius_says(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let key = key(&world, "FreeRADIUS", "");
        let server = over_http(&world.url, &key);
        let typed = app.at(world.now());
        let answer = server.ask(&pap("t.adeyemi", &typed));
        assert!(answer.contains("Received Access-Accept") && answer.split("Received").nth(1).unwrap().contains("Message-Authenticator"), "{answer}");
        assert!(server.ask(&pap("t.adeyemi", &typed)).contains("Received Access-Reject"), "a replay");
        assert!(server.ask(&pap("nobody", "755224")).contains("Received Access-Reject"));
        // What is typed stays what was typed: it opens no other field.
        world.advance(Duration::seconds(60));
        let inject = format!("x\\\",\\\"otp\\\":\\\"{}", app.at(world.now()));
        for odd in [inject.as_str(), "{}%{User-Name}", "a'b}{", "\\\\\\\\"] {
            let answer = server.ask(&pap("t.adeyemi", odd));
            assert!(answer.contains("Received Access-Reject"), "{odd}: {answer}");
        }
        assert!(server.ask(&pap("EX\\\\\\\\t.adeyemi", &app.at(world.now()))).contains("Received Access-Accept"));
        authentication::disable_node(&world.desk, &Who::command_line(), world.now(), "FreeRADIUS").unwrap();
        server.hears_nothing(&pap("t.adeyemi", "755224"));
    }

    #[ignore = "needs FreeRADIUS: tests/run installs it"]
    fn freeradius_passes_a_challenge_on_over_http(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let key = key(&world, "FreeRADIUS", "challenge");
        let id = authentication::nodes(&world.desk, &Who::command_line()).unwrap()[0].id;
        set(&world, id, |settings| settings.sends_class = true);
        let server = over_http(&world.url, &key);
        let answer = server.ask(&pap("t.adeyemi", "whatever"));
        assert!(answer.contains("Received Access-Challenge") && answer.contains("Enter your one-time password"), "{answer}");
        let state = answer.split("State = ").nth(1).and_then(|rest| rest.lines().next()).expect("a State").to_owned();
        let answer = server.ask(&format!("{}State = {state}\n", pap("t.adeyemi", &app.at(world.now()))));
        assert!(answer.contains("Received Access-Accept"), "{answer}");
        assert!(answer.contains("Class = "), "{answer}");
    }

    #[ignore = "needs FreeRADIUS: tests/run installs it"]
    fn freeradius_as_a_proxy_brings_requests_and_answers(world) {
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        world.radius_node("Proxy", "127.0.0.1", "");
        let ours = Server::start(&world.desk);
        let site = format!(
            "home_server tokendesk {{\n type = auth\n ipaddr = 127.0.0.1\n port = {}\n secret = {SECRET}\n status_check = status-server\n require_message_authenticator = yes\n}}\n\
             home_server_pool tokendesk {{\n home_server = tokendesk\n}}\nrealm ours {{\n auth_pool = tokendesk\n nostrip\n}}\n\
             server proxy {{\n listen {{\n type = auth\n ipaddr = 127.0.0.1\n port = PORT\n }}\n authorize {{\n update control {{\n &Proxy-To-Realm := ours\n }}\n }}\n\
             authenticate {{\n }}\n post-auth {{\n update reply {{\n &Message-Authenticator := 0x00\n }}\n }}\n}}\n",
            ours.port
        );
        let server = FreeRadius::start(&format!("proxy server {{\n default_fallback = no\n}}\n{site}"), "");
        let typed = app.at(world.now());
        let answer = server.ask(&pap("t.adeyemi", &typed));
        assert!(answer.contains("Received Access-Accept"), "{answer}");
        assert!(server.ask(&pap("t.adeyemi", &typed)).contains("Received Access-Reject"));
    }
}

#[test]
#[ignore = "needs FreeRADIUS: tests/run installs it"]
fn while_tokendesk_is_down_freeradius_starts_and_gives_no_answer() {
    let server = over_http(&format!("http://127.0.0.1:{}", free_port()), "td_any");
    server.hears_nothing(&pap("t.adeyemi", "755224"));
}
