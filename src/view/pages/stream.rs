//! One stream.

use crate::{
    model::{
        change::quota::Count,
        inventory::{StreamRow, TargetCard},
        stream::StreamReport,
    },
    view::change_card::ChangeCard,
};

/// The model of `/streams/{account}/{region}/{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPage {
    pub row: StreamRow,
    pub report: Option<StreamReport>,
    pub target: TargetCard,
    /// Newest first.
    pub changes: Vec<ChangeCard>,
    /// How many of AWS's 25 calls a day are used.
    pub disables: Quota,
    pub enables: Quota,
}

/// How many of AWS's 25 calls a day are used, and how far the count covers CloudTrail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quota {
    pub count: Count,
    /// `CloudTrail read at 13:55:02 UTC; it lags by minutes`.
    pub trail: String,
}
