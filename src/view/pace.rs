//! How long changes take, and what to check when one takes long.

use crate::model::{
    change::TypicalDuration,
    time::{MINUTE_MS, SECOND_MS, span},
};

/// Returns `typical here is 14 s (95 % within 40 s)`.
pub fn usual(usual: Option<&TypicalDuration>) -> String {
    match usual {
        Some(TypicalDuration { p50_ms, p95_ms, .. }) => {
            format!("typical here is {} (95 % within {})", seconds(*p50_ms), seconds(*p95_ms))
        }
        None => "no baseline yet".to_owned(),
    }
}

/// Returns a duration in seconds up to two minutes, then in minutes: an age would round 100 s to 1 min.
fn seconds(millis: i64) -> String {
    if millis < 2 * MINUTE_MS { format!("{} s", (millis + 500) / SECOND_MS) } else { span(millis) }
}

/// What to check when a change has been under way for five minutes.
pub const CHECK_WHEN_SLOW: [&str; 4] = [
    "Whether anything else is changing this stream. Resharding, mode switches and consumer registration also cause \
    UPDATING. CloudTrail names who.",
    "The AWS Health Dashboard for Kinesis Data Streams in this Region.",
    "Whether reads and writes continue. They should; if they don't, deal with that first.",
    "If nothing explains it, open a case with AWS Support and paste the text below. Don't send the change again from \
    elsewhere.",
];
