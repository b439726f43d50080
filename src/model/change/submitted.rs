//! The result of submitting a confirmed form.

use super::Change;

/// The result of submitting a confirmed form.
#[derive(Debug)]
pub enum Submitted {
    /// The change is recorded, by this submission or by an earlier one of the same form.
    Recorded(Box<Change>),
    /// Nothing was recorded: the stream has this active change.
    UnderWay { id: String },
}
