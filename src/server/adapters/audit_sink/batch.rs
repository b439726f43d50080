//! Rows of the audit chain that are delivered together.

use crate::model::access::chain_place::ChainPlace;

/// Successive rows of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// A line of JSON for each row.
    pub lines: Vec<u8>,
    /// The number of the first row.
    pub first: i64,
    /// The last row.
    pub last: ChainPlace,
}
