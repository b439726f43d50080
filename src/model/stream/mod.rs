//! A Kinesis data stream: its names, and what AWS reports about it.
//!
//! Names, accounts, Regions and ARNs are types that can't hold a malformed value. AWS's open enums keep unknown values.

mod arn;
pub mod encryption;
mod id;
mod names;
mod report;
mod status;
#[cfg(test)]
mod tests;

pub use self::{
    arn::StreamArn,
    id::{Digest, StreamId},
    names::{Account, InvalidStreamText, Region, StreamName},
    report::{StreamReport, is_same_creation},
    status::StreamStatus,
};
