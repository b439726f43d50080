//! The log of calls: the result of each, and counts by operation and outcome.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{caller::Caller, clock::since_epoch, outcome::Outcome};

/// The outcome of a call that was carried out.
const OK: &str = "ok";
/// AWS's refusal of a call that comes too often.
const THROTTLED: &str = "LimitExceededException";

/// One call, as `/_control/calls` lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    pub operation: String,
    pub account: String,
    pub region: String,
    pub stream: Option<String>,
    /// Whether the stream was named by its ARN.
    pub is_by_arn: bool,
    /// The key named by the call.
    pub key: Option<String>,
    /// The assumed session in which it was made.
    pub session: Option<String>,
    /// Whom the assumed session names as its source.
    pub source_identity: Option<String>,
    pub outcome: String,
    /// Whether its answer was sent unaltered.
    pub is_told: bool,
    /// How long the answer was held back.
    pub held_ms: u64,
    /// What a describe returned.
    pub described: Option<Described>,
    /// The key that KMS described.
    pub found_key: Option<FoundKey>,
    /// The names and statuses that a listing returned.
    pub listed: Vec<(String, String)>,
    pub at_ms: u128,
}

/// The stream that a call is about, if it is about one.
#[derive(Debug, Clone, Default)]
pub struct Named {
    pub stream: Option<String>,
    pub is_by_arn: bool,
    pub key: Option<String>,
}

/// The part of a description that changes of encryption concern.
#[derive(Debug, Clone, Serialize)]
pub struct Described {
    pub status: String,
    pub encryption: Option<String>,
    pub key: Option<String>,
    pub created: f64,
    pub retention_hours: Option<i64>,
}

/// A key as KMS described it.
#[derive(Debug, Clone, Serialize)]
pub struct FoundKey {
    pub arn: String,
    pub state: String,
}

/// Every call so far.
#[derive(Debug, Default)]
pub struct CallLog {
    calls: Vec<Call>,
    /// Counts by operation and outcome, so that nobody has to fetch the whole log again and again.
    counts: BTreeMap<String, BTreeMap<String, u64>>,
}

