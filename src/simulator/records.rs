//! Shards and records (Kinesis service model, 2013-12-02). A record is stored with the encryption in effect at that
//! moment, and reports it when it is read. Payloads are kept no longer than a test needs them.

use serde_json::{Value, json};

use super::{
    caller::Caller,
    log::{KEPT, Stored, type_of},
    named_stream::find,
    outcome::{Outcome, Refused},
    stream::Stream,
    world::World,
};

/// AWS returns at most this many shards per call by default.
const PAGE_OF_SHARDS: usize = 1_000;
/// AWS takes at most this many records per call.
const MOST_RECORDS: usize = 500;
/// AWS's limits per shard, in calls per second.
const CALLS_A_SHARD: usize = 5;

fn shard_name(number: i32) -> String {
    format!("shardId-{number:012}")
}

/// The range of hash keys of one of `count` open shards.
fn hash_range(stream: &Stream, number: i32) -> (u128, u128) {
    let count = u128::from(stream.open_shards.max(1).unsigned_abs());
    let index = u128::from((number - stream.first_shard).max(0).unsigned_abs());
    let step = u128::MAX / count;
    let end = if index + 1 >= count { u128::MAX } else { step * (index + 1) - 1 };
    (step * index, end)
}

fn shard_of(stream: &Stream, hash_key: u128) -> i32 {
    let open = stream.first_shard..stream.first_shard + stream.open_shards.max(1);
    open.rev().find(|number| hash_range(stream, *number).0 <= hash_key).unwrap_or(stream.first_shard)
}

fn hash_of(partition_key: &str) -> u128 {
    // AWS uses MD5; any even spread will do.
    partition_key.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_0000_013b)
    })
}

pub fn list_shards(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    let token = input.get("NextToken").and_then(Value::as_str);
    let bad_token = || Refused::new("InvalidArgumentException", "The token is not one of the simulator's");
    let (name, from) = match token {
        None => (None, 0),
        Some(token) => {
            let (name, from) = token.rsplit_once('/').ok_or_else(bad_token)?;
            (Some(json!({"StreamName": name})), from.parse().map_err(|_| bad_token())?)
        }
    };
    let stream = find(world, caller, name.as_ref().unwrap_or(input))?;
    let is_open_only =
        input.pointer("/ShardFilter/Type").and_then(Value::as_str) == Some("AT_LATEST") || token.is_some();
    let first = if is_open_only { stream.first_shard } else { 0 };
    let all: Vec<i32> = (first..stream.first_shard + stream.open_shards).collect();
    let limit = input
        .get("MaxResults")
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(PAGE_OF_SHARDS);
    let page: Vec<Value> = all.iter().skip(from).take(limit).map(|number| shard(stream, *number)).collect();
    let next = from + page.len();
    let mut answer = json!({"Shards": page});
    if next < all.len() {
        answer["NextToken"] = json!(format!("{}/{next}", stream.name));
    }
    Ok(Some(answer))
}

fn shard(stream: &Stream, number: i32) -> Value {
    let (start, end) = hash_range(stream, number);
    let mut sequences = json!({"StartingSequenceNumber": "0"});
    if number < stream.first_shard {
        sequences["EndingSequenceNumber"] = json!("1");
    }
    json!({
        "ShardId": shard_name(number), "SequenceNumberRange": sequences,
        "HashKeyRange": {"StartingHashKey": start.to_string(), "EndingHashKey": end.to_string()},
    })
}

