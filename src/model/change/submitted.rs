//! What came of a confirmed form.

use super::Change;

/// What came of a confirmed form.
#[derive(Debug)]
pub enum Submitted {
    /// The change is recorded, by this form or by the same one before.
    Recorded(Box<Change>),
    /// Nothing was recorded: the stream has this change under way.
    UnderWay { id: String },
}
