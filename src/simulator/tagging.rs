//! The one operation of the Resource Groups Tagging API that Keystream calls, as AWS documents it (service model,
//! 2017-01-26).

use serde_json::{Value, json};

use super::{
    caller::Caller,
    outcome::{Outcome, Refused},
    stream::Stream,
    world::World,
};

/// The service's prefix of the operation in `x-amz-target`.
pub const SERVICE: &str = "ResourceGroupsTaggingAPI_20170126";
/// The default page size, and the largest.
const PAGE: u64 = 50;
const LARGEST_PAGE: u64 = 100;

/// Carries a call out.
pub fn call(world: &mut World, operation: &str, caller: &Caller, input: &Value) -> Outcome {
    match operation {
        "GetResources" => get_resources(world, caller, input),
        _ => Err(Refused::new("UnknownOperationException", "The operation is not one of the simulator's")),
    }
}

/// The streams that have tags, by ARN. A caller's ARNs differ only in the name, so they are ordered by name.
fn get_resources(world: &mut World, caller: &Caller, input: &Value) -> Outcome {
    // This service has an error code of its own for it.
    world
        .throttle(caller, "GetResources", 15)
        .map_err(|refused| Refused { code: "ThrottledException".to_owned(), ..refused })?;
    let invalid = |message: &str| Refused::new("InvalidParameterException", message);
    let limit = match input.get("ResourcesPerPage") {
        None | Some(Value::Null) => PAGE,
        Some(given) => given
            .as_u64()
            .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
            .ok_or_else(|| invalid("ResourcesPerPage must be from 1 to 100"))?,
    };
    let limit = usize::try_from(limit).unwrap_or_default();
    let after = match input.get("PaginationToken").and_then(Value::as_str).unwrap_or_default() {
        "" => "",
        token => token.strip_prefix("after:").ok_or_else(|| invalid("PaginationToken is not one of the service's"))?,
    };
    let mut page: Vec<&Stream> = Vec::new();
    if asks_for_streams(input) {
        page.extend(world.streams_after(caller, after).filter(|stream| !stream.tags.is_empty()).take(limit + 1));
    }
    let has_more = page.len() > limit;
    page.truncate(limit);
    let token = page.last().filter(|_| has_more).map(|stream| format!("after:{}", stream.name)).unwrap_or_default();
    let resources: Vec<Value> = page.into_iter().map(|stream| resource(caller, stream)).collect();
    Ok(Some(json!({"PaginationToken": token, "ResourceTagMappingList": resources})))
}

/// Whether streams are requested: without a filter, every type of resource is.
fn asks_for_streams(input: &Value) -> bool {
    match input.get("ResourceTypeFilters").and_then(Value::as_array) {
        Some(filters) if !filters.is_empty() => {
            filters.iter().any(|filter| matches!(filter.as_str(), Some("kinesis" | "kinesis:stream")))
        }
        _ => true,
    }
}

fn resource(caller: &Caller, stream: &Stream) -> Value {
    let tags: Vec<Value> = stream.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({"ResourceARN": caller.arn(&stream.name), "Tags": tags})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Settings;

    fn caller() -> Caller {
        Caller { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() }
    }

    /// Seven streams, of which the third and the sixth have no tags.
    fn world() -> World {
        let mut world = World::empty(Settings { enforces_rates: false, ..Settings::default() });
        for number in 1..=7 {
            let stream = world.stream_or_new(&caller(), &format!("stream-{number}"));
            if number % 3 != 0 {
                stream.tags.insert("team".to_owned(), format!("team-{number}"));
            }
        }
        world
    }

    fn names_and_token(world: &mut World, input: &Value) -> (Vec<String>, String) {
        let answer = call(world, "GetResources", &caller(), input).unwrap().unwrap();
        let arns = answer["ResourceTagMappingList"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["ResourceARN"].as_str().unwrap().to_owned());
        let names =
            arns.map(|arn| arn.strip_prefix("arn:aws:kinesis:eu-west-1:111122223333:stream/").unwrap().to_owned());
        (names.collect(), answer["PaginationToken"].as_str().unwrap().to_owned())
    }

    #[test]
    fn pages_hold_the_streams_with_tags_and_end_with_an_empty_token() {
        let mut world = world();
        let (names, token) =
            names_and_token(&mut world, &json!({"ResourceTypeFilters": ["kinesis:stream"], "ResourcesPerPage": 3}));
        assert_eq!(names, ["stream-1", "stream-2", "stream-4"]);
        let next = json!({"ResourceTypeFilters": ["kinesis:stream"], "ResourcesPerPage": 3, "PaginationToken": token});
        assert_eq!(
            names_and_token(&mut world, &next),
            (vec!["stream-5".to_owned(), "stream-7".to_owned()], String::new())
        );
        let whole = json!({"ResourceTypeFilters": ["kinesis"], "ResourcesPerPage": 5, "PaginationToken": ""});
        assert_eq!(names_and_token(&mut world, &whole), (names_and_token(&mut world, &json!({})).0, String::new()));
    }

    #[test]
    fn each_resource_carries_its_tags() {
        let answer = call(&mut world(), "GetResources", &caller(), &json!({})).unwrap().unwrap();
        assert_eq!(
            answer["ResourceTagMappingList"][0],
            json!({
                "ResourceARN": "arn:aws:kinesis:eu-west-1:111122223333:stream/stream-1",
                "Tags": [{"Key": "team", "Value": "team-1"}],
            })
        );
    }

    #[test]
    fn what_the_service_does_not_know_is_refused_or_empty() {
        let mut world = world();
        for input in
            [json!({"ResourcesPerPage": 0}), json!({"ResourcesPerPage": 101}), json!({"PaginationToken": "elsewhere"})]
        {
            assert_eq!(
                call(&mut world, "GetResources", &caller(), &input).unwrap_err().code,
                "InvalidParameterException",
                "{input}"
            );
        }
        assert_eq!(names_and_token(&mut world, &json!({"ResourceTypeFilters": ["s3"]})).0, Vec::<String>::new());
    }
}
