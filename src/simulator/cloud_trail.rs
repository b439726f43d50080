//! CloudTrail's `LookupEvents` over the simulator's own calls: encryption changes of the last 90 days, newest first,
//! failed ones included, after a delay.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    caller::Caller,
    clock::since_epoch,
    outcome::{Outcome, Refused},
    trail::Entry,
    world::World,
};

/// The service's prefix of the operation in `x-amz-target`.
pub const SERVICE: &str = "CloudTrail_20131101";
/// CloudTrail returns at most this many events per call.
const PAGE: usize = 50;

/// Carries a call out.
pub fn call(world: &mut World, operation: &str, caller: &Caller, input: &Value) -> Outcome {
    if operation != "LookupEvents" {
        return Err(Refused::new("UnknownOperationException", "The operation is not one of the simulator's"));
    }
    world.throttle(caller, "LookupEvents", 2).map_err(|_| Refused::new("ThrottlingException", "Rate exceeded"))?;
    let attribute = input.pointer("/LookupAttributes/0");
    let wanted = |name: &str| attribute.and_then(|attribute| attribute.get(name)).and_then(Value::as_str);
    if wanted("AttributeKey").is_some_and(|key| key != "EventName") || input.pointer("/LookupAttributes/1").is_some() {
        return Err(Refused::new(
            "InvalidLookupAttributesException",
            "the simulator looks events up by EventName only",
        ));
    }
    let since = input.get("StartTime").and_then(Value::as_f64).unwrap_or_default();
    let until = since_epoch().saturating_sub(world.settings.trail_lag).as_secs_f64();
    let mut found: Vec<&Entry> = world
        .trail
        .entries()
        .filter(|entry| entry.caller == *caller && wanted("AttributeValue").is_none_or(|name| name == entry.operation))
        .filter(|entry| (since..=until).contains(&entry.at))
        .collect();
    found.sort_by(|one, other| other.at.total_cmp(&one.at));
    let from = match input.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => token
            .parse()
            .map_err(|_| Refused::new("InvalidNextTokenException", "The token is not one of the simulator's"))?,
    };
    let limit = input
        .get("MaxResults")
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(PAGE)
        .clamp(1, PAGE);
    let page: Vec<Value> = found.iter().skip(from).take(limit).map(|entry| event(entry)).collect();
    let next = from + page.len();
    let mut answer = json!({"Events": page});
    if next < found.len() {
        answer["NextToken"] = json!(next.to_string());
    }
    Ok(Some(answer))
}

fn event(entry: &Entry) -> Value {
    let Caller { account, region } = &entry.caller;
    let session = entry.session.as_deref().unwrap_or("keystream");
    let parameter = |name: &str| entry.input.get(name).and_then(Value::as_str);
    let at = Duration::from_secs_f64(entry.at.max(0.0));
    let text = json!({
        "eventVersion": "1.11",
        "eventSource": "kinesis.amazonaws.com", "eventName": entry.operation, "awsRegion": region,
        "userIdentity": {
            "type": "AssumedRole", "accountId": account,
            "arn": format!("arn:aws:sts::{account}:assumed-role/simulated/{session}"),
        },
        "requestParameters": {
            "streamARN": parameter("StreamARN"), "streamName": parameter("StreamName"),
            "keyId": parameter("KeyId"), "encryptionType": "KMS",
        },
        "requestID": entry.request_id, "eventID": format!("event-{}", entry.request_id), "errorCode": entry.error,
        "recipientAccountId": account,
    });
    json!({
        "EventId": format!("event-{}", entry.request_id), "EventName": entry.operation, "EventTime": at.as_secs_f64(),
        "EventSource": "kinesis.amazonaws.com", "Username": session, "Resources": [],
        "CloudTrailEvent": text.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Settings;

    #[test]
    fn events_come_newest_first_in_pages_and_after_their_delay() {
        let caller = Caller { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() };
        let mut world = World::empty(Settings { enforces_rates: false, ..Settings::default() });
        world.trail.record_others(&caller, "StopStreamEncryption", "orders", 60, &mut world.request_ids);
        let ask = |world: &mut World, input: &Value| call(world, "LookupEvents", &caller, input).unwrap().unwrap();
        let stops =
            json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "StopStreamEncryption"}]});
        let first = ask(&mut world, &stops);
        let events = first["Events"].as_array().unwrap();
        assert_eq!((events.len(), first["NextToken"].as_str()), (50, Some("50")));
        assert!(events[0]["EventTime"].as_f64() > events[1]["EventTime"].as_f64());
        let body: Value = serde_json::from_str(events[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
        assert_eq!(body["requestParameters"]["streamName"], "orders");
        let starts =
            json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "StartStreamEncryption"}]});
        assert!(ask(&mut world, &starts)["Events"].as_array().unwrap().is_empty());
        world.settings.trail_lag = Duration::from_secs(3_700);
        assert!(ask(&mut world, &stops)["Events"].as_array().unwrap().is_empty());
    }
}
