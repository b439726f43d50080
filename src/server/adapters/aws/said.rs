//! What AWS says, kept up to a length. Nothing that answers in AWS's place can fill the database, a page or the log.
//!
//! Everything that AWS words freely passes here when it enters: the rest of the server needs no limits of its own. What
//! AWS defines exactly (ARNs, names, key ids) is parsed into types that are limited themselves.

use super::{ReadFailure, SendOutcome};
use crate::model::{
    change::refusal::{AwsWords, RefusalKind},
    shorten::shorten,
};

/// AWS's longest messages, which quote policies and ARNs, are shorter.
const LONGEST_SENTENCE: usize = 2_000;
/// Codes, states, request ids and the like.
const LONGEST_WORD: usize = 200;
/// AWS's own limits of tags. Those that AWS sets itself don't count against the number.
const LONGEST_TAG_KEY: usize = 128;
const LONGEST_TAG_VALUE: usize = 256;
const MOST_TAGS: usize = 200;

/// Returns a message, or a sentence of ours that quotes one.
pub fn sentence(text: impl Into<String>) -> String {
    shorten(text, LONGEST_SENTENCE)
}

/// Returns a word: a code, a state, a request id.
pub fn word(text: impl Into<String>) -> String {
    shorten(text, LONGEST_WORD)
}

/// Returns a tag's key and value.
pub fn tag(key: &str, value: &str) -> (String, String) {
    (shorten(key, LONGEST_TAG_KEY), shorten(value, LONGEST_TAG_VALUE))
}

/// Leaves out the last tags of a stream that has more than any can have.
pub fn most_of_tags(tags: &mut Vec<(String, String)>) {
    if tags.len() > MOST_TAGS {
        tracing::warn!(tags = tags.len(), "AWS reported more tags of one stream than are kept ({MOST_TAGS})");
        tags.truncate(MOST_TAGS);
    }
}

/// Returns the failure of a read.
pub fn failure(failure: ReadFailure) -> ReadFailure {
    ReadFailure { why: sentence(failure.why), in_short: sentence(failure.in_short), kind: failure.kind }
}

/// Returns what became of a mutating call.
pub fn outcome(outcome: SendOutcome) -> SendOutcome {
    match outcome {
        SendOutcome::Accepted { request_id } => SendOutcome::Accepted { request_id: request_id.map(word) },
        SendOutcome::Unknown { why } => SendOutcome::Unknown { why: sentence(why) },
        SendOutcome::Rejected(mut refusal) => {
            if let RefusalKind::NotSent { detail, .. } = &mut refusal.kind {
                *detail = sentence(std::mem::take(detail));
            }
            refusal.aws = refusal.aws.map(|AwsWords { code, message, request_id, at }| AwsWords {
                code: word(code),
                message: sentence(message),
                request_id: request_id.map(word),
                at,
            });
            SendOutcome::Rejected(refusal)
        }
    }
}
