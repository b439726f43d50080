//! What streams' tags mean.

use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::takes::{by_comma, parsed};
use crate::model::inventory::TagMeanings;

/// The tags that say who owns and manages a stream. Confirmations show it.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tags {
    /// Names of the tags whose value is a stream's owner, by comma.
    #[arg(long, default_value = "owner,team")]
    #[serde(deserialize_with = "names")]
    pub owner_tags: Vec<String>,
    /// The tag, as NAME=VALUE, of streams that Terraform manages.
    #[arg(long, default_value = "managed_by=terraform")]
    #[serde(deserialize_with = "pair")]
    pub terraform_tag: TagPair,
}

impl From<Tags> for TagMeanings {
    fn from(tags: Tags) -> Self {
        let TagPair { name, value } = tags.terraform_tag;
        Self { owner: tags.owner_tags, terraform: (name, value) }
    }
}

/// A tag's name and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPair {
    name: String,
    value: String,
}

impl FromStr for TagPair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const TAKES: &str = "a tag's name and value, such as managed_by=terraform";
        let (name, value) = text.split_once('=').map(|(name, value)| (name.trim(), value.trim())).ok_or(TAKES)?;
        if name.is_empty() || value.is_empty() {
            return Err(TAKES);
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

fn names<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    by_comma(value, "names of tags, by comma, such as owner,team", |text| Some(text.to_owned()))
}

fn pair<'de, D: Deserializer<'de>>(value: D) -> Result<TagPair, D::Error> {
    parsed(value, "a tag's name and value, such as managed_by=terraform", |text| text.parse().ok())
}
