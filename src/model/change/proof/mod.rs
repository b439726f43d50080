//! Record-level evidence, gathered after a change has settled and only on request.
//!
//! It has two kinds: *verified by write* (AWS's own method: the `EncryptionType` in the answer to a put) and *seen on
//! read* (the `EncryptionType` of records that others wrote after settling). A producer's answer that a user pastes is
//! a third, shown as that user's report.

mod interrupted;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Action;
use crate::model::time::Timestamp;

/// How many shards a sentence names; the rest are counted.
const NAMED: usize = 5;
/// A proof without a result after this long was interrupted.
pub const LONGEST_MS: i64 = 10 * crate::model::time::MINUTE_MS;

/// All proofs requested for one change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The last write; a repeat replaces it.
    pub write: Option<ProofRequest<WriteResult>>,
    pub read: Option<ProofRequest<ReadResult>>,
    /// Oldest first.
    pub reports: Vec<Reported>,
}

/// A requested proof, and its result once there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRequest<T> {
    pub by: String,
    pub at: Timestamp,
    pub result: Option<Done<T>>,
}

/// A result and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done<T> {
    pub at: Timestamp,
    pub outcome: Result<T, String>,
}

/// The answers to test records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteResult {
    /// The number of open shards.
    pub shards: u32,
    /// How many shards answered NONE, KMS, and something else or nothing.
    pub none: u32,
    pub kms: u32,
    pub unstated: u32,
    /// Shards whose record wasn't accepted, and why.
    pub failed: Vec<(String, String)>,
}

/// What records at the shards' tips showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadResult {
    pub shards: u32,
    /// Records that arrived after settling, by type.
    pub none: u64,
    pub kms: u64,
    pub unstated: u64,
    /// Open shards without any new record.
    pub idle: Vec<String>,
    /// Shards that closed during the read.
    pub closed: Vec<String>,
    /// Shards that couldn't be read, and why.
    pub failed: Vec<(String, String)>,
}

/// A producer's answer that a user pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    pub by: String,
    pub at: Timestamp,
    /// AWS's word in the answer.
    pub encryption_type: String,
    /// The shards that it names.
    pub shards: Vec<String>,
}

/// Returns the encryption type that a change wants to see in records.
pub const fn wanted(action: Action) -> &'static str {
    match action {
        Action::Disable => "NONE",
        Action::Enable => "KMS",
    }
}

impl WriteResult {
    fn of_word(&self, word: &str) -> u32 {
        if word == "NONE" { self.none } else { self.kms }
    }

    /// Returns whether every open shard answered with the wanted type.
    pub fn proves(&self, action: Action) -> bool {
        self.shards > 0 && self.of_word(wanted(action)) == self.shards
    }

    /// Returns whether a shard answered with the other type.
    pub fn contradicts(&self, action: Action) -> bool {
        let other = match action {
            Action::Disable => self.kms,
            Action::Enable => self.none,
        };
        other > 0
    }

    /// Returns the outcome, as the audit chain records it.
    pub fn outcome(&self, action: Action) -> String {
        let word = wanted(action);
        let failed = listed(self.failed.iter().map(|(shard, why)| format!("{shard}: {why}")));
        let failed = if failed.is_empty() { String::new() } else { format!("; without a record: {failed}") };
        let other = match action {
            Action::Disable => self.kms,
            Action::Enable => self.none,
        };
        let other = if other > 0 { format!("; the other type on {other}") } else { String::new() };
        format!("PutRecords answered {word} on {} of {} shards{other}{failed}", self.of_word(word), self.shards)
    }
}

impl ReadResult {
    /// Returns whether records of the wanted type were seen, and none of the other.
    pub fn proves(&self, action: Action) -> bool {
        let (wanted, other) = self.of(action);
        wanted > 0 && other == 0 && self.unstated == 0
    }

    /// Returns whether a record of the other type was seen.
    pub fn contradicts(&self, action: Action) -> bool {
        self.of(action).1 > 0
    }

    const fn of(&self, action: Action) -> (u64, u64) {
        match action {
            Action::Disable => (self.none, self.kms),
            Action::Enable => (self.kms, self.none),
        }
    }

