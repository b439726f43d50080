//! A place in the audit chain.

/// A row of the audit chain, by its number and its hash: an older database that was put back may have another row with
/// the number. The default is the place before the first row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainPlace {
    pub seq: i64,
    pub hash: String,
}
