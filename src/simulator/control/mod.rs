//! The control endpoint, for tests: arm faults, change streams behind everybody's back, count calls.
//!
//! - `GET /_control/calls`: every call so far, `DELETE` forgets them.
//! - `GET /_control/acts`: everything that was ordered here so far, with its time.
//! - `GET /_control/counts`: how many calls so far, by operation and outcome: `{"ListStreams": {"ok": 3, ...}, ...}`.
//! - `POST /_control/faults`: `{"operation", "account"?, "region"?, "stream"?, "times"?, "every"?, "fault"}`; `DELETE`
//!   disarms all.
//! - `POST /_control/streams`: `{"account", "region", "name", ...}` makes or changes a stream; `"delete": true` removes
//!   it; `DELETE` removes all.
//! - `POST /_control/fleet`: `{"account", "region", "count"}` makes so many streams as `simulate --streams` does,
//!   beside those that are there.
//! - `POST /_control/keys`: `{"account", "region", "id"?, "alias"?, ...}` makes or changes a key of KMS; `"delete":
//!   true` removes it.
//! - `POST /_control/access-keys`: `{"key", "code"?}` refuses every call signed with this access key id with the code;
//!   without a code it is good again.
//! - `POST /_control/triggers`: `{"operation", "account"?, "region"?, "stream"?, "nth"?, "moment", "path", "order"}`:
//!   an order for `streams`, `keys`, `settings` or `faults` that waits until right before or after a call; `DELETE`
//!   forgets those that wait.
//! - `POST /_control/settings`: `{"transition_ms"?, "enforces_rates"?, "late_flip_ms"?, "lagging_reads"?, "speed"?,
//!   "rtt_ms"?, "trail_lag_ms"?, "canonical_keys"?, "unnamed_keys"?}`.

mod streams;
#[cfg(test)]
mod tests;

use std::time::Duration;

use hyper::{HeaderMap, Method, StatusCode, header, http::uri::Authority};
use serde::Deserialize;
use serde_json::{Value, json};

use self::streams::change_stream;
use super::{caller::Caller, samples, settings::Settings, world::World};
use crate::model::loopback::is_loopback_host;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FleetOrder {
    account: String,
    region: String,
    count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessKeyOrder {
    key: String,
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsOrder {
    transition_ms: Option<u64>,
    enforces_rates: Option<bool>,
    late_flip_ms: Option<u64>,
    lagging_reads: Option<u32>,
    speed: Option<u32>,
    rtt_ms: Option<u64>,
    trail_lag_ms: Option<u64>,
    canonical_keys: Option<bool>,
    unnamed_keys: Option<bool>,
}

/// Returns whether a request names this machine and isn't sent by a page: a browser on it may show pages whose names
/// resolve to loopback.
pub fn is_from_a_program(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let is_here = host.is_some_and(|authority| is_loopback_host(authority.host()));
    is_here && !headers.contains_key(header::ORIGIN) && !headers.contains_key("sec-fetch-site")
}

/// Answers a request to the control endpoint, and logs the order.
pub fn ordered(world: &mut World, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
    let (status, value) = answer(world, method, path, body);
    if *method == Method::POST {
        world.orders.note(path.strip_prefix("/_control/").unwrap_or(path), body, status, &value);
    }
    (status, value)
}

fn answer(world: &mut World, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
    let done = (StatusCode::OK, json!({"done": true}));
    match (method, path) {
        (&Method::GET, "/_control/calls") => (StatusCode::OK, json!(world.calls.all())),
        (&Method::GET, "/_control/acts") => (StatusCode::OK, json!(world.orders.acts())),
        (&Method::GET, "/_control/counts") => (StatusCode::OK, json!(world.calls.counts())),
        (&Method::DELETE, "/_control/calls") => {
            world.calls.clear();
            done
        }
        (&Method::POST, "/_control/faults") => parsed(body, |fault| {
            world.faults.push(fault);
            Ok(())
        }),
        (&Method::DELETE, "/_control/faults") => {
            world.faults.clear();
            done
        }
        (&Method::POST, "/_control/streams") => parsed(body, |order| {
            change_stream(world, order);
            Ok(())
        }),
        (&Method::DELETE, "/_control/streams") => {
            world.remove_all_streams();
            done
        }
        (&Method::POST, "/_control/triggers") => parsed(body, |trigger| world.orders.wait(trigger)),
        (&Method::DELETE, "/_control/triggers") => {
            world.orders.forget_waiting();
            done
        }
        (&Method::POST, "/_control/fleet") => parsed(body, |order| add_fleet(world, order)),
        (&Method::POST, "/_control/access-keys") => parsed(body, |order: AccessKeyOrder| {
            world.refuse_access_key(order.key, order.code);
            Ok(())
        }),
        (&Method::POST, "/_control/keys") => parsed(body, |order| world.keys.order(order)),
        (&Method::POST, "/_control/settings") => {
            parsed(body, |order: SettingsOrder| change_settings(&mut world.settings, &order))
        }
        _ => (StatusCode::NOT_FOUND, json!({"error": "no such control"})),
    }
}

fn parsed<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    carry_out: impl FnOnce(T) -> Result<(), String>,
) -> (StatusCode, Value) {
    match serde_json::from_slice(body).map_err(|error| error.to_string()).and_then(carry_out) {
        Ok(()) => (StatusCode::OK, json!({"done": true})),
        Err(error) => (StatusCode::BAD_REQUEST, json!({"error": error})),
    }
}

fn add_fleet(world: &mut World, order: FleetOrder) -> Result<(), String> {
    if order.count > Settings::LARGEST_FLEET {
        return Err(format!("count is at most {}", Settings::LARGEST_FLEET));
    }
    world.add(Caller { account: order.account, region: order.region }, samples::fleet(order.count));
    Ok(())
}

fn change_settings(settings: &mut Settings, order: &SettingsOrder) -> Result<(), String> {
    if order.speed.is_some_and(|speed| !(1..=Settings::FASTEST).contains(&speed)) {
        return Err(format!("speed is from 1 to {}", Settings::FASTEST));
    }
    settings.transition = order.transition_ms.map_or(settings.transition, Duration::from_millis);
    settings.enforces_rates = order.enforces_rates.unwrap_or(settings.enforces_rates);
    settings.late_flip = order.late_flip_ms.map_or(settings.late_flip, Duration::from_millis);
    settings.lagging_reads = order.lagging_reads.unwrap_or(settings.lagging_reads);
    settings.speed = order.speed.unwrap_or(settings.speed);
    settings.canonical_keys = order.canonical_keys.unwrap_or(settings.canonical_keys);
    settings.unnamed_keys = order.unnamed_keys.unwrap_or(settings.unnamed_keys);
    settings.trail_lag = order.trail_lag_ms.map_or(settings.trail_lag, Duration::from_millis);
    settings.rtt = order.rtt_ms.map_or(settings.rtt, Duration::from_millis);
    Ok(())
}
