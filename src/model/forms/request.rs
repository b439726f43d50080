//! The request for the list of keys.

use serde::{Deserialize, Serialize};

use crate::model::change::ChangeForm;

/// A request from the form of an enable for another page of the list of keys, or for a key in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRequest {
    /// The form, with what was typed so far.
    #[serde(flatten)]
    pub form: ChangeForm,
    /// The chosen key; empty if none was chosen yet.
    #[serde(default, rename = "use")]
    pub chosen: String,
    /// The page of the list to show.
    #[serde(default, rename = "key-page")]
    pub page: String,
}
