//! The parameters of the list's address, and what of one was ignored.

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
    /// How long ago the last read is.
    Age,
    Sort,
    Page,
    Per,
    Cols,
}

impl Parameter {
    /// As the address writes it.
    pub const fn slug(self) -> &'static str {
        self.into_str()
    }
}

/// What of an address was ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// A value that the parameter doesn't take; the first 80 characters of it.
    Value { parameter: Parameter, value: String },
    /// And more that isn't named.
    More,
}
