//! A stream that has the same name as another.

use super::TargetCard;
use crate::model::stream::StreamId;

/// A stream with the same name in another account or Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesake {
    pub id: StreamId,
    pub target: TargetCard,
}
