//! The lock that keeps a SQLite database to one server. The operating system releases it however the process ends.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use super::error::StoreError;

/// Takes the lock file beside the database file; `None` if another process holds it.
///
/// # Errors
/// When the file can't be created or locked.
pub fn take(database: &Path) -> Result<Option<File>, StoreError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let failed = |cause| StoreError::Lock { path: path.display().to_string(), cause };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
