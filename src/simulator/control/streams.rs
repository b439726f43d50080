//! Makes, changes and removes streams on order.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::super::{caller::Caller, clock::since_epoch, world::World};

/// The order for one stream. What it leaves out stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamOrder {
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
        world.trail.note_others(&caller, operation, &order.name, count, &mut world.request_ids);
    }
}

/// Somebody else's start with a key, or stop.
fn begin_for_another(world: &mut World, caller: &Caller, name: &str, key: Option<String>) {
    let settings = world.settings.clone();
    let operation = if key.is_some() { "StartStreamEncryption" } else { "StopStreamEncryption" };
    if let Some(stream) = world.stream(caller, name) {
        stream.begin(key, &settings);
    }
    let id = world.request_ids.next_id();
    world.trail.note_another(caller, operation, name, since_epoch().as_secs_f64(), id);
}
