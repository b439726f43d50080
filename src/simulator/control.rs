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

use std::{collections::BTreeMap, time::Duration};

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{caller::Caller, clock::since_epoch, samples, settings::Settings, world::World};

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
    /// The creation time of one that is made anew, in seconds since 1970: the very second of the former one, for
    /// instance.
    created: Option<f64>,
    status: Option<String>,
    /// A key id; an empty text for none.
    key: Option<String>,
    /// The key comes by somebody else's call: UPDATING first, and CloudTrail knows.
    #[serde(default)]
    is_called: bool,
    hides_encryption: Option<bool>,
    /// Begins an UPDATING of this length that changes nothing, as resharding does.
    reshard_ms: Option<u64>,
    /// In place of the tags that it has.
    tags: Option<BTreeMap<String, String>>,
    retention_hours: Option<i32>,
    /// Closes the open shards, and opens so many in their place.
    shards: Option<i32>,
    /// On so many of the open shards somebody writes all the time.
    busy_shards: Option<i32>,
    /// So many successful changes by somebody else, an hour ago, which CloudTrail knows.
    stops_today: Option<u32>,
    starts_today: Option<u32>,
}

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

/// Answers one request to the control endpoint, and writes down what was ordered.
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

fn change_stream(world: &mut World, order: StreamOrder) {
    let caller = Caller { account: order.account, region: order.region };
    let former = world.stream(&caller, &order.name).map(|stream| stream.created);
    if order.delete || order.recreate {
        world.remove_stream(&caller, &order.name);
        if order.delete {
            return;
        }
    }
    let stream = world.stream_or_new(&caller, &order.name);
    if let Some(former) = former.filter(|_| order.recreate && order.created.is_none()) {
        // AWS takes longer than a second to delete a stream.
        stream.created = stream.created.max(former + 1.0);
    }
    if let Some(status) = order.status {
        stream.status = status;
    }
    stream.created = order.created.unwrap_or(stream.created);
    let key = order.key.map(|key| Some(key).filter(|key| !key.is_empty()));
    if let Some(key) = key.clone().filter(|_| !order.is_called) {
        stream.key = key;
    }
    stream.hides_encryption = order.hides_encryption.unwrap_or(stream.hides_encryption);
    if let Some(millis) = order.reshard_ms {
        stream.reshard(Duration::from_millis(millis));
    }
    if let Some(tags) = order.tags {
        stream.tags = tags;
    }
    stream.retention_hours = order.retention_hours.unwrap_or(stream.retention_hours);
    if let Some(shards) = order.shards {
        stream.first_shard += stream.open_shards;
        stream.open_shards = shards;
    }
    stream.busy_shards = order.busy_shards.unwrap_or(stream.busy_shards);
    if let Some(key) = key.filter(|_| order.is_called) {
        begin_for_another(world, &caller, &order.name, key);
    }
    for (is_start, operation, count) in
        [(false, "StopStreamEncryption", order.stops_today), (true, "StartStreamEncryption", order.starts_today)]
    {
        let Some(count) = count else { continue };
        if let Some(stream) = world.stream(&caller, &order.name) {
            stream.use_up(is_start, count);
        }
        world.trail.note_others(&caller, operation, &order.name, count);
    }
}

