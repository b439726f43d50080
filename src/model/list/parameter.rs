//! The parameters of the list's address, and the ignored parts of one.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// A parameter of the list's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum Parameter {
    /// Part of the name.
    Q,
    Encryption,
    Status,
    Account,
    Region,
    Mode,
    /// Part of the KeyId.
    Key,
    Tag,
    /// How long ago the last read was.
    Age,
    Sort,
    Page,
    Per,
    Cols,
}

impl Parameter {
    /// Returns its name in the address.
    pub const fn slug(self) -> &'static str {
        self.into_str()
    }
}

/// An ignored part of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// A value that the parameter doesn't accept; its first 80 characters.
    Value { parameter: Parameter, value: String },
    /// More parts than are named.
    More,
}
