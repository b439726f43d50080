//! Makes, changes and removes streams on order.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::super::{caller::Caller, clock::since_epoch, world::World};

/// An order for one stream. What it leaves out stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamOrder {
    account: String,
    region: String,
    name: String,
    #[serde(default)]
    delete: bool,
    /// Deletes the stream and creates it again, with a new creation time.
    #[serde(default)]
    recreate: bool,
    /// The creation time after `recreate`, in seconds since 1970: for instance the very second of the deleted stream.
    created: Option<f64>,
    status: Option<String>,
    /// A key id; an empty text for none.
    key: Option<String>,
    /// Whether the key changes by somebody else's call: first UPDATING, and recorded by CloudTrail.
    #[serde(default)]
    is_called: bool,
    hides_encryption: Option<bool>,
    /// Starts an UPDATING of this length that doesn't change the encryption, as resharding does.
    reshard_ms: Option<u64>,
    /// Replaces the stream's tags.
    tags: Option<BTreeMap<String, String>>,
    retention_hours: Option<i32>,
    /// Closes the open shards and opens this many in their place.
    shards: Option<i32>,
    /// The number of open shards that somebody constantly writes to.
    busy_shards: Option<i32>,
    /// Adds this many successful changes by somebody else, an hour ago and recorded by CloudTrail.
    stops_today: Option<u32>,
    starts_today: Option<u32>,
}

/// Carries out an order.
pub fn change_stream(world: &mut World, order: StreamOrder) {
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
        // Deleting a stream takes AWS longer than a second.
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
        world.trail.record_others(&caller, operation, &order.name, count, &mut world.request_ids);
    }
}

/// Starts encryption with a key, or stops it, for somebody else.
fn begin_for_another(world: &mut World, caller: &Caller, name: &str, key: Option<String>) {
    let settings = world.settings.clone();
    let operation = if key.is_some() { "StartStreamEncryption" } else { "StopStreamEncryption" };
    if let Some(stream) = world.stream(caller, name) {
        stream.begin(key, &settings);
    }
    let id = world.request_ids.next_id();
    world.trail.record_another(caller, operation, name, since_epoch().as_secs_f64(), id);
}
