//! The Kinesis operations that Keystream calls, as AWS documents them (Kinesis service model, 2013-12-02), and
//! `DescribeStream`, which the bench's scripts use.

use serde_json::{Value, json};

use super::{
    caller::Caller,
    named_stream::find,
    outcome::{Outcome, Refused},
    records,
    stream::Stream,
    world::World,
};
use crate::model::stream::encryption::KeyId;

/// The service's prefix of the operation in `x-amz-target`.
pub const SERVICE: &str = "Kinesis_20131202";
/// AWS allows this many successful starts of a stream in 24 h, and as many stops.
const A_DAY: usize = 25;
/// AWS returns at most this many names per call.
const PAGE: usize = 100;

/// Carries a call out.
pub fn call(world: &mut World, operation: &str, caller: &Caller, input: &Value) -> Outcome {
    match operation {
        "ListStreams" => list_streams(world, caller, input),
        "DescribeStreamSummary" => describe_stream_summary(world, caller, input),
        "DescribeStream" => describe_stream(world, caller, input),
        "StopStreamEncryption" => change_encryption(world, caller, input, false),
        "StartStreamEncryption" => change_encryption(world, caller, input, true),
        "PutRecord" => records::put_record(world, caller, input),
        "PutRecords" => records::put_records(world, caller, input),
        "ListShards" => records::list_shards(world, caller, input),
        "GetShardIterator" => records::get_shard_iterator(world, caller, input),
        "GetRecords" => records::get_records(world, caller, input),
        _ => Err(Refused::new("UnknownOperationException", "The operation is not one of the simulator's")),
    }
}

fn list_streams(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    world.throttle(caller, "ListStreams", 5)?;
    let limit = input
        .get("Limit")
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(PAGE)
        .clamp(1, PAGE);
    let after = input
        .get("NextToken")
        .or_else(|| input.get("ExclusiveStartStreamName"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let after = after.strip_prefix("after:").unwrap_or(after);
    // One more than the page holds, to see whether there is another page.
    let mut page: Vec<&Stream> = world.streams_after(caller, after).take(limit + 1).collect();
    let has_more = page.len() > limit;
    page.truncate(limit);
    let last = page.last().map(|stream| stream.name.as_str());
    let summaries: Vec<Value> = page
        .iter()
        .map(|stream| {
            json!({
                "StreamName": stream.name, "StreamARN": caller.arn(&stream.name), "StreamStatus": stream.status,
                "StreamModeDetails": mode(stream), "StreamCreationTimestamp": stream.created,
            })
        })
        .collect();
    let names: Vec<&str> = page.iter().map(|stream| stream.name.as_str()).collect();
    let mut answer = json!({"StreamNames": names, "HasMoreStreams": has_more, "StreamSummaries": summaries});
    if let Some(last) = last.filter(|_| has_more) {
        answer["NextToken"] = json!(format!("after:{last}"));
    }
    Ok(Some(answer))
}

fn describe_stream_summary(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    world.throttle(caller, "DescribeStreamSummary", 20)?;
    let stream = find(world, caller, input)?;
    let mut summary = description(caller, stream);
    summary["OpenShardCount"] = json!(stream.open_shards);
    summary["ConsumerCount"] = json!(stream.consumers);
    if let (true, Some(summary)) = (world.settings.unnamed_keys, summary.as_object_mut()) {
        summary.remove("KeyId");
    }
    Ok(Some(json!({"StreamDescriptionSummary": summary})))
}

/// `DescribeStream`. The list of shards is left empty: nobody here reads it.
fn describe_stream(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    world.throttle(caller, "DescribeStream", 10)?;
    let stream = find(world, caller, input)?;
    let mut description = description(caller, stream);
    description["Shards"] = json!([]);
    description["HasMoreShards"] = json!(false);
    Ok(Some(json!({"StreamDescription": description})))
}

/// The fields that both kinds of description share.
fn description(caller: &Caller, stream: &mut Stream) -> Value {
    let (status, key) = stream.described();
    let mut description = json!({
        "StreamName": stream.name, "StreamARN": caller.arn(&stream.name), "StreamStatus": status,
        "StreamModeDetails": mode(stream), "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": stream.created, "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
    });
    if !stream.hides_encryption {
        description["EncryptionType"] = json!(if key.is_some() { "KMS" } else { "NONE" });
        if let Some(key) = key {
            description["KeyId"] = json!(key);
        }
    }
    description
}

fn change_encryption(world: &mut World, caller: &Caller, input: &Value, is_start: bool) -> Outcome {
    if input.get("EncryptionType").and_then(Value::as_str) != Some("KMS") {
        return Err(Refused::new("InvalidArgumentException", "Encryption type cannot be NONE."));
    }
    let key = input.get("KeyId").and_then(Value::as_str).filter(|key| !key.is_empty());
    let Some(key) = key else {
        let message =
            "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null";
        return Err(Refused::new("ValidationException", message));
    };
    if key.parse::<KeyId>().is_err() {
        return Err(Refused::new("InvalidArgumentException", format!("KeyId {key} is not valid.")));
    }
    let settings = world.settings.clone();
    let account = caller.account.clone();
    let key_trouble = if is_start { world.keys.encrypt_with(caller, key).err() } else { None };
    let canonical = if settings.canonical_keys { world.keys.arn(caller, key) } else { None };
    let kept = canonical.unwrap_or_else(|| key.to_owned());
    let stream = find(world, caller, input)?;
    if stream.status != "ACTIVE" {
        let message =
            format!("Stream {} under account {account} not ACTIVE, instead in state {}", stream.name, stream.status);
        return Err(Refused::new("ResourceInUseException", message));
    }
    if stream.used_today(is_start) >= A_DAY {
        let message = format!(
            "Stream {} under account {account} has reached the limit of {A_DAY} changes in 24 hours.",
            stream.name
        );
        return Err(Refused::new("LimitExceededException", message));
    }
    if let Some(refused) = key_trouble {
        return Err(refused);
    }
    stream.begin(is_start.then_some(kept), &settings);
    Ok(None)
}

fn mode(stream: &Stream) -> Value {
    json!({"StreamMode": if stream.is_on_demand { "ON_DEMAND" } else { "PROVISIONED" }})
}