/// Somebody else's start with a key, or stop.
fn begin_for_another(world: &mut World, caller: &Caller, name: &str, key: Option<String>) {
    let settings = world.settings.clone();
    let operation = if key.is_some() { "StartStreamEncryption" } else { "StopStreamEncryption" };
    if let Some(stream) = world.stream(caller, name) {
        stream.begin(key, &settings);
    }
    world.trail.note_another(caller, operation, name, since_epoch().as_secs_f64());
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

#[cfg(test)]
mod tests {
    use super::{
        super::{
            calls::Named,
            faults::{Fault, merge},
        },
        *,
    };

    fn caller(account: &str, region: &str) -> Caller {
        Caller { account: account.to_owned(), region: region.to_owned() }
    }

    fn post(world: &mut World, path: &str, order: &Value) -> StatusCode {
        answer(world, &Method::POST, path, order.to_string().as_bytes()).0
    }

    #[test]
    fn a_fault_of_one_account_and_region_leaves_the_others_alone() {
        let mut world = World::empty(Settings::default());
        let order = json!({"operation": "ListStreams", "account": "444455556666", "region": "eu-west-1", "times": 1_000_000, "fault": "black-hole"});
        assert_eq!(post(&mut world, "/_control/faults", &order), StatusCode::OK);
        assert!(world.take_fault("ListStreams", &caller("111122223333", "eu-west-1"), None).is_none());
        assert!(world.take_fault("ListStreams", &caller("444455556666", "us-east-1"), None).is_none());
        assert!(world.take_fault("GetResources", &caller("444455556666", "eu-west-1"), None).is_none());
        for _ in 0..3 {
            let fault = world.take_fault("ListStreams", &caller("444455556666", "eu-west-1"), None);
            assert!(matches!(fault, Some(Fault::BlackHole)));
        }
        let everywhere = json!({"operation": "GetResources", "fault": {"delay-ms": 5}});
        assert_eq!(post(&mut world, "/_control/faults", &everywhere), StatusCode::OK);
        assert!(matches!(
            world.take_fault("GetResources", &caller("444455556666", "eu-west-1"), None),
            Some(Fault::DelayMs(5))
        ));
        assert!(world.take_fault("GetResources", &caller("444455556666", "eu-west-1"), None).is_none());
    }

    #[test]
    fn settings_change_where_they_are_given_and_a_bad_one_changes_nothing() {
        let mut world = World::empty(Settings::default());
        assert_eq!(post(&mut world, "/_control/settings", &json!({"speed": 10, "rtt_ms": 6})), StatusCode::OK);
        assert_eq!((world.settings.speed, world.settings.rtt), (10, Duration::from_millis(6)));
        assert_eq!(world.settings.transition, Settings::default().transition);
        for speed in [0, 101] {
            let order = json!({"speed": speed, "transition_ms": 1});
            assert_eq!(post(&mut world, "/_control/settings", &order), StatusCode::BAD_REQUEST);
        }
        assert_eq!((world.settings.speed, world.settings.transition), (10, Settings::default().transition));
    }

    #[test]
    fn a_fleet_and_tags_are_made_on_order() {
        let mut world = World::empty(Settings::default());
        let order = json!({"account": "111122223333", "region": "eu-west-1", "count": 3});
        assert_eq!(post(&mut world, "/_control/fleet", &order), StatusCode::OK);
        let order =
            json!({"account": "111122223333", "region": "eu-west-1", "name": "orders", "tags": {"team": "orders"}});
        assert_eq!(post(&mut world, "/_control/streams", &order), StatusCode::OK);
        let order = json!({"account": "111122223333", "region": "eu-west-1", "count": 100_001});
        assert_eq!(post(&mut world, "/_control/fleet", &order), StatusCode::BAD_REQUEST);
        let caller = caller("111122223333", "eu-west-1");
        let names: Vec<&str> = world.streams_after(&caller, "").map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, ["orders", "stream-00001", "stream-00002", "stream-00003"]);
        assert_eq!(world.stream(&caller, "orders").unwrap().tags["team"], "orders");
    }

    #[test]
    fn a_patch_replaces_adds_and_takes_out() {
        let mut value = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge(&mut value, &json!({"a": {"b": null, "e": {"f": null, "g": 3}}, "d": "x"}));
        assert_eq!(value, json!({"a": {"c": 2, "e": {"g": 3}}, "d": "x"}));
    }

    #[test]
    fn another_changes_a_stream_as_by_a_call_and_a_new_one_has_the_time_it_is_given() {
        let mut world = World::new(Settings { transition: Duration::ZERO, ..Settings::default() });
        let caller = caller("111122223333", "eu-west-1");
        let mut order = json!({"account": "111122223333", "region": "eu-west-1", "name": "orders-prod", "key": "", "is_called": true});
        assert_eq!(post(&mut world, "/_control/streams", &order), StatusCode::OK);
        let stream = world.stream(&caller, "orders-prod").unwrap();
        assert_eq!((stream.used_today(false), stream.status.as_str(), stream.key.as_deref()), (1, "ACTIVE", None));
        let created = stream.created;
        (order["key"], order["is_called"]) = (json!("alias/orders"), json!(false));
        (order["recreate"], order["created"]) = (json!(true), json!(created + 0.4));
        assert_eq!(post(&mut world, "/_control/streams", &order), StatusCode::OK);
        let stream = world.stream(&caller, "orders-prod").unwrap();
        assert!((stream.created - created - 0.4).abs() < 1e-3 && stream.used_today(false) == 0);
    }

    #[test]
    fn calls_are_counted_for_who_asks() {
        let mut world = World::empty(Settings::default());
        world.calls.note("ListStreams", &caller("111122223333", "eu-west-1"), &Named::default(), None, &Ok(None), true);
        let (status, counts) = answer(&mut world, &Method::GET, "/_control/counts", b"");
        assert_eq!((status, counts), (StatusCode::OK, json!({"ListStreams": {"ok": 1, "LimitExceededException": 0}})));
    }
}