pub fn put_records(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    let stream = find(world, caller, input)?;
    let records =
        input.get("Records").and_then(Value::as_array).filter(|records| (1..=MOST_RECORDS).contains(&records.len()));
    let Some(records) = records else {
        return Err(Refused::new("InvalidArgumentException", "1 to 500 records are taken"));
    };
    let mut taken = Vec::with_capacity(records.len());
    for record in records {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let partition_key = text("PartitionKey").unwrap_or_default();
        let hash = match text("ExplicitHashKey") {
            None => hash_of(partition_key),
            Some(key) => {
                key.parse().map_err(|_| Refused::new("InvalidArgumentException", "ExplicitHashKey is not a number"))?
            }
        };
        let shard = shard_of(stream, hash);
        let sequence = stream.log.put(shard, stream.key.as_deref(), partition_key, text("Data").unwrap_or_default());
        taken.push(json!({"ShardId": shard_name(shard), "SequenceNumber": sequence.to_string()}));
    }
    Ok(Some(json!({"FailedRecordCount": 0, "EncryptionType": type_of(stream.key.as_deref()), "Records": taken})))
}

pub fn put_record(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    let stream = find(world, caller, input)?;
    let partition_key = input.get("PartitionKey").and_then(Value::as_str).unwrap_or_default();
    let shard = shard_of(stream, hash_of(partition_key));
    let data = input.get("Data").and_then(Value::as_str).unwrap_or_default();
    let sequence = stream.log.put(shard, stream.key.as_deref(), partition_key, data);
    Ok(Some(json!({
        "ShardId": shard_name(shard), "SequenceNumber": sequence.to_string(),
        "EncryptionType": type_of(stream.key.as_deref()),
    })))
}

pub fn get_shard_iterator(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    let stream = find(world, caller, input)?;
    let shard = input.get("ShardId").and_then(Value::as_str).unwrap_or_default();
    let number = (0..stream.first_shard + stream.open_shards).find(|number| shard_name(*number) == shard);
    let Some(number) = number else {
        return Err(Refused::new(
            "ResourceNotFoundException",
            format!("Shard {shard} in stream {} not found.", stream.name),
        ));
    };
    let from = match input.get("ShardIteratorType").and_then(Value::as_str) {
        Some("LATEST") => stream.log.next,
        Some("TRIM_HORIZON") => 0,
        _ => return Err(Refused::new("InvalidArgumentException", "the simulator knows LATEST and TRIM_HORIZON")),
    };
    Ok(Some(json!({"ShardIterator": format!("{}/{number}/{from}", stream.name)})))
}

