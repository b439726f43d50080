//! What a page asks for.

use serde::{Deserialize, Serialize};

use crate::model::stream::StreamId;

/// A confirmation as it is asked for: its stream, and what the address of its page says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedConfirmation {
    pub account: String,
    pub region: String,
    pub name: String,
    /// The code of the mistake after which the form comes back, and the draft of what was typed.
    pub problem: Option<String>,
    pub draft: Option<String>,
    /// The disable that an enable takes back.
    pub undo: Option<String>,
    /// The key that is filled in.
    pub key: Option<String>,
    /// What is looked for among the keys that are shown, and which page of them.
    pub keys: Option<String>,
    pub key_page: Option<String>,
}

impl From<StreamId> for AskedConfirmation {
    fn from(stream: StreamId) -> Self {
        let StreamId { account, region, name } = stream;
        Self { account: account.into(), region: region.into(), name: name.into(), ..Self::default() }
    }
}