impl CallLog {
    /// Logs a call. `is_told` says whether its answer reached the caller whole.
    pub fn note(
        &mut self,
        operation: &str,
        caller: &Caller,
        named: &Named,
        session: Option<&str>,
        outcome: &Outcome,
        is_told: bool,
    ) {
        let answer = outcome.as_ref().ok().and_then(Option::as_ref).filter(|_| is_told);
        let description = answer
            .and_then(|answer| answer.get("StreamDescriptionSummary").or_else(|| answer.get("StreamDescription")));
        let word = outcome.as_ref().map_or_else(|refused| refused.code.clone(), |_| OK.to_owned());
        self.count(operation, &word);
        self.calls.push(Call {
            operation: operation.to_owned(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            stream: named.stream.clone(),
            is_by_arn: named.is_by_arn,
            key: named.key.clone(),
            session: session.map(ToOwned::to_owned),
            source_identity: None,
            outcome: word,
            is_told,
            held_ms: 0,
            found_key: answer.and_then(|answer| answer.get("KeyMetadata")).map(found_key),
            described: description.map(described),
            listed: answer.map(listed).unwrap_or_default(),
            at_ms: since_epoch().as_millis(),
        });
    }

    /// Notes whom the last logged call named as the source of its session.
    pub fn name_source(&mut self, source_identity: &str) {
        if let Some(call) = self.calls.last_mut().filter(|_| !source_identity.is_empty()) {
            call.source_identity = Some(source_identity.to_owned());
        }
    }

    /// Notes how long the answer to the last logged call is held back.
    pub fn hold_last(&mut self, millis: u64) {
        if let Some(call) = self.calls.last_mut() {
            call.held_ms = millis;
        }
    }

    fn count(&mut self, operation: &str, outcome: &str) {
        let outcomes = self
            .counts
            .entry(operation.to_owned())
            // Both are listed even while there are none.
            .or_insert_with(|| BTreeMap::from([(OK.to_owned(), 0), (THROTTLED.to_owned(), 0)]));
        *outcomes.entry(outcome.to_owned()).or_default() += 1;
    }

    /// All calls, oldest first.
    pub fn all(&self) -> &[Call] {
        &self.calls
    }

    /// How many calls there were by operation and outcome: `ok`, or AWS's code.
    pub const fn counts(&self) -> &BTreeMap<String, BTreeMap<String, u64>> {
        &self.counts
    }

    pub fn clear(&mut self) {
        self.calls.clear();
        self.counts.clear();
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(ToOwned::to_owned)
}

fn described(description: &Value) -> Described {
    Described {
        status: text(description, "StreamStatus").unwrap_or_default(),
        encryption: text(description, "EncryptionType"),
        key: text(description, "KeyId"),
        created: description.get("StreamCreationTimestamp").and_then(Value::as_f64).unwrap_or_default(),
        retention_hours: description.get("RetentionPeriodHours").and_then(Value::as_i64),
    }
}

fn found_key(metadata: &Value) -> FoundKey {
    FoundKey { arn: text(metadata, "Arn").unwrap_or_default(), state: text(metadata, "KeyState").unwrap_or_default() }
}

/// The names of one page at most, each with its status.
fn listed(answer: &Value) -> Vec<(String, String)> {
    let summaries = answer.get("StreamSummaries").and_then(Value::as_array);
    summaries
        .into_iter()
        .flatten()
        .filter_map(|one| Some((text(one, "StreamName")?, text(one, "StreamStatus")?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::outcome::Refused;

    #[test]
    fn calls_are_counted_by_operation_and_outcome() {
        let caller = Caller { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() };
        let mut log = CallLog::default();
        let page = json!({"StreamSummaries": [{"StreamName": "orders", "StreamStatus": "ACTIVE"}]});
        log.note("ListStreams", &caller, &Named::default(), None, &Ok(Some(page)), true);
        log.note("ListStreams", &caller, &Named::default(), None, &Err(Refused::new(THROTTLED, "Rate exceeded")), true);
        let named = Named { stream: Some("orders".to_owned()), ..Named::default() };
        log.note(
            "DescribeStreamSummary",
            &caller,
            &named,
            None,
            &Err(Refused::new("ResourceNotFoundException", "")),
            true,
        );
        assert_eq!(
            json!(log.counts()),
            json!({
                "ListStreams": {"ok": 1, "LimitExceededException": 1},
                "DescribeStreamSummary": {"ok": 0, "LimitExceededException": 0, "ResourceNotFoundException": 1},
            })
        );
        assert_eq!(log.all()[0].listed, [("orders".to_owned(), "ACTIVE".to_owned())]);
        let summary = json!({"StreamDescriptionSummary": {"StreamStatus": "ACTIVE", "RetentionPeriodHours": 48}});
        log.note("DescribeStreamSummary", &caller, &named, None, &Ok(Some(summary.clone())), true);
        log.hold_last(7);
        log.note("DescribeStreamSummary", &caller, &named, None, &Ok(Some(summary)), false);
        let key = json!({"KeyMetadata": {"Arn": "arn:aws:kms:eu-west-1:111122223333:key/1", "KeyState": "Enabled"}});
        log.note("DescribeKey", &caller, &Named::default(), None, &Ok(Some(key)), true);
        let [.., held, lost, found] = log.all() else { panic!("{log:?}") };
        assert_eq!(
            (held.described.as_ref().and_then(|read| read.retention_hours), held.is_told, held.held_ms),
            (Some(48), true, 7)
        );
        assert!(lost.described.is_none() && !lost.is_told);
        assert_eq!(found.found_key.as_ref().map(|key| key.state.as_str()), Some("Enabled"));
        log.clear();
        assert!(log.all().is_empty() && log.counts().is_empty());
    }
}