pub fn get_records(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    let iterator = input.get("ShardIterator").and_then(Value::as_str).unwrap_or_default();
    let bad = || Refused::new("InvalidArgumentException", "Invalid ShardIterator.");
    let mut parts = iterator.splitn(3, '/');
    let (name, shard, after) =
        (parts.next().ok_or_else(bad)?, parts.next().ok_or_else(bad)?, parts.next().ok_or_else(bad)?);
    let (shard, after): (i32, u64) = (shard.parse().map_err(|_| bad())?, after.parse().map_err(|_| bad())?);
    world.throttle(caller, &format!("GetRecords {name}/{shard}"), CALLS_A_SHARD).map_err(|_| {
        Refused::new(
            "ProvisionedThroughputExceededException",
            format!("Rate exceeded for shard {} in stream {name}", shard_name(shard)),
        )
    })?;
    let stream = find(world, caller, &json!({"StreamName": name}))?;
    let is_open = shard >= stream.first_shard;
    if is_open && shard - stream.first_shard < stream.busy_shards {
        // A busy shard: somebody constantly writes to it.
        stream.log.put(shard, stream.key.as_deref(), "somebody", "");
    }
    let limit =
        input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(KEPT);
    let found: Vec<&Stored> = stream
        .log
        .records
        .iter()
        .filter(|record| record.shard == shard && record.sequence > after)
        .take(limit)
        .collect();
    let last = found.last().map_or(after, |record| record.sequence);
    let records: Vec<Value> = found
        .iter()
        .map(|record| {
            json!({
                "SequenceNumber": record.sequence.to_string(), "ApproximateArrivalTimestamp": record.at,
                "Data": record.data, "PartitionKey": record.partition_key,
                "EncryptionType": record.encryption_type,
            })
        })
        .collect();
    let mut answer = json!({"Records": records, "MillisBehindLatest": 0});
    if is_open {
        answer["NextShardIterator"] = json!(format!("{name}/{shard}/{last}"));
    }
    Ok(Some(answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Settings;

    fn caller() -> Caller {
        Caller { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() }
    }

    fn world(shards: i32) -> World {
        let mut world = World::empty(Settings { enforces_rates: false, ..Settings::default() });
        world.stream_or_new(&caller(), "orders").open_shards = shards;
        world
    }

    fn named(more: Value) -> Value {
        let mut input = json!({"StreamName": "orders"});
        more.as_object().into_iter().flatten().for_each(|(name, value)| input[name] = value.clone());
        input
    }

    fn shards(world: &mut World, more: Value) -> Vec<(String, String)> {
        let answer = list_shards(world, &caller(), &named(more)).unwrap().unwrap();
        let of = |shard: &Value| {
            (
                shard["ShardId"].as_str().unwrap().to_owned(),
                shard["HashKeyRange"]["StartingHashKey"].as_str().unwrap().to_owned(),
            )
        };
        answer["Shards"].as_array().unwrap().iter().map(of).collect()
    }

    #[test]
    fn each_open_shard_takes_what_is_written_to_its_first_hash_key() {
        for count in [1, 4, 500] {
            let mut world = world(count);
            let open = shards(&mut world, json!({"ShardFilter": {"Type": "AT_LATEST"}}));
            let records: Vec<Value> =
                open.iter().map(|(_, key)| json!({"Data": "", "PartitionKey": "p", "ExplicitHashKey": key})).collect();
            let answer = put_records(&mut world, &caller(), &named(json!({"Records": records}))).unwrap().unwrap();
            let taken: Vec<&str> = answer["Records"]
                .as_array()
                .unwrap()
                .iter()
                .map(|record| record["ShardId"].as_str().unwrap())
                .collect();
            assert_eq!(taken, open.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>());
            assert_eq!(answer["EncryptionType"], "NONE");
        }
    }

    #[test]
    fn a_record_keeps_the_encryption_with_which_it_was_stored() {
        let mut world = world(1);
        let put =
            |world: &mut World| put_record(world, &caller(), &named(json!({"PartitionKey": "p", "Data": ""}))).unwrap();
        let from = get_shard_iterator(
            &mut world,
            &caller(),
            &named(json!({"ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"})),
        );
        let from = from.unwrap().unwrap()["ShardIterator"].clone();
        put(&mut world);
        world.stream(&caller(), "orders").unwrap().key = Some("alias/orders".to_owned());
        put(&mut world);
        let read = get_records(&mut world, &caller(), &json!({"ShardIterator": from})).unwrap().unwrap();
        let types: Vec<&str> = read["Records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["EncryptionType"].as_str().unwrap())
            .collect();
        assert_eq!(types, ["NONE", "KMS"]);
        let rest =
            get_records(&mut world, &caller(), &json!({"ShardIterator": read["NextShardIterator"]})).unwrap().unwrap();
        assert!(rest["Records"].as_array().unwrap().is_empty());
    }

    #[test]
    fn a_shard_that_was_split_is_closed() {
        let mut world = world(2);
        let stream = world.stream(&caller(), "orders").unwrap();
        (stream.first_shard, stream.open_shards) = (2, 4);
        assert_eq!(shards(&mut world, json!({"ShardFilter": {"Type": "AT_LATEST"}})).len(), 4);
        assert_eq!(shards(&mut world, json!({})).len(), 6);
        let tip = named(json!({"ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}));
        let from = get_shard_iterator(&mut world, &caller(), &tip).unwrap().unwrap()["ShardIterator"].clone();
        let read = get_records(&mut world, &caller(), &json!({"ShardIterator": from})).unwrap().unwrap();
        assert!(read.get("NextShardIterator").is_none());
    }
}
