//! `tokendesk service`: a unit of systemd under which the server has nothing but what it needs (PRODUCT.md §13).

use std::{
    fmt::Write as _,
    path::{Path, PathBuf, absolute},
};

use clap::Args;

use crate::{
    commands::ConfigArgs,
    config::Settings,
    error::{Error, Result},
};

/// Where systemd makes folders of state, 0700 and the user's own.
const STATE: &str = "/var/lib";

/// The first port that anybody may listen on.
const FREE_PORTS: u16 = 1024;

/// What every server does without. In the order of systemd.exec(5).
const HARDENING: &str = "\
NoNewPrivileges=yes
SecureBits=noroot-locked
UMask=0077
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateIPC=yes
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
DevicePolicy=closed
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
";

/// What is printed.
#[derive(Args)]
pub struct Flags {
    /// The user who runs the server and has its files. A fixed one: what root makes for it has to stay its own.
    #[arg(long, value_name = "NAME", default_value = "tokendesk")]
    user: String,
    /// The program; left out: the one that prints this.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// The settings file (TOML).
    #[arg(long, short = 'c', value_name = "FILE")]
    config: PathBuf,
}

/// Prints the unit, and below it on standard error what to do with it.
pub fn run(flags: &Flags) -> Result<()> {
    let settings = ConfigArgs::of(&flags.config).settings()?;
    let program = match &flags.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().map_err(|error| {
            Error::Internal(format!("This program does not know where it is ({error}): name it with --program."))
        })?,
    };
    print!("{}", unit(&settings, &flags.user, &whole(&program)?, &whole(&flags.config)?)?);
    eprintln!(
        "Next: write this to /etc/systemd/system/tokendesk.service, see that {} belongs to the user {}, and run \
         “systemctl enable --now tokendesk”.",
        flags.config.display(),
        flags.user
    );
    Ok(())
}

/// The unit. A service that listens on a port below 1024 is given the right to, and no other right.
///
/// # Errors
/// `Internal` with a sentence if a user or a path is none that a unit can hold.
fn unit(settings: &Settings, user: &str, program: &str, config: &str) -> Result<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if user.is_empty()
        || user == "root"
        || !user.chars().all(plain)
        || user.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    {
        return Err(Error::Internal(format!(
            "--user is “{user}”, but must be a user of this machine other than root."
        )));
    }
    let listens = [Some(settings.listen), settings.http_listen];
    let right =
        if listens.iter().flatten().any(|address| address.port() < FREE_PORTS) { "CAP_NET_BIND_SERVICE" } else { "" };
    let data = whole(&settings.data_dir)?;
    let mut text = format!(
        "# Printed by `tokendesk service`.\n\
         [Unit]\n\
         Description=Tokendesk\n\
         Wants=network-online.target\n\
         After=network-online.target postgresql.service\n\
         ConditionPathExists={config}\n\
         \n\
         [Service]\n\
         Type=exec\n\
         ExecStart={program} serve --config {config}\n\
         User={user}\n\
         Group={user}\n\
         Restart=on-failure\n\
         RestartSec=2\n\
         TimeoutStopSec=60\n\
         LimitNOFILE=65536\n"
    );
    // A folder right below /var/lib is made by systemd; another has to be there.
    let folder = match Path::new(&data).parent() {
        Some(parent) if parent == Path::new(STATE) => {
            let name = data.rsplit('/').next().unwrap_or_default();
            format!("StateDirectory={name}\nStateDirectoryMode=0700\n")
        }
        _ => format!("ReadWritePaths={data}\n"),
    };
    let _ = write!(
        text,
        "{folder}\nAmbientCapabilities={right}\nCapabilityBoundingSet={right}\n{HARDENING}\n[Install]\nWantedBy=multi-user.target\n"
    );
    Ok(text)
}

/// The whole path, where the unit can hold it as it is.
fn whole(path: &Path) -> Result<String> {
    let whole = absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    let plain = |path: &String| {
        !path.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '\\' | '%' | '$'))
    };
    whole.filter(plain).ok_or_else(|| {
        Error::Internal(format!(
            "The path {} has a letter that a unit cannot hold: choose one without.",
            path.display()
        ))
    })
}
