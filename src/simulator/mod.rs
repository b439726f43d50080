//! An AWS-shaped server for the demo, the tests and the bench: Kinesis and what Keystream calls of KMS, CloudTrail, STS
//! and the Resource Groups Tagging API, over AWS's JSON 1.1 and Query protocols, with AWS's documented behaviour and,
//! on demand, its faults. It shares nothing with the server but `model`, and proves nothing by itself: the same
//! journeys run against servers that others wrote.
//!
//! A 12-digit access key id is the caller's account. Beside the samples it can hold a fleet of any size (`fleet`), let
//! AWS's time go faster (`speed`: a second of a call-rate limit and a transition are that much shorter), and answer
//! like a server that is far away (`rtt`). `keystream simulate` takes the three as `--streams`, `--speed` and
//! `--rtt-ms`; the last two can be changed while it runs.

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
