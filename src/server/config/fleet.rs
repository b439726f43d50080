//! What Keystream reads and changes.

use clap::{ArgAction, Args};
use serde::{Deserialize, Deserializer};

use super::{
    takes::{by_comma, parsed},
    target::TargetSettings,
};

/// The targets, and whether they may be changed.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// ACCOUNT/REGION, by comma; `[[target]]` tables say more [default: the AWS SDK's own account and Region].
    #[arg(long)]
    #[serde(default, deserialize_with = "targets")]
    pub targets: Vec<TargetSettings>,
    /// Refuse every change, on the server.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true", default_value = "false")]
    #[serde(deserialize_with = "true_or_false")]
    pub read_only: bool,
}

fn targets<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<TargetSettings>, D::Error> {
    by_comma(value, TargetSettings::TAKES, |text| text.parse().ok())
}

fn true_or_false<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    parsed(value, "true or false", |text| text.parse().ok())
}
