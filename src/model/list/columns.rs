//! The columns of the list.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// The value of `cols` for no optional columns.
pub(super) const NO_COLUMNS: &str = "none";

/// A column that is always shown, and that the list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum Column {
    Name,
    Encryption,
    Key,
    Status,
    Account,
    Region,
}

impl Column {
    pub const ALL: [Self; 6] = [Self::Name, Self::Encryption, Self::Key, Self::Status, Self::Account, Self::Region];

    pub(super) const fn slug(self) -> &'static str {
        self.into_str()
    }
}

/// An optional column (`cols`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum ExtraColumn {
    Retention,
    Shards,
    Mode,
    Created,
    Tags,
    NeededKeys,
}

impl ExtraColumn {
    pub const ALL: [Self; 6] = [Self::Retention, Self::Shards, Self::Mode, Self::Created, Self::Tags, Self::NeededKeys];

    pub const fn slug(self) -> &'static str {
        self.into_str()
    }

    /// Joins columns as an address and the remembered choice write them.
    pub fn joined(columns: &[Self]) -> String {
        if columns.is_empty() {
            NO_COLUMNS.to_owned()
        } else {
            columns.iter().map(|column| column.slug()).collect::<Vec<_>>().join(",")
        }
    }
}