    /// Returns the outcome, as the audit chain records it.
    pub fn outcome(&self) -> String {
        let mut text = format!("{} records NONE, {} KMS", self.none, self.kms);
        if self.unstated > 0 {
            text.push_str(&format!(", {} without a type", self.unstated));
        }
        let parts = [
            (self.idle.len(), "without traffic, unproven", listed(self.idle.iter().cloned())),
            (self.closed.len(), "closed meanwhile, unproven", listed(self.closed.iter().cloned())),
            (
                self.failed.len(),
                "could not be read",
                listed(self.failed.iter().map(|(shard, why)| format!("{shard}: {why}"))),
            ),
        ];
        for (count, what, names) in parts.into_iter().filter(|(count, ..)| *count > 0) {
            let noun = if count == 1 { "shard" } else { "shards" };
            text.push_str(&format!("; {count} {noun} {what} ({names})"));
        }
        text
    }
}

/// Returns the first names, and how many more there are.
pub fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(NAMED);
    let mut text = items.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

impl<T> ProofRequest<T> {
    /// Returns whether the result is still to come.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.has_no_result() && now.millis_since(self.at) < LONGEST_MS
    }

    const fn has_no_result(&self) -> bool {
        self.result.is_none()
    }

    /// Returns the result and its time, if there is one.
    fn found(&self) -> Option<(&T, Timestamp)> {
        let done = self.result.as_ref()?;
        Some((done.outcome.as_ref().ok()?, done.at))
    }
}

impl Proof {
    /// Returns when records first proved the wanted state, and how.
    ///
    /// A proof that contradicts it, or a type that was the same before, proves nothing.
    pub fn proven_at(&self, action: Action) -> Option<Timestamp> {
        if self.contradicts(action) {
            return None;
        }
        let write = self
            .write
            .as_ref()
            .and_then(ProofRequest::found)
            .filter(|(result, _)| result.proves(action))
            .map(|(_, at)| at);
        let read = self
            .read
            .as_ref()
            .and_then(ProofRequest::found)
            .filter(|(result, _)| result.proves(action))
            .map(|(_, at)| at);
        write.into_iter().chain(read).min()
    }

    /// Returns whether records contradict the change.
    pub fn contradicts(&self, action: Action) -> bool {
        let write = self.write.as_ref().and_then(ProofRequest::found);
        let read = self.read.as_ref().and_then(ProofRequest::found);
        write.is_some_and(|(result, _)| result.contradicts(action))
            || read.is_some_and(|(result, _)| result.contradicts(action))
    }

    /// Returns when the latest proof without a result was requested.
    pub fn asked_at(&self) -> Option<Timestamp> {
        let write = self.write.as_ref().filter(|request| request.has_no_result()).map(|request| request.at);
        let read = self.read.as_ref().filter(|request| request.has_no_result()).map(|request| request.at);
        write.max(read)
    }

    /// Returns whether a proof was requested and has no result.
    pub fn is_asked(&self) -> bool {
        self.asked_at().is_some()
    }

    /// Returns whether a proof is running.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.write.as_ref().is_some_and(|request| request.is_running(now))
            || self.read.as_ref().is_some_and(|request| request.is_running(now))
    }
}

/// The pasted text isn't the answer to a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAnswer;

/// Parses a producer's pasted answer to PutRecord or PutRecords, as the AWS CLI and the SDKs print it. Returns its type
/// and shards.
///
/// # Errors
/// If it isn't JSON with an `EncryptionType` of NONE or KMS.
pub fn parse_answer(text: &str) -> Result<(String, Vec<String>), NotAnAnswer> {
    let answer: Value = serde_json::from_str(text.trim()).map_err(|_| NotAnAnswer)?;
    let word = answer
        .get("EncryptionType")
        .and_then(Value::as_str)
        .filter(|word| matches!(*word, "NONE" | "KMS"))
        .ok_or(NotAnAnswer)?;
    let of = |value: &Value| {
        value.get("ShardId").and_then(Value::as_str).filter(|shard| is_shard_id(shard)).map(ToOwned::to_owned)
    };
    let in_records = answer.get("Records").and_then(Value::as_array).into_iter().flatten().filter_map(of);
    let mut shards: Vec<String> = of(&answer).into_iter().chain(in_records).collect();
    shards.sort_unstable();
    shards.dedup();
    Ok((word.to_owned(), shards))
}

fn is_shard_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}
