//! Who is behind the proxy in front: tried with a real HAProxy, which writes a line of its own behind what it was sent.

use std::process::{Child, Command};

use tokendesk::operators::BuiltIn;

use crate::{
    on_both,
    support::{Browser, World, browser, demo::free_port, program::PATIENCE},
};

/// A HAProxy in front of the world's server.
struct Haproxy {
    url: String,
    _folder: tempfile::TempDir,
    process: Child,
}

impl Haproxy {
    fn start(world: &World) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let file = folder.path().join("haproxy.cfg");
        let server = world.url.strip_prefix("http://").expect("the tests speak http");
        let text = format!(
            "defaults\n mode http\n timeout connect 30s\n timeout client 30s\n timeout server 30s\n option forwardfor\n\
             listen tokendesk\n bind 127.0.0.1:{port}\n server tokendesk {server}\n"
        );
        std::fs::write(&file, text).expect("the folder can be written");
        let process = Command::new("haproxy").arg("-db").arg("-f").arg(&file).spawn().expect("haproxy runs");
        let proxy = Haproxy { url: format!("http://127.0.0.1:{port}"), _folder: folder, process };
        let begin = std::time::Instant::now();
        while !reqwest::blocking::get(format!("{}/healthz", proxy.url)).is_ok_and(|answer| answer.status() == 200) {
            assert!(begin.elapsed() < PATIENCE, "haproxy does not answer");
        }
        proxy
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A wrong sign-in with these lines of `X-Forwarded-For`.
fn wrong(browser: &Browser, user_id: &str, lines: &[&str]) -> u16 {
    let form = [("user_id", user_id), ("password", "not the password")];
    let request = lines.iter().fold(browser.request("/sign-in"), |r, line| r.header("x-forwarded-for", *line));
    browser::send(request.form(&form)).status
}

/// The statuses of 22 wrong sign-ins, each with another forged line.
fn forging(browser: &Browser, forge: impl Fn(u32) -> Vec<String>) -> Vec<u16> {
    (1..=22)
        .map(|n| {
            let lines = forge(n);
            wrong(browser, &format!("nobody{n}"), &lines.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect()
}

on_both! {
    #[ignore = "needs haproxy: tests/run installs it"]
    fn behind_a_real_haproxy_a_forged_line_neither_escapes_the_count_nor_gets_into_the_audit_log(
        world, |settings| settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]
    ) {
        let proxy = Haproxy::start(&world);
        // From an address that is no trusted proxy, as visitors have.
        let statuses = forging(&Browser::from(&proxy.url, "127.0.0.2"), |n| vec![format!("192.0.2.{n}")]);
        assert_eq!((statuses[0], statuses[21]), (422, 429), "{statuses:?}");
        assert!(!world.dump("audit_entries").contains("192.0.2."), "the forged address was written down");
    }

    fn however_a_proxy_writes_it_what_stands_before_is_not_believed(
        world, |settings| settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]
    ) {
        let forms: [fn(u32) -> Vec<String>; 5] = [
            |n| vec![format!("192.0.2.{n}"), "203.0.113.11".into()],
            |n| vec![format!("192.0.2.{n}, 203.0.113.12:4711")],
            |n| vec![format!("192.0.2.{n}, [2001:db8::1]:99")],
            |n| vec![format!("192.0.2.{n}, unknown")],
            |n| vec![format!("192.0.2.{n}, 203.0.113.14:{}", 4_000 + n)],
        ];
        for (n, form) in forms.into_iter().enumerate() {
            let statuses = forging(&world.stranger(), form);
            assert!((statuses[0], statuses[21]) == (422, 429), "form {n}: {statuses:?}");
        }
        let log = world.dump("audit_entries");
        assert!(!log.contains("192.0.2.") && log.contains("203.0.113.11") && log.contains("2001:db8::1"));
    }

    fn ipv4_written_as_ipv6_is_the_same_address_in_the_count_and_in_the_audit_log(
        world, |settings| settings.trusted_proxies = vec!["::ffff:127.0.0.0/104".parse().unwrap()]
    ) {
        let auditor = world.signed_in("a.auditor", BuiltIn::Auditor);
        for n in 1..=22 {
            let line = if n % 2 == 0 { "203.0.113.11" } else { "::ffff:203.0.113.11" };
            let status = wrong(&world.stranger(), &format!("nobody{n}"), &[line]);
            assert!(n < 21 && status == 422 || n > 20 && status == 429, "{n}: {status}");
        }
        // Another IPv4 address is another visitor, though both lie in one network of IPv6.
        assert_eq!(wrong(&world.stranger(), "nobody", &["::ffff:203.0.113.77"]), 422);
        assert!(!world.dump("audit_entries").contains("::ffff:"));
        auditor.get("/audit").expect(200).says("203.0.113.11");
    }
}
