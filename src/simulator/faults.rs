//! Faults that tests arm: what goes wrong with a call.

use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;

/// What goes wrong with a call.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The call waits, then goes on.
    DelayMs(u64),
    /// The call takes effect; its answer waits.
    HoldAnswerMs(u64),
    /// The call takes effect; the connection closes without an answer.
    DropAnswer,
    /// The call has no effect; the connection closes without an answer.
    DropRequest,
    /// HTTP 500; the call has no effect.
    Error500Before,
    /// HTTP 500; the call takes effect.
    Error500After,
    /// The call takes effect; its answer breaks off in the middle.
    HalfBody,
    /// The call takes effect; its answer never ends.
    EndlessBody,
    /// The call takes effect; its answer has so many bytes, with spaces at its end.
    PadTo(usize),
    /// The call takes effect; a proxy's page comes back instead of the answer.
    Html,
    /// The call has no effect; the connection stays open without an answer.
    BlackHole,
    /// A start or stop is accepted and goes UPDATING, but the encryption stays as it was.
    KeepState,
    /// AWS refuses with this code.
    Refuse { code: String, message: String },
    /// The call takes effect; its answer is changed by a JSON merge patch (RFC 7396), in which `null` removes a field.
    Patch(Value),
    /// The call takes effect; its answer lacks AWS's request id, as if something in between had answered.
    NoRequestId,
}

/// Applies a JSON merge patch (RFC 7396).
pub fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let Value::Object(object) = value else { return };
    for (field, patch) in fields {
        if patch.is_null() {
            object.remove(field);
        } else {
            merge(object.entry(field.clone()).or_insert(Value::Null), patch);
        }
    }
}

/// A fault for the next calls of an operation, limited to an account, Region or stream where these are given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmedFault {
    operation: String,
    account: Option<String>,
    region: Option<String>,
    stream: Option<String>,
    #[serde(default = "once")]
    pub times: u32,
    /// Only every Nth call it applies to goes wrong.
    #[serde(default = "once")]
    every: u32,
    #[serde(skip)]
    seen: u32,
    pub fault: Fault,
}

const fn once() -> u32 {
    1
}

impl ArmedFault {
    /// Counts a call that it applies to, and returns whether that one goes wrong.
    pub fn is_turn(&mut self) -> bool {
        self.seen += 1;
        self.seen.is_multiple_of(self.every)
    }

    pub fn applies_to(&self, operation: &str, caller: &Caller, stream: Option<&str>) -> bool {
        self.times > 0
            && self.operation == operation
            && self.account.as_ref().is_none_or(|account| *account == caller.account)
            && self.region.as_ref().is_none_or(|region| *region == caller.region)
            && self.stream.as_deref().is_none_or(|name| Some(name) == stream)
    }
}
