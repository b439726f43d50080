//! The response to a submitted confirmation.

use serde::{Deserialize, Serialize};

/// The response to a submitted confirmation, for the dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Requested {
    /// The change is recorded, or the stream already had one under way: the id is that of its page, and the
    /// announcement the HTML for the status region.
    Change { id: String, announcement: String },
    /// A precondition didn't hold; the id is that of the rejected change. `parts` is the HTML of the part of the form
    /// that says so, with its id.
    Rejected { id: String, parts: String },
}
