//! PostgreSQL servers of a test's own, which it may kill, and the PgBouncer of Debian. The programs are those of
//! `tests/run`; as root they are run as the user that Debian's package made.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, connection::SimpleConnection as _};

use super::demo::free_port;

/// The name by which a primary knows its standby.
const STANDBY: &str = "standby";

/// A program that does not run as root.
fn unprivileged(program: &str) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
    command
}

#[track_caller]
fn run<S: AsRef<OsStr>>(program: &str, words: impl IntoIterator<Item = S>) {
    let mut command = unprivileged(program);
    let output = command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs it"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder that an unprivileged program may write.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    if rustix::process::geteuid().is_root() {
        let given = Command::new("chown").arg("postgres").arg(folder.path()).status();
        assert!(given.expect("chown runs").success());
    }
    folder
}

/// One server; it ends with the test.
pub struct Cluster {
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Cluster {
    /// A server with the empty database `td`.
    pub fn primary() -> Self {
        let cluster = Cluster { port: free_port(), folder: folder() };
        let data = cluster.data();
        let data: &OsStr = data.as_os_str();
        let words = ["-U", "tokendesk", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"].map(OsStr::new);
        run("initdb", words.into_iter().chain([data]));
        cluster.start();
        cluster.execute("postgres", "CREATE DATABASE td");
        cluster
    }

    /// One that has what the primary has before the primary says that anything is done.
    pub fn synchronous_standby(primary: &Cluster) -> Self {
        let cluster = Cluster { port: free_port(), folder: folder() };
        let from = format!("host=127.0.0.1 port={} user=tokendesk application_name={STANDBY}", primary.port);
        let data = cluster.data();
        let words = ["-d", &from, "-R", "-X", "stream", "--checkpoint=fast", "-D"].map(OsStr::new);
        run("pg_basebackup", words.into_iter().chain([data.as_os_str()]));
        cluster.start();
        for setting in
            ["synchronous_commit = on".to_owned(), format!("synchronous_standby_names = 'FIRST 1 ({STANDBY})'")]
        {
            primary.execute("postgres", &format!("ALTER SYSTEM SET {setting}"));
        }
        primary.execute("postgres", "SELECT pg_reload_conf()");
        cluster
    }

    /// True once the primary waits for its standby.
    pub fn is_synchronous(&self) -> bool {
        self.number("SELECT COUNT(*) AS n FROM pg_stat_replication WHERE sync_state = 'sync'") == 1
    }

    /// Ends it at once, as if its machine had.
    pub fn kill(&self) {
        run("pg_ctl", ["-D".as_ref(), self.data().as_os_str(), "-m".as_ref(), "immediate".as_ref(), "stop".as_ref()]);
    }

    /// Makes a standby the primary, and waits until it is.
    pub fn promote(&self) {
        run("pg_ctl", ["-D".as_ref(), self.data().as_os_str(), "-w".as_ref(), "promote".as_ref()]);
    }

    /// The number `n` that a query on the database `td` answers.
    pub fn number(&self, query: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let number: Result<Number, _> = diesel::sql_query(query).get_result(&mut self.connect("td"));
        number.expect("the server answers").n
    }

    /// The address of its database `td`.
    pub fn url(&self) -> String {
        self.address("td")
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://tokendesk@127.0.0.1:{}/{database}", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it, again after it was killed.
    pub fn start(&self) {
        let (folder, port) = (self.folder.path().display(), self.port);
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}");
        let (data, log) = (self.data(), self.folder.path().join("log"));
        let words = ["-D".as_ref(), data.as_os_str(), "-w".as_ref(), "-l".as_ref(), log.as_os_str(), "-o".as_ref()];
        run("pg_ctl", words.into_iter().chain([options.as_ref(), "start".as_ref()]));
    }

    fn connect(&self, database: &str) -> PgConnection {
        PgConnection::establish(&self.address(database)).expect("the server answers")
    }

    /// Runs a statement on one of its databases.
    pub fn execute(&self, database: &str, sql: &str) {
        self.connect(database).batch_execute(sql).expect("the statement runs");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = unprivileged("pg_ctl");
        stop.arg("-D").arg(self.data()).args(["-m", "immediate", "stop"]);
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A running PgBouncer in transaction mode; it ends with the test.
pub struct Bouncer {
    pub port: u16,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Bouncer {
    /// Starts one before the PostgreSQL at `url` (`postgres://user@host:port/…`), with so many connections to it.
    pub fn start(url: &str, connections: u32) -> Self {
        let url: url::Url = url.parse().expect("the address of one server");
        let (folder, port) = (folder(), free_port());
        let path = |name: &str| folder.path().join(name);
        let (host, to) = (url.host_str().expect("a host"), url.port().expect("a port"));
        let user = url.username();
        write(&path("users"), &format!("\"{user}\" \"\"\n"));
        write(
            &path("pgbouncer.ini"),
            &format!(
                "[databases]\n* = host={host} port={to}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
                 unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\n\
                 default_pool_size = {connections}\n",
                path("users").display()
            ),
        );
        let mut command = unprivileged("pgbouncer");
        command.arg("--quiet").arg(path("pgbouncer.ini")).stderr(Stdio::null());
        let process = command.spawn().expect("pgbouncer is installed (tests/run does it)");
        Bouncer { port, process, _folder: folder }
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the folder can be written");
}
