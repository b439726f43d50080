//! An AWS-shaped server for the demo, the tests and the bench: Kinesis, and what Keystream calls of KMS, CloudTrail,
//! STS and the Resource Groups Tagging API. It speaks AWS's JSON 1.1 and Query protocols and has AWS's documented
//! behaviour and, on demand, its faults. It shares nothing with the server but `model`. On its own it proves nothing:
//! the same journeys also run against servers that others wrote.
//!
//! A 12-digit access key id is the caller's account. Instead of the samples it can hold a fleet of any size (`fleet`);
//! it can run AWS's time faster (`speed` shortens transitions and the seconds of call-rate limits) and answer like a
//! distant server (`rtt`). `keystream simulate` takes these as `--streams`, `--speed` and `--rtt-ms`; the last two can
//! be changed while it runs.

mod caller;
mod calls;
mod clock;
mod cloud_trail;
mod control;
mod faults;
mod keys;
mod kinesis;
mod kms;
mod log;
mod named_stream;
mod orders;
mod outcome;
mod records;
mod reply;
mod request_id;
pub mod samples;
mod serve;
mod settings;
mod stream;
mod sts;
mod tagging;
mod trail;
mod triggers;
mod world;

pub use self::{
    serve::{bind, start},
    settings::Settings,
};
