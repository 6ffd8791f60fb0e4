//! The nginx of Debian in front of servers.

use std::{
    fs,
    path::Path,
    process::{Child, Command},
};

/// A running nginx; it ends with the test.
pub struct Nginx(Child);

impl Nginx {
    /// Starts it with what stands in the `http` block of its configuration; the names of files there are in `folder`.
    pub fn start(folder: &Path, http: &str) -> Self {
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};", folder.join(name).display()))
            .concat();
        // Its worker runs as somebody who may not write into the folder of a test, so pages stay in memory.
        let around = format!(
            "daemon off; pid nginx.pid; error_log stderr; events {{}} \
             http {{ access_log off; proxy_max_temp_file_size 0; {temporary} {http} }}"
        );
        fs::write(folder.join("nginx.conf"), around).expect("the folder can be written");
        let prefix = format!("{}/", folder.display());
        let nginx = Command::new("nginx").args(["-p", &prefix, "-e", "stderr", "-c", "nginx.conf"]).spawn();
        Nginx(nginx.expect("nginx is installed (tests/run does it)"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}
