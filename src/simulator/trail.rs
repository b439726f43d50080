//! What CloudTrail keeps.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{caller::Caller, clock::since_epoch, request_id::RequestIds};

/// Older ones are forgotten.
const MOST: usize = 10_000;

/// One call, as CloudTrail keeps it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub caller: Caller,
    pub operation: String,
    /// Seconds since 1970.
    pub at: f64,
    pub request_id: String,
    pub session: Option<String>,
    pub input: Value,
    /// The code with which it was refused.
    pub error: Option<String>,
}

/// Everything that CloudTrail keeps, oldest first.
#[derive(Debug, Default)]
pub struct Trail(VecDeque<Entry>);

impl Trail {
    /// Everything that is kept, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// Keeps a call that changes something.
    pub fn note(&mut self, entry: Entry) {
        if matches!(entry.operation.as_str(), "StartStreamEncryption" | "StopStreamEncryption") {
            self.0.push_back(entry);
            if self.0.len() > MOST {
                self.0.pop_front();
            }
        }
    }

    /// Keeps so many successful calls for a stream by somebody else, an hour ago and a second apart.
    pub fn note_others(&mut self, caller: &Caller, operation: &str, stream: &str, count: u32, ids: &mut RequestIds) {
        for number in 0..count {
            let at = since_epoch().as_secs_f64() - 3_600.0 + f64::from(number);
            self.note_another(caller, operation, stream, at, ids.next_id());
        }
    }

    /// Keeps one successful call for a stream by somebody else, at a time in seconds since 1970.
    pub fn note_another(&mut self, caller: &Caller, operation: &str, stream: &str, at: f64, request_id: String) {
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
