//! What AWS had told Keystream, and what others had done to the stream, by the time a page was answered.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::super::support::{MovedClock, TestApp};

pub const STREAM: &str = "orders-prod";
/// An answer this shortly before a page's request may not have been processed yet.
const SLACK_MS: i64 = 800;

/// A call as the simulator logged it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Call {
    pub operation: String,
    pub stream: Option<String>,
    pub key: Option<String>,
    pub outcome: String,
    pub is_told: bool,
    pub held_ms: i64,
    pub described: Option<Described>,
    pub found_key: Option<FoundKey>,
    pub listed: Vec<(String, String)>,
    /// By the machine's clock.
    pub at_ms: i64,
    /// By the application's clock.
    #[serde(skip)]
    pub at: i64,
}

impl Call {
    pub fn is_not_found(&self) -> bool {
        self.outcome == "ResourceNotFoundException"
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Described {
    pub status: String,
    pub encryption: Option<String>,
    pub key: Option<String>,
    pub created: f64,
    pub retention_hours: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct FoundKey {
    pub arn: String,
}

/// Something that someone else did.
#[derive(Debug, Clone, Deserialize)]
pub struct Act {
    pub path: String,
    pub order: Value,
    pub at_ms: i64,
}

impl Act {
    /// Whether it changed the stream or its encryption.
    pub fn changes_the_stream(&self) -> bool {
        let has = |field: &str| self.order.get(field).is_some();
        self.path == "streams" && self.order["name"] == STREAM && ["key", "delete", "recreate"].into_iter().any(has)
    }
}

impl Described {
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
    }

    /// The encryption, with its key if it has one.
    pub fn state(&self) -> (Option<&str>, Option<&str>) {
        (self.encryption.as_deref(), self.key.as_deref())
    }

    /// Whether both concern the same stream: listings may round the creation time to the second.
    pub fn is_same_stream(&self, other: &Self) -> bool {
        (self.created - other.created).abs() < 1.0
    }
}

/// A description that reached Keystream, and its position in the log.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    pub index: usize,
    pub at: i64,
    pub said: &'a Described,
}

#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub calls: Vec<Call>,
    pub acts: Vec<Act>,
    /// The number of calls in the log before the page was requested.
    pub before: usize,
    /// When the page was requested, by the machine's clock.
    pub asked_ms: i64,
    /// The same, by the application's clock.
    pub asked_at: i64,
}

