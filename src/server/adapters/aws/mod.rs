//! AWS, and the only place with the SDK's types: the port that the rest of the server calls, its implementation over
//! the SDK, the mapping of errors, the limiters per operation, and the targets.

mod authorities;
mod bounded_client;
mod calls;
mod change_role;
mod descriptions;
mod errors;
mod failure;
mod guard;
pub mod hosts;
mod identity;
mod kinesis;
pub mod kms;
pub mod limits;
mod needed_hosts;
mod no_credentials;
mod port;
pub mod records;
mod said;
mod sdk;
mod sdk_records;
mod stream_ref;
mod target_error;
pub mod targets;
pub mod trail;

pub use self::{
    failure::{ReadFailure, ReadFailureKind},
    needed_hosts::NeededHost,
    port::{Kinesis, ListFrom, ListedPage, ListedStream, SendOutcome, TaggedPage, Tags, observation},
    sdk::READ_SESSION,
    stream_ref::StreamRef,
};
