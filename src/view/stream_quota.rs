//! How many of AWS's 25 a day are used, as pages show it.

use super::pages::Quota;
use crate::model::change::quota::{StreamQuota, TrailCoverage, TrailProblem};

impl From<StreamQuota> for Quota {
    fn from(quota: StreamQuota) -> Self {
        Self { count: quota.count, trail: trail(&quota.trail) }
    }
}

/// How far CloudTrail is in a count: `CloudTrail read at 13:55:02 UTC; it lags by minutes`.
fn trail(coverage: &TrailCoverage) -> String {
    match coverage {
        TrailCoverage::NotChecked => "CloudTrail not checked".to_owned(),
        TrailCoverage::Read { at } => format!("CloudTrail read at {}; it lags by minutes", at.clock_seconds()),
        TrailCoverage::Incomplete(problem) => format!("CloudTrail could not be read: {}", why(problem)),
    }
}

fn why(problem: &TrailProblem) -> &str {
    match problem {
        TrailProblem::TooMany => "more calls in 24 h than are looked at; the oldest are missing",
        TrailProblem::NoAnswer => "no answer within 2 s",
        TrailProblem::Failed { why } => why,
    }
}
