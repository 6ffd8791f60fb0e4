//! pam_radius, as an SSH server or a VPN of the system has it, asked by pamtester. PAM reads its services from a folder that
//! root alone writes, so that others are told, and nothing is tried.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use super::set;
use crate::support::radius::{SECRET, Server};

/// A service of PAM; it is gone with the test.
struct Service {
    file: PathBuf,
    name: String,
    _folder: tempfile::TempDir,
}

impl Service {
    fn at(port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (name, conf) = (format!("tokendesk-test-{port}"), folder.path().join("servers"));
        fs::write(&conf, format!("127.0.0.1:{port} {SECRET} 5\n")).expect("it can be written");
        let file = PathBuf::from("/etc/pam.d").join(&name);
        let line = format!(
            "auth required pam_radius_auth.so conf={} retry=1\naccount required pam_permit.so\n",
            conf.display()
        );
        fs::write(&file, line).expect("root may write it");
        Service { file, name, _folder: folder }
    }

    /// Whether a user who types this is let in.
    fn lets_in(&self, user: &str, typed: &str) -> bool {
        let mut process = Command::new("pamtester")
            .args([&self.name, user, "authenticate"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pamtester is there; tests/run installs it");
        process.stdin.take().expect("a pipe").write_all(format!("{typed}\n").as_bytes()).expect("it reads");
        process.wait().expect("it ends").success()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

with_programs! {
    #[ignore = "needs pamtester and pam_radius: tests/run installs them"]
    fn pam_radius_lets_in_who_types_a_right_value_where_it_may_do_without_message_authenticator(world) {
        if !rustix::process::geteuid().is_root() {
            return println!("not tried: it needs root");
        }
        let user = world.user("t.adeyemi", "Sales");
        let app = world.app_of(&user);
        let node = world.radius_node("SSH", "127.0.0.1", "");
        set(&world, node, |settings| settings.takes_unsigned = true);
        let server = Server::start(&world.desk);
        let service = Service::at(server.port);
        let typed = app.at(world.now());
        assert!(!service.lets_in("t.adeyemi", "000000"));
        assert!(service.lets_in("t.adeyemi", &typed));
        assert!(!service.lets_in("t.adeyemi", &typed), "a replay");
        assert!(!service.lets_in("nobody", &typed));
    }
}
