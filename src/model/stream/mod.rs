//! What a Kinesis data stream is called and what AWS reports of it. Names, accounts, Regions and ARNs are types that
//! cannot hold a malformed value; AWS's open enums keep what they do not know.

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
    id::StreamId,
    names::{Account, InvalidStreamText, Region, StreamName},
    report::{StreamReport, is_same_creation},
    status::StreamStatus,
};
