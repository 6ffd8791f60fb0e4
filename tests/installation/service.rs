//! `tokendesk service`: the unit, and that nobody else works in the service's folder (PRODUCT.md §13).

use std::{os::unix::fs::chown, process::Command};

use super::Place;
use crate::support::demo::free_port;

/// The exposure that `systemd-analyze security` may find, in tenths: below it stands what systemd calls OK.
const MOST_EXPOSED: &str = "20";

/// A user who is not root and has files nowhere.
const NOBODY: u32 = 65_534;

fn unit(place: &Place, words: &[&str]) -> String {
    let output = place.program(&[&["service"], words].concat()).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_unit_runs_this_program_as_a_fixed_user_in_its_folder_with_no_right_beyond_its_ports() {
    let place = Place::new();
    let text = unit(&place, &["--program", "/usr/bin/tokendesk"]);
    let config = place.path("tokendesk.toml").display().to_string();
    assert!(text.contains(&format!("\nExecStart=/usr/bin/tokendesk serve --config {config}\n")), "{text}");
    assert!(text.contains("\nUser=tokendesk\nGroup=tokendesk\n") && !text.contains("DynamicUser"), "{text}");
    assert!(text.contains(&format!("\nReadWritePaths={}\n", place.data().display())), "{text}");
    assert!(text.contains("\nAmbientCapabilities=\nCapabilityBoundingSet=\n"), "{text}");

    let port = free_port();
    place.write(
        "tokendesk.toml",
        &format!(
            "public_url = \"https://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\nhttp_listen = \"0.0.0.0:80\"\n\
             tls_certificate = \"c\"\ntls_key = \"k\"\ndata_dir = \"/var/lib/desk\"\n"
        ),
    );
    let text = unit(&place, &["--user", "desk"]);
    assert!(text.contains("\nUser=desk\n") && text.contains(env!("CARGO_BIN_EXE_tokendesk")), "{text}");
    assert!(text.contains("\nStateDirectory=desk\nStateDirectoryMode=0700\n"), "{text}");
    assert!(text.contains("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"), "{text}");
}

#[test]
fn a_unit_is_printed_for_no_user_and_no_path_that_it_could_not_hold() {
    let place = Place::new();
    for user in ["root", "", "-u", "a b", "x\nExecStart=/bin/sh", "0"] {
        let refused = place.run(&["service", &format!("--user={user}")]).refused();
        assert!(refused.contains("must be a user of this machine other than root"), "{user}: {refused}");
    }
    for program in ["/usr/bin/a b", "/usr/bin/%h", "/usr/bin/x\nUser=root"] {
        let refused = place.run(&["service", "--program", program]).refused();
        assert!(refused.contains("a letter that a unit cannot hold"), "{program}: {refused}");
    }
}

#[test]
#[ignore = "needs systemd-analyze: tests/run installs it"]
fn systemd_finds_the_unit_well_hardened() {
    let place = Place::new();
    for port in ["8443", "443"] {
        place.write("tokendesk.toml", &format!("listen = \"0.0.0.0:{port}\"\ndata_dir = \"/var/lib/tokendesk\"\n"));
        place.write("tokendesk.service", &unit(&place, &[]));
        let file = place.path("tokendesk.service").display().to_string();
        let mut analyze = Command::new("systemd-analyze");
        let verdict = analyze.args(["security", "--offline=yes", "--threshold", MOST_EXPOSED, &file]).output();
        let verdict = verdict.expect("systemd-analyze is installed (tests/run does it)");
        assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stdout));
        let verified = Command::new("systemd-analyze").args(["verify", "--man=no", &file]).output().expect("it runs");
        let problems = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(!problems.contains("tokendesk.service:"), "{problems}");
    }
}

#[test]
fn root_makes_nothing_in_the_folder_of_a_service_that_the_service_could_not_open() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    place.add_operator("kim").well();
    for file in [place.data(), place.data().join("tokendesk.db"), place.key_file()] {
        chown(file, Some(NOBODY), None).expect("root may");
    }
    for words in [
        &["operator", "reset-password", "--user-id", "kim", "--password-file", "password"][..],
        &["serve"],
        &["migrate"],
        &["backup", "copy.db"],
    ] {
        let refused = place.run(words).refused();
        let sentence = format!("{} belongs to the user nobody, and you are root", place.data().display());
        assert!(refused.contains(&sentence) && refused.contains("runuser -u nobody"), "{words:?}: {refused}");
    }
    assert!(!place.path("copy.db").exists());
    assert!(place.run(&["check"]).refused().contains("FAILED    database:"), "check says it too");
    let folder = place.data().display().to_string();
    let init = ["init", "--usual", "--replace", "--host", "localhost", "--organization", "A", "--help-desk", "B"];
    let refused = place.run(&[&init[..], &["--data-dir", &folder]].concat()).refused();
    assert!(refused.contains("belongs to the user nobody") && !refused.contains("Written"), "{refused}");
}

#[test]
fn root_adds_nothing_to_an_own_folder_with_a_database_of_somebody_else() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    place.add_operator("kim").well();
    chown(place.data().join("tokendesk.db"), Some(NOBODY), None).expect("root may");
    assert!(place.add_operator("sam").refused().contains("tokendesk.db belongs to the user nobody"));
}

/// Only root can give files away, and only root is refused here; whoever runs the tests as somebody else has no such folder.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[test]
fn the_unit_in_the_package_is_the_one_that_is_printed() {
    let place = Place::new();
    place.write("tokendesk.toml", "listen = \"0.0.0.0:443\"\ndata_dir = \"/var/lib/tokendesk\"\n");
    let printed = unit(&place, &["--program", "/usr/bin/tokendesk"]);
    let printed = printed.replace(&place.path("").display().to_string(), "/var/lib/tokendesk/");
    let packed = std::fs::read_to_string("packaging/debian/tokendesk.service").expect("it is in the repository");
    assert_eq!(packed, printed, "packaging/debian/tokendesk.service");
}
