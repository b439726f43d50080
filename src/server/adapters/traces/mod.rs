//! Traces for OpenTelemetry: spans wait in a queue and go to a collector by its protocol, OTLP over HTTP.
//!
//! Nothing waits for a collector: a full queue drops spans and counts them. Off unless the standard's variables ask
//! for it.
//!
//! This doesn't use OpenTelemetry's SDK, which is compiled in with the messages: the SDK traces what runs, whereas the
//! spans of a change come from the journal, with ids of our own, and its exporter brings along an HTTP client and a TLS
//! stack of its own.

mod attributes;
mod collector;
mod environment;
#[cfg(test)]
mod environment_tests;
mod exporter;
#[cfg(test)]
mod exporter_tests;
mod ids;
mod queue;
mod sampler;
mod span;
mod start;
mod supported;

pub use self::{
    attributes::Attribute,
    ids::{SpanId, TraceId},
    queue::{Traces, channel},
    sampler::Sampler,
    span::{Kind, Span},
    start::{Delivery, start},
};
