//! Which stream a call names.

use serde_json::Value;

use super::{caller::Caller, outcome::Refused, stream::Stream, world::World};

/// The name of the stream that a request names, by ARN or name.
pub fn stream_of(input: &Value) -> Option<String> {
    let arn = input.get("StreamARN").and_then(Value::as_str).and_then(|arn| arn.rsplit_once("stream/"));
    arn.map(|(_, name)| name).or_else(|| input.get("StreamName").and_then(Value::as_str)).map(ToOwned::to_owned)
}

/// Finds the stream that a request names.
pub fn find<'a>(world: &'a mut World, caller: &Caller, input: &Value) -> Result<&'a mut Stream, Refused> {
    let Some(name) = stream_of(input) else {
        return Err(Refused::new("InvalidArgumentException", "Either StreamName or StreamARN must be given."));
    };
    let is_other = input.get("StreamARN").and_then(Value::as_str).is_some_and(|given| given != caller.arn(&name));
    let missing = || {
        Refused::new("ResourceNotFoundException", format!("Stream {name} under account {} not found.", caller.account))
    };
    if is_other {
        return Err(missing());
    }
    world.stream(caller, &name).ok_or_else(missing)
}
