//! The values of the list's filters.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::model::{
    inventory::StreamRow,
    stream::StreamStatus,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
};

/// A value of the status filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum StatusFilter {
    Active,
    Updating,
    Creating,
    Deleting,
    /// UPDATING, or with an active change.
    Changing,
}

impl StatusFilter {
    pub const ALL: [Self; 5] = [Self::Active, Self::Updating, Self::Creating, Self::Deleting, Self::Changing];

    pub const fn slug(self) -> &'static str {
        self.into_str()
    }

    pub(super) fn admits(self, row: &StreamRow) -> bool {
        let status = row.status.as_ref().map(|status| &status.value);
        match self {
            Self::Active => status == Some(&StreamStatus::Active),
            Self::Updating => status == Some(&StreamStatus::Updating),
            Self::Creating => status == Some(&StreamStatus::Creating),
            Self::Deleting => status == Some(&StreamStatus::Deleting),
            Self::Changing => row.is_changing(),
        }
    }
}

/// A value of the mode filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum ModeFilter {
    Provisioned,
    OnDemand,
}

impl ModeFilter {
    pub const ALL: [Self; 2] = [Self::Provisioned, Self::OnDemand];

    pub const fn slug(self) -> &'static str {
        self.into_str()
    }

    /// Returns AWS's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Provisioned => "PROVISIONED",
            Self::OnDemand => "ON_DEMAND",
        }
    }

    pub(super) fn admits(self, row: &StreamRow) -> bool {
        row.mode.as_deref() == Some(self.word())
    }
}

/// A value of the age filter: never read, or last read longer ago than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(const_into_str)]
pub enum AgeFilter {
    #[strum(serialize = "1m")]
    Minute,
    #[strum(serialize = "10m")]
    TenMinutes,
    #[strum(serialize = "1h")]
    Hour,
    #[strum(serialize = "1d")]
    Day,
    #[strum(serialize = "never")]
    NeverRead,
}

impl AgeFilter {
    pub const ALL: [Self; 5] = [Self::Minute, Self::TenMinutes, Self::Hour, Self::Day, Self::NeverRead];

    pub const fn slug(self) -> &'static str {
        self.into_str()
    }

    pub(super) fn admits(self, row: &StreamRow, now: Timestamp) -> bool {
        let longest = match self {
            Self::Minute => MINUTE_MS,
            Self::TenMinutes => 10 * MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
            Self::NeverRead => return row.read_at.is_none(),
        };
        row.read_at.is_none_or(|at| now.millis_since(at) > longest)
    }
}

/// A value of the tag filter: `KEY`, with any value, or `KEY=VALUE`. It is compared with each tag's key, and with its
/// key and value joined by `=`, so keys that contain `=` are found too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagFilter(String);

/// A text that can't be a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tag is a key of 1 to 128 characters, then perhaps = and a value of at most 256, of letters, digits, spaces and \
    _.:/=+-@"
)]
pub struct NoTag;

impl TagFilter {
    /// Returns the text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn admits(&self, row: &StreamRow) -> bool {
        let is_it = |key: &str, value: &str| {
            let rest = self.0.strip_prefix(key);
            rest == Some("") || rest.and_then(|rest| rest.strip_prefix('=')) == Some(value)
        };
        row.tags.as_ref().is_some_and(|tags| tags.iter().any(|(key, value)| is_it(key, value)))
    }
}

impl FromStr for TagFilter {
    type Err = NoTag;
    fn from_str(text: &str) -> Result<Self, NoTag> {
        // Commas separate values; AWS allows none in a tag.
        let is_of_tag = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        let is_tag =
            !text.is_empty() && !text.starts_with('=') && text.chars().count() <= 385 && text.chars().all(is_of_tag);
        if is_tag { Ok(Self(text.to_owned())) } else { Err(NoTag) }
    }
}

impl TryFrom<String> for TagFilter {
    type Error = NoTag;
    fn try_from(text: String) -> Result<Self, NoTag> {
        text.parse()
    }
}

impl From<TagFilter> for String {
    fn from(filter: TagFilter) -> Self {
        filter.0
    }
}
