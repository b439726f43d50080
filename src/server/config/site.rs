//! The built site.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::takes::parsed;

/// What browsers load beside the pages.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The directory of the built site: `pkg` and the files of `public` [default: `site` beside the program].
    #[arg(long)]
    #[serde(default, deserialize_with = "directory")]
    pub site_root: Option<PathBuf>,
}

fn directory<'de, D: Deserializer<'de>>(value: D) -> Result<Option<PathBuf>, D::Error> {
    parsed(value, "the directory of the built site", |text| Some(PathBuf::from(text))).map(Some)
}
