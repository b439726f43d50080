//! Checkpoints of the audit chain.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::takes::parsed;

const KEY_TAKES: &str = "the file of a key that `keystream audit key` made, together with checkpoint_file";
const FILE_TAKES: &str = "the file to which checkpoints of the audit chain are added, together with checkpoint_key";

/// The key that signs checkpoints, and the file to which they are added: both or neither.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoints {
    /// The file of the key that signs checkpoints of the audit chain, readable by its owner only.
    #[arg(long)]
    #[serde(default, deserialize_with = "key")]
    checkpoint_key: Option<PathBuf>,
    /// The file to which checkpoints are added, hourly while serving; one per instance.
    #[arg(long)]
    #[serde(default, deserialize_with = "file")]
    checkpoint_file: Option<PathBuf>,
}

impl Checkpoints {
    /// The key and the file, where they are configured.
    pub fn key_and_file(&self) -> Option<(&Path, &Path)> {
        self.checkpoint_key.as_deref().zip(self.checkpoint_file.as_deref())
    }

    /// The key of the setting that is there without the other one, and what it takes.
    pub const fn half(&self) -> Option<(&'static str, &'static str)> {
        match (&self.checkpoint_key, &self.checkpoint_file) {
            (Some(_), None) => Some(("checkpoint_key", KEY_TAKES)),
            (None, Some(_)) => Some(("checkpoint_file", FILE_TAKES)),
            _ => None,
        }
    }
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
