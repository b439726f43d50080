//! The control endpoint, for tests: arm faults, change streams behind everybody's back, count calls.
//!
//! - `GET /_control/calls`: every call so far, `DELETE` forgets them.
//! - `POST /_control/faults`: `{"operation", "stream"?, "times"?, "fault"}`; `DELETE` disarms all.
//! - `POST /_control/streams`: `{"account", "region", "name", ...}` makes or changes a stream; `"delete": true` removes it;
//!   `DELETE` removes all.
//! - `POST /_control/settings`: `{"transition_ms"?, "enforces_rates"?, "late_flip_ms"?, "lagging_reads"?}`.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::world::{Caller, Stream, World, since_epoch};

/// What goes wrong with a call.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The call waits, then goes on.
    DelayMs(u64),
    /// The call acts; its answer waits.
    HoldAnswerMs(u64),
    /// The call acts; the connection closes without an answer.
    DropAnswer,
    /// The call does not act; the connection closes without an answer.
    DropRequest,
    /// HTTP 500 without effect.
    Error500Before,
    /// HTTP 500 with effect.
    Error500After,
    /// The call acts; its answer breaks off in the middle.
    HalfBody,
    /// The call acts; a proxy's page comes back instead of the answer.
    Html,
    /// AWS refuses with this code.
    Refuse { code: String, message: String },
}

/// A fault for the next calls of an operation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmedFault {
    operation: String,
    stream: Option<String>,
    #[serde(default = "once")]
    pub times: u32,
    pub fault: Fault,
}

const fn once() -> u32 {
    1
}

impl ArmedFault {
    pub fn applies_to(&self, operation: &str, stream: Option<&str>) -> bool {
        self.times > 0 && self.operation == operation && self.stream.as_deref().is_none_or(|name| Some(name) == stream)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamOrder {
    account: String,
    region: String,
    name: String,
    #[serde(default)]
    delete: bool,
    /// Forgets the stream and makes it anew, with a new creation time.
    #[serde(default)]
    recreate: bool,
    status: Option<String>,
    /// A key id; an empty text for none.
    key: Option<String>,
    hides_encryption: Option<bool>,
    /// Begins an UPDATING of this length that changes nothing, as resharding does.
    reshard_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsOrder {
    transition_ms: Option<u64>,
    enforces_rates: Option<bool>,
    late_flip_ms: Option<u64>,
    lagging_reads: Option<u32>,
}

/// Answers one request to the control endpoint.
pub fn answer(world: &mut World, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
    let done = (StatusCode::OK, json!({"done": true}));
    match (method, path) {
        (&Method::GET, "/_control/calls") => (StatusCode::OK, json!(world.calls)),
        (&Method::DELETE, "/_control/calls") => {
            world.calls.clear();
            done
        }
        (&Method::POST, "/_control/faults") => parsed(body, |fault| world.faults.push(fault)),
        (&Method::DELETE, "/_control/faults") => {
            world.faults.clear();
            done
        }
        (&Method::POST, "/_control/streams") => parsed(body, |order| change_stream(world, order)),
        (&Method::DELETE, "/_control/streams") => {
            world.remove_all_streams();
            done
        }
        (&Method::POST, "/_control/settings") => parsed(body, |order: SettingsOrder| {
            if let Some(millis) = order.transition_ms {
                world.settings.transition = Duration::from_millis(millis);
            }
            world.settings.enforces_rates = order.enforces_rates.unwrap_or(world.settings.enforces_rates);
            world.settings.late_flip = order.late_flip_ms.map_or(world.settings.late_flip, Duration::from_millis);
            world.settings.lagging_reads = order.lagging_reads.unwrap_or(world.settings.lagging_reads);
        }),
        _ => (StatusCode::NOT_FOUND, json!({"error": "no such control"})),
    }
}

fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8], carry_out: impl FnOnce(T)) -> (StatusCode, Value) {
    match serde_json::from_slice(body) {
        Ok(order) => {
            carry_out(order);
            (StatusCode::OK, json!({"done": true}))
        }
        Err(error) => (StatusCode::BAD_REQUEST, json!({"error": error.to_string()})),
    }
}

fn change_stream(world: &mut World, order: StreamOrder) {
    let caller = Caller { account: order.account, region: order.region };
    let streams = world.streams(&caller);
    if order.delete || order.recreate {
        streams.remove(&order.name);
        if order.delete {
            return;
        }
    }
    let stream = streams.entry(order.name.clone()).or_insert_with(|| Stream::new(&order.name, None, since_epoch().as_secs_f64()));
    if let Some(status) = order.status {
        stream.status = status;
    }
    if let Some(key) = order.key {
        stream.key = Some(key).filter(|key| !key.is_empty());
    }
    stream.hides_encryption = order.hides_encryption.unwrap_or(stream.hides_encryption);
    if let Some(millis) = order.reshard_ms {
        stream.reshard(Duration::from_millis(millis));
    }
}
