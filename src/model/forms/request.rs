//! The request for a confirmation.

use serde::{Deserialize, Serialize};

use crate::model::stream::StreamId;

/// A request for a confirmation: its stream, and what the address of its page says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationRequest {
    pub account: String,
    pub region: String,
    pub name: String,
    /// The code of the mistake after which the form comes back, and the draft of what was typed.
    pub problem: Option<String>,
    pub draft: Option<String>,
    /// The disable that the enable undoes.
    pub undo: Option<String>,
    /// The key that is filled in.
    pub key: Option<String>,
    /// The search among the keys shown, and the page of the result.
    pub keys: Option<String>,
    pub key_page: Option<String>,
}

impl From<StreamId> for ConfirmationRequest {
    fn from(stream: StreamId) -> Self {
        let StreamId { account, region, name } = stream;
        Self { account: account.into(), region: region.into(), name: name.into(), ..Self::default() }
    }
}
