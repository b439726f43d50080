//! How many of AWS's 25 calls a day are used.

use super::pages::Quota;
use crate::model::change::quota::{A_DAY, Count, StreamQuota, TrailCoverage, TrailProblem};

impl From<StreamQuota> for Quota {
    fn from(quota: StreamQuota) -> Self {
        Self { count: quota.count, trail: trail(&quota.trail) }
    }
}

/// Returns `7`, or `7 to 8` if an outcome isn't known.
pub fn range(count: &Count) -> String {
    if count.least == count.most { count.most.to_string() } else { format!("{} to {}", count.least, count.most) }
}

/// Returns `7 of 25 used`, or `25 of 25 used; the next is available at 23 Nov 14:02 UTC`.
pub fn sentence(count: &Count) -> String {
    let used = range(count);
    let frees = count
        .next_frees_at
        .filter(|_| count.most >= A_DAY)
        .map_or_else(String::new, |at| format!("; the next is available at {}", at.day_and_minute()));
    let refused =
        count.refused_at.map_or_else(String::new, |at| format!(". AWS refused another at {}", at.day_and_minute()));
    format!("{used} of {A_DAY} used{frees}{refused}")
}

/// Says how far a count covers CloudTrail: `CloudTrail read at 13:55:02 UTC; it lags by minutes`.
fn trail(coverage: &TrailCoverage) -> String {
    match coverage {
        TrailCoverage::NotChecked => "CloudTrail not checked".to_owned(),
        TrailCoverage::Read { at } => format!("CloudTrail read at {}; it lags by minutes", at.clock_seconds()),
        TrailCoverage::Incomplete(problem) => format!("CloudTrail couldn't be read: {}", why(problem)),
    }
}

fn why(problem: &TrailProblem) -> &str {
    match problem {
        TrailProblem::TooMany => "too many calls in 24 hours; the oldest are missing",
        TrailProblem::NoAnswer => "no answer within 2 s",
        TrailProblem::Failed { why } => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn an_outcome_that_is_not_known_makes_it_a_range() {
        let count = Count { least: 1, most: 2, next_frees_at: Some(Timestamp::from_millis(0)), refused_at: None };
        assert_eq!(sentence(&count), "1 to 2 of 25 used");
        assert_eq!(range(&Count { most: 1, ..count }), "1");
    }

    #[test]
    fn only_when_all_may_be_used_is_it_said_when_the_next_is_available() {
        let count = Count { least: 24, most: 25, next_frees_at: Some(Timestamp::from_millis(0)), refused_at: None };
        assert_eq!(sentence(&count), "24 to 25 of 25 used; the next is available at 1 Jan 00:00 UTC");
        assert_eq!(sentence(&Count { most: 24, ..count }), "24 of 25 used");
    }
}
