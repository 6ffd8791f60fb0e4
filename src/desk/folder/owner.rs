//! Whose the folder is: what one user makes in it another cannot open, so nobody but its owner works there
//! (PRODUCT.md §13).

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The number of root.
const ROOT: u32 = 0;

/// That whatever is there of these is this user's.
///
/// # Errors
/// `Internal` with whose it is and what to do, if root works for somebody else, or somebody has no access.
pub fn require(paths: &[PathBuf]) -> Result<()> {
    let own = rustix::process::geteuid().as_raw();
    match stranger(paths, own) {
        None => Ok(()),
        Some((path, owner)) => {
            let (path, owner, me) = (path.display(), name(owner), name(own));
            let what = if own == ROOT {
                format!(
                    "what you make there {owner} could not open. Run the command as {owner}: runuser -u {owner} -- tokendesk …"
                )
            } else {
                format!(
                    "you may not work with it. Run the command as {owner}, or let root give it to you: chown -R {me} {path}"
                )
            };
            Err(Error::Internal(format!("{path} belongs to the user {owner}, and you are {me}: {what}")))
        }
    }
}

/// The first of the paths that is another user's, with its owner. A folder of another's in which one may write is none
/// for whoever is not root: volumes of containers are such.
fn stranger(paths: &[PathBuf], own: u32) -> Option<(&Path, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    paths.iter().find_map(|path| {
        let about = std::fs::metadata(path).ok().filter(|about| about.uid() != own)?;
        let shared = about.is_dir() && own != ROOT && may_write(path);
        (!shared).then_some((path.as_path(), about.uid()))
    })
}

fn may_write(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// The name of a user as /etc/passwd has it, or the number.
fn name(id: u32) -> String {
    let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |line: &str| {
        let mut parts = line.split(':');
        let (name, number) = (parts.next()?, parts.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    };
    list.lines().find_map(of).unwrap_or_else(|| format!("with the number {id}"))
}