impl Evidence {
    /// All descriptions of the stream that reached Keystream, in AWS's order.
    pub fn reads(&self) -> impl DoubleEndedIterator<Item = Read<'_>> {
        self.calls.iter().enumerate().filter_map(|(index, call)| {
            let is_of_it = call.operation == "DescribeStreamSummary"
                && call.is_told
                && call.stream.as_deref().is_none_or(|name| name == STREAM);
            let said = call.described.as_ref().filter(|_| is_of_it)?;
            Some(Read { index, at: call.at, said })
        })
    }

    /// The answers that a page may show, as `said` sees them: the last one before its request, the one before that if
    /// the last was very recent, and all since.
    pub fn recent<'a, T>(&'a self, said: impl Fn(&'a Call) -> Option<T>) -> Vec<T> {
        let fresh = self.asked_ms - SLACK_MS;
        let mut recent: Vec<T> = self.calls[self.before..].iter().filter_map(&said).collect();
        let mut replaced_at = i64::MAX;
        for (at_ms, what) in self.calls[..self.before].iter().rev().filter_map(|call| Some((call.at_ms, said(call)?))) {
            if replaced_at <= fresh {
                break;
            }
            recent.push(what);
            replaced_at = at_ms;
        }
        recent
    }

    /// The descriptions that a page may show. `None` if AWS said that the stream is gone.
    pub fn recent_reads(&self) -> Vec<Option<&Described>> {
        self.recent(|call| {
            let is_of_it = call.operation == "DescribeStreamSummary" && call.is_told;
            (is_of_it && (call.described.is_some() || call.is_not_found())).then_some(call.described.as_ref())
        })
    }

    /// The last description before a call.
    pub fn before_call(&self, index: usize) -> Option<Read<'_>> {
        self.reads().take_while(|read| read.index < index).last()
    }

    /// The ARN that KMS last gave for a name before a position in the log.
    pub fn arn_of<'a>(&'a self, name: &'a str, until: usize) -> Option<&'a str> {
        if name.contains(":key/") {
            return Some(name);
        }
        let answers = self.calls[..until]
            .iter()
            .rev()
            .filter(|call| call.operation == "DescribeKey" && call.is_told && call.held_ms == 0);
        answers
            .filter(|call| call.key.as_deref() == Some(name))
            .find_map(|call| Some(call.found_key.as_ref()?.arn.as_str()))
    }

    /// Every key that a name ever resolved to, according to KMS.
    pub fn every_arn_of(&self, name: &str) -> BTreeSet<&str> {
        let answers = self.calls.iter().filter(|call| call.key.as_deref() == Some(name));
        answers.filter_map(|call| Some(call.found_key.as_ref()?.arn.as_str())).collect()
    }

    /// What a name resolves to according to KMS: the last answer before a position in the log, and all since.
    fn meanings<'a>(&'a self, name: &'a str, from: usize) -> Vec<&'a str> {
        let since = self
            .calls
            .get(from..)
            .unwrap_or_default()
            .iter()
            .filter(|call| call.operation == "DescribeKey" && call.is_told);
        let since = since
            .filter(|call| call.key.as_deref() == Some(name))
            .filter_map(|call| Some(call.found_key.as_ref()?.arn.as_str()));
        self.arn_of(name, from).into_iter().chain(since).collect()
    }

    /// Whether two names may mean the same key at or after a position in the log, according to KMS; `None` if it didn't
    /// say.
    pub fn is_same_key(&self, one: &str, other: &str, from: usize) -> Option<bool> {
        if one == other {
            return Some(true);
        }
        let (one, other) = (self.meanings(one, from), self.meanings(other, from));
        (!one.is_empty() && !other.is_empty()).then(|| one.iter().any(|arn| other.contains(arn)))
    }

    /// What others did to the stream after a position in the log or shortly before: the deciding read may be that old.
    pub fn acts_since(&self, index: usize) -> impl Iterator<Item = &Act> {
        let since = self.before_call(index).map_or(i64::MIN, |read| self.calls[read.index].at_ms);
        self.acts.iter().filter(move |act| act.at_ms >= since && act.changes_the_stream() && self.has_effect(act))
    }

    /// Whether an act changed the stream from what AWS had reported before.
    fn has_effect(&self, act: &Act) -> bool {
        let before = self.reads().take_while(|read| self.calls[read.index].at_ms <= act.at_ms).last();
        let is_key_alone = act.order.get("delete").is_none() && act.order.get("recreate").is_none();
        let key = act.order["key"].as_str().filter(|key| !key.is_empty());
        !(is_key_alone
            && before.is_some_and(|before| before.said.encryption.is_some() && before.said.key.as_deref() == key))
    }

    /// The mutating calls, each with its position.
    pub fn mutations(&self) -> impl Iterator<Item = (usize, &Call)> {
        let is_mutation =
            |call: &Call| matches!(call.operation.as_str(), "StopStreamEncryption" | "StartStreamEncryption");
        self.calls.iter().enumerate().filter(move |(_, call)| is_mutation(call))
    }
}

/// The current contents of the log.
pub async fn gathered(app: &TestApp) -> Evidence {
    let calls = app.call_log().await.into_iter().map(|call| serde_json::from_value::<Call>(call).unwrap());
    let calls: Vec<Call> = calls.map(|call| Call { at: app.clock.at(call.at_ms), ..call }).collect();
    let acts: Vec<Act> = app.acts().await.into_iter().map(|act| serde_json::from_value(act).unwrap()).collect();
    Evidence {
        before: calls.len(),
        calls,
        acts,
        asked_ms: MovedClock::machine_ms(),
        asked_at: app.clock.at(MovedClock::machine_ms()),
    }
}
