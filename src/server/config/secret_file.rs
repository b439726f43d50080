//! Secrets in files of their own.

use std::{fs::File, io::Read, path::Path, str::FromStr};

use secrecy::{ExposeSecret, SecretString};

use super::error::ConfigError;

/// The largest file of a secret, in bytes.
const LONGEST: u64 = 4_096;

/// Reads the secret in the file that the setting `key` names, which may end with a line break.
///
/// # Errors
/// If the file can't be read or has no such secret.
pub fn secret_in<T: FromStr<Err = &'static str>>(key: &str, path: &Path) -> Result<T, ConfigError> {
    let refused = |why: String| ConfigError::File { path: format!("{key}: {}", path.display()), why };
    let mut text = String::new();
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    file.take(LONGEST).read_to_string(&mut text).map_err(|error| refused(error.to_string()))?;
    let text = SecretString::from(text);
    let secret: Result<T, &'static str> = text.expose_secret().trim_end_matches(['\n', '\r']).parse();
    secret.map_err(|takes| refused(format!("it takes {takes}")))
}
