//! Checkpoints of the audit chain.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::{error::ConfigError, takes::parsed};

const KEY_TAKES: &str = "the file of a key that `keystream audit key` made";
const FILE_TAKES: &str = "the file to which checkpoints of the audit chain are added";

/// The key that signs checkpoints, and the file to which they are added.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoints {
    /// The key that signs checkpoints of the audit chain [default: a file beside the SQLite database].
    #[arg(long)]
    #[serde(default, deserialize_with = "key")]
    checkpoint_key: Option<PathBuf>,
    /// The file to which checkpoints are added, one per instance [default: a file beside the SQLite database].
    #[arg(long)]
    #[serde(default, deserialize_with = "file")]
    checkpoint_file: Option<PathBuf>,
}

/// Where the key and the checkpoints are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointPlaces {
    pub key: PathBuf,
    pub file: PathBuf,
    /// Whether the key is at its default place, where the server makes it.
    pub is_default_key: bool,
}

impl Checkpoints {
    /// Returns the configured places, each by default beside the database's file, if it has one.
    ///
    /// # Errors
    /// If one isn't configured and has no default.
    pub fn places(&self, database: Option<&Path>) -> Result<CheckpointPlaces, ConfigError> {
        let default = database.map(CheckpointPlaces::beside);
        let missing = |setting| ConfigError::CheckpointPlace { setting };
        let key = self.checkpoint_key.clone().or(default.as_ref().map(|places| places.key.clone()));
        let file = self.checkpoint_file.clone().or(default.map(|places| places.file));
        Ok(CheckpointPlaces {
            key: key.ok_or_else(|| missing("KEYSTREAM_CHECKPOINT_KEY"))?,
            file: file.ok_or_else(|| missing("KEYSTREAM_CHECKPOINT_FILE"))?,
            is_default_key: self.checkpoint_key.is_none(),
        })
    }
}

impl CheckpointPlaces {
    /// Returns the default places beside a database's file.
    pub fn beside(database: &Path) -> Self {
        let (key, file) = (beside(database, ".checkpoint-key.pem"), beside(database, ".checkpoints.jsonl"));
        Self { key, file, is_default_key: true }
    }
}

/// Returns the path of a file whose name begins with the database's.
fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}

fn key<'de, D: Deserializer<'de>>(value: D) -> Result<Option<PathBuf>, D::Error> {
    parsed(value, KEY_TAKES, path)
}

fn file<'de, D: Deserializer<'de>>(value: D) -> Result<Option<PathBuf>, D::Error> {
    parsed(value, FILE_TAKES, path)
}

/// A path; an empty text unsets the setting.
fn path(text: &str) -> Option<Option<PathBuf>> {
    Some((!text.is_empty()).then(|| PathBuf::from(text)))
}
