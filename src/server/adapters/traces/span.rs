//! Finished spans, and the message of OpenTelemetry's protocol that carries them.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span as SpanMessage, Status,
        span::{Link, SpanKind},
        status::StatusCode,
    },
};
use prost::Message;

use super::{
    attributes::Attribute,
    ids::{SpanId, TraceId},
};
use crate::model::{shorten::first_of, time::Timestamp, trace_parent::TraceParent};

/// A finished span.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace: TraceId,
    pub id: SpanId,
    /// `None` for the root.
    pub parent: Option<SpanId>,
    /// Whose request caused it, according to the request.
    pub caller: Option<TraceParent>,
    pub name: &'static str,
    pub kind: Kind,
    pub begin: Timestamp,
    pub end: Timestamp,
    pub attributes: Vec<(Attribute, String)>,
    /// What went wrong, in one of our words.
    pub failure: Option<&'static str>,
}

/// What a span is to other systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Internal,
    /// The handling of a request.
    Server,
    /// A call of another system.
    Client,
}

/// The flag of W3C Trace Context that says that a trace is recorded.
const SAMPLED: u32 = 0x01;
/// The flags of a link to another system's span: it is known to be of another system.
const REMOTE: u32 = 0x300;
/// The longest value of an attribute, in characters.
const LONGEST_VALUE: usize = 200;

/// Returns the body of a request that delivers spans.
pub fn encoded(resource: &[(String, String)], spans: Vec<Span>) -> Vec<u8> {
    let scope = InstrumentationScope {
        name: "keystream".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let spans = ScopeSpans {
        scope: Some(scope),
        spans: spans.into_iter().map(SpanMessage::from).collect(),
        ..ScopeSpans::default()
    };
    let attributes = resource.iter().map(|(key, value)| key_value(key, value.clone())).collect();
    let of_resource = ResourceSpans {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_spans: vec![spans],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![of_resource] }.encode_to_vec()
}

impl From<Span> for SpanMessage {
    fn from(span: Span) -> Self {
        Self {
            trace_id: span.trace.0.to_vec(),
            span_id: span.id.0.to_vec(),
            parent_span_id: span.parent.map(|parent| parent.0.to_vec()).unwrap_or_default(),
            flags: SAMPLED,
            name: span.name.to_owned(),
            kind: kind(span.kind).into(),
            start_time_unix_nano: nanoseconds(span.begin),
            end_time_unix_nano: nanoseconds(span.end),
            attributes: span
                .attributes
                .iter()
                .map(|(attribute, value)| key_value(attribute.name(), first_of(value, LONGEST_VALUE)))
                .collect(),
            links: span.caller.iter().map(link).collect(),
            status: span.failure.map(failed),
            ..Self::default()
        }
    }
}

const fn kind(kind: Kind) -> SpanKind {
    match kind {
        Kind::Internal => SpanKind::Internal,
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
    }
}

fn link(caller: &TraceParent) -> Link {
    Link {
        trace_id: caller.trace_id.to_vec(),
        span_id: caller.span_id.to_vec(),
        flags: u32::from(caller.flags) | REMOTE,
        ..Link::default()
    }
}

fn failed(failure: &'static str) -> Status {
    Status { message: failure.to_owned(), code: StatusCode::Error.into() }
}

fn key_value(key: &str, value: String) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(value)) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

/// Returns nanoseconds since 1970, with the precision of milliseconds.
fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(0).saturating_mul(1_000_000)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A span with this number as its id.
    pub fn span(number: u8) -> Span {
        Span {
            trace: TraceId([1; 16]),
            id: SpanId([number; 8]),
            parent: Some(SpanId([3; 8])),
            caller: Some(TraceParent { trace_id: [4; 16], span_id: [5; 8], flags: 1 }),
            name: "requested",
            kind: Kind::Server,
            begin: Timestamp::from_millis(1_000),
            end: Timestamp::from_millis(1_250),
            attributes: vec![(Attribute::ChangeId, "c1".to_owned())],
            failure: Some("Rejected"),
        }
    }

    #[test]
    fn a_message_says_what_the_span_is() {
        let body = encoded(&[("service.name".to_owned(), "keystream".to_owned())], vec![span(2)]);
        let message = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let [of_resource] = message.resource_spans.as_slice() else { panic!("{message:?}") };
        let resource = of_resource.resource.as_ref().unwrap();
        assert_eq!(resource.attributes, [key_value("service.name", "keystream".to_owned())]);
        let [sent] = of_resource.scope_spans[0].spans.as_slice() else { panic!("{message:?}") };
        assert_eq!((sent.trace_id.as_slice(), sent.span_id.as_slice()), ([1; 16].as_slice(), [2; 8].as_slice()));
        assert_eq!((sent.parent_span_id.as_slice(), sent.name.as_str()), ([3; 8].as_slice(), "requested"));
        assert_eq!((sent.start_time_unix_nano, sent.end_time_unix_nano), (1_000_000_000, 1_250_000_000));
        assert_eq!(sent.kind, i32::from(SpanKind::Server));
        assert_eq!(sent.attributes, [key_value("keystream.change.id", "c1".to_owned())]);
        assert_eq!((sent.links[0].span_id.as_slice(), sent.links[0].flags), ([5; 8].as_slice(), 0x301));
        assert_eq!(sent.status, Some(failed("Rejected")));
    }

    #[test]
    fn a_root_has_no_parent_and_success_has_no_status() {
        let message = SpanMessage::from(Span { parent: None, caller: None, failure: None, ..span(2) });
        assert!(message.parent_span_id.is_empty() && message.links.is_empty() && message.status.is_none());
    }

    #[test]
    fn a_long_value_is_cut() {
        let attributes = vec![(Attribute::ErrorType, "x".repeat(1_000))];
        let message = SpanMessage::from(Span { attributes, ..span(2) });
        assert_eq!(message.attributes, [key_value("error.type", "x".repeat(200))]);
    }
}
