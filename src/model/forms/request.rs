//! The request for a confirmation.

use serde::{Deserialize, Serialize};

use crate::model::stream::StreamId;

/// A request for a confirmation: its stream, and the parameters of its page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationRequest {
    pub account: String,
    pub region: String,
    pub name: String,
    /// The code of the mistake for which the form is shown again, and the draft of what was entered.
    pub problem: Option<String>,
    pub draft: Option<String>,
    /// The disable that the enable undoes.
    pub undo: Option<String>,
    /// The key to fill in.
    pub key: Option<String>,
    /// The search in the list of keys, and the page of the results.
    pub keys: Option<String>,
    pub key_page: Option<String>,
}

impl From<StreamId> for ConfirmationRequest {
    fn from(stream: StreamId) -> Self {
        let StreamId { account, region, name } = stream;
        Self { account: account.into(), region: region.into(), name: name.into(), ..Self::default() }
    }
}
