//! CloudTrail's log.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{caller::Caller, clock::since_epoch, request_id::RequestIds};

/// The number of calls that are kept.
const MOST: usize = 10_000;

/// A call in CloudTrail's log.
#[derive(Debug, Clone)]
pub struct Entry {
    pub caller: Caller,
    pub operation: String,
    /// Seconds since 1970.
    pub at: f64,
    pub request_id: String,
    pub session: Option<String>,
    pub input: Value,
    /// The error code, if it was refused.
    pub error: Option<String>,
}

/// CloudTrail's log, oldest first.
#[derive(Debug, Default)]
pub struct Trail(VecDeque<Entry>);

impl Trail {
    /// The logged calls, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// Logs a call if it changes encryption.
    pub fn note(&mut self, entry: Entry) {
        if matches!(entry.operation.as_str(), "StartStreamEncryption" | "StopStreamEncryption") {
            self.0.push_back(entry);
            if self.0.len() > MOST {
                self.0.pop_front();
            }
        }
    }

    /// Logs successful calls for a stream by somebody else, an hour ago and a second apart.
    pub fn record_others(&mut self, caller: &Caller, operation: &str, stream: &str, count: u32, ids: &mut RequestIds) {
        for number in 0..count {
            let at = since_epoch().as_secs_f64() - 3_600.0 + f64::from(number);
            self.record_another(caller, operation, stream, at, ids.next_id());
        }
    }

    /// Logs a successful call for a stream by somebody else, at a time in seconds since 1970.
    pub fn record_another(&mut self, caller: &Caller, operation: &str, stream: &str, at: f64, request_id: String) {
        self.note(Entry {
            caller: caller.clone(),
            operation: operation.to_owned(),
            at,
            request_id,
            session: Some("tf-ci".to_owned()),
            input: json!({"StreamName": stream}),
            error: None,
        });
    }
}
