//! The room on the disk of the embedded database.

use std::path::Path;

use super::Db;

impl Db {
    /// Bytes that this process may still write on the disk of the embedded database; `None` for PostgreSQL, which has a
    /// disk of its own, and where the system does not say.
    pub fn room(&self) -> Option<u64> {
        let file = self.file.as_deref()?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let disk = rustix::fs::statvfs(folder).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}
