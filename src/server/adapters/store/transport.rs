//! Where a database is, and whether what goes between Keystream and it can be read or changed on the way.

use std::path::PathBuf;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{database::Address, error::StoreError, filesystem};
use crate::model::loopback::is_loopback_host;

/// Says what is wrong with the way to this database, or with its place, if anything is.
///
/// # Errors
/// When it isn't the URL of a database.
pub fn weakness(url: &str) -> Result<Option<String>, StoreError> {
    Ok(match Address::parse(url)? {
        Address::Postgres(options) => weakness_of(&options),
        Address::Sqlite { path, .. } => filesystem::weakness(&path),
    })
}

/// Returns the file of a database on SQLite; `None` for one on Postgres.
///
/// # Errors
/// When it isn't the URL of a database.
pub fn file_of(url: &str) -> Result<Option<PathBuf>, StoreError> {
    Ok(match Address::parse(url)? {
        Address::Sqlite { path, .. } => Some(path),
        Address::Postgres(_) => None,
    })
}

fn weakness_of(options: &PgConnectOptions) -> Option<String> {
    let (host, mode) = (options.get_host(), options.get_ssl_mode());
    let is_here = options.get_socket().is_some() || host.starts_with('/') || is_loopback_host(host);
    let word = match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa | PgSslMode::VerifyFull => return None,
    };
    let what = if matches!(mode, PgSslMode::Require) { "to anybody who poses as it" } else { "without encryption" };
    (!is_here).then(|| {
        format!("with sslmode={word}, what is sent to the database at {host} may go {what}; set sslmode=verify-full")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verified_server_elsewhere_passes() {
        let cases = [
            ("postgres://u@127.0.0.1/x?sslmode=disable", None),
            ("postgres://u@localhost/x?sslmode=prefer", None),
            ("postgres:///x?host=/run/postgresql&sslmode=disable", None),
            ("postgres://u@db.example/x?sslmode=verify-full", None),
            ("postgres://u@db.example/x?sslmode=verify-ca", None),
            ("postgres://u@db.example/x?sslmode=disable", Some("without encryption")),
            ("postgres://u@db.example/x?sslmode=allow", Some("without encryption")),
            ("postgres://u@db.example/x?sslmode=prefer", Some("without encryption")),
            ("postgres://u:hunter2@10.0.0.7/x?sslmode=require", Some("to anybody who poses as it")),
        ];
        for (url, expected) in cases {
            let said = weakness(url).unwrap();
            assert_eq!(said.is_some(), expected.is_some(), "{url}: {said:?}");
            let (said, expected) = (said.unwrap_or_default(), expected.unwrap_or_default());
            assert!(said.contains(expected) && !said.contains("hunter2"), "{url}: {said}");
        }
    }
}
