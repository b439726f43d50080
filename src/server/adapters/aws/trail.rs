//! The adapter over `aws-sdk-cloudtrail`: which changes of encryption succeeded recently, whoever made them. CloudTrail
//! lags by minutes (about five on average, without a guarantee), so it can only add to the journal.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudtrail::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{Event, LookupAttribute, LookupAttributeKey},
};
use aws_smithy_types::DateTime;
use serde_json::Value;

use super::{
    ReadFailure,
    calls::Calls,
    said,
    sdk::{Configured, retry_partition, timeouts},
};
use crate::model::{
    change::{Action, quota::TrailEvent},
    time::Timestamp,
};

/// A confirmation, for which it is optional, waits at most this long.
pub const TIMEOUT: Duration = Duration::from_secs(2);
/// CloudTrail returns at most this many events per call.
const PAGE: i32 = 50;

/// What Keystream asks of CloudTrail in one account and Region.
#[async_trait]
pub trait CloudTrail: std::fmt::Debug + Send + Sync {
    /// One page of `LookupEvents` of one action since a time, newest first; failed calls are left out.
    async fn lookup(&self, action: Action, since: Timestamp, token: Option<&str>) -> Result<TrailPage, ReadFailure>;
}

/// One page.
#[derive(Debug, Clone, Default)]
pub struct TrailPage {
    pub events: Vec<TrailEvent>,
    pub next: Option<String>,
}

/// CloudTrail through the SDK. Retries are off: nobody waits long for what is optional.
#[derive(Debug)]
pub struct SdkCloudTrail {
    client: Client,
    calls: Calls,
}

impl SdkCloudTrail {
    /// A client with this SDK configuration, with its memory of failures separated from other targets'.
    pub fn new(config: &Configured, target: &str) -> Self {
        // The caller gives up after the same time, and should learn that the credentials were slow.
        let calls = Calls::new(config, "CloudTrail", target, TIMEOUT * 3 / 4);
        let config = Builder::from(&config.sdk)
            .retry_config(RetryConfig::disabled())
            .retry_partition(retry_partition("cloudtrail", target))
            .timeout_config(timeouts(TIMEOUT))
            .build();
        Self { client: Client::from_conf(config), calls }
    }
}

#[async_trait]
impl CloudTrail for SdkCloudTrail {
    async fn lookup(&self, action: Action, since: Timestamp, token: Option<&str>) -> Result<TrailPage, ReadFailure> {
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(action.call())
            .build();
        let attribute = attribute.map_err(|error| ReadFailure::other(error.to_string()))?;
        let call = self
            .client
            .lookup_events()
            .lookup_attributes(attribute)
            .start_time(DateTime::from_millis(since.as_millis()))
            .max_results(PAGE)
            .set_next_token(token.map(ToOwned::to_owned));
        let answer = self.calls.read("LookupEvents", call.send()).await?;
        let events = answer.events().iter().filter_map(|event| succeeded(action, event)).collect();
        Ok(TrailPage { events, next: answer.next_token().filter(|token| !token.is_empty()).map(ToOwned::to_owned) })
    }
}

/// Parses an event; `None` for a failed call and for one that names no stream.
fn succeeded(action: Action, event: &Event) -> Option<TrailEvent> {
    let event_id = said::word(event.event_id()?);
    let at = event.event_time()?.to_millis().ok().map(Timestamp::from_millis)?;
    parsed(action, event_id, at, event.cloud_trail_event()?, event.username())
}

fn parsed(action: Action, event_id: String, at: Timestamp, text: &str, user: Option<&str>) -> Option<TrailEvent> {
    let body: Value = serde_json::from_str(text).ok()?;
    if body.get("errorCode").is_some_and(|code| !code.is_null()) {
        return None;
    }
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let field = |pointer: &str| text(pointer).map(said::word);
    // AWS's sample has `streamName`; calls by ARN have `streamARN`, in one spelling or the other.
    let by_arn = field("/requestParameters/streamARN").or_else(|| field("/requestParameters/streamArn"));
    let by_arn = by_arn.and_then(|arn| arn.rsplit_once("stream/").map(|(_, name)| name.to_owned()));
    Some(TrailEvent {
        event_id,
        request_id: field("/requestID"),
        at,
        action,
        stream: by_arn.or_else(|| field("/requestParameters/streamName"))?,
        by: said::sentence(text("/userIdentity/arn").or(user).unwrap_or("not stated")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(body: &Value) -> Option<TrailEvent> {
        parsed(Action::Disable, "e1".to_owned(), Timestamp::from_millis(1), &body.to_string(), Some("mira"))
    }

    #[test]
    fn a_stream_is_named_by_arn_or_name_and_a_failed_call_is_left_out() {
        let by_arn = json!({
            "requestParameters": {"streamARN": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders"},
            "requestID": "r1",
            "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/tf/tf-ci"},
        });
        let known = event(&by_arn).unwrap();
        assert_eq!((known.stream.as_str(), known.request_id.as_deref()), ("orders", Some("r1")));
        assert_eq!(known.by, "arn:aws:sts::111122223333:assumed-role/tf/tf-ci");
        let by_name = json!({"requestParameters": {"streamName": "orders"}, "errorCode": null});
        assert_eq!(
            event(&by_name).map(|event| (event.stream, event.by)),
            Some(("orders".to_owned(), "mira".to_owned()))
        );
        assert_eq!(
            event(&json!({"requestParameters": {"streamName": "orders"}, "errorCode": "ResourceInUseException"})),
            None
        );
        assert_eq!(event(&json!({"requestParameters": null})), None);
        assert_eq!(parsed(Action::Disable, "e".to_owned(), Timestamp::from_millis(1), "<html>", None), None);
    }
}
