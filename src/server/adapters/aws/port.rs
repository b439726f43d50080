//! The port to Kinesis: what the rest of the server asks of it in one account and Region, and the answers.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{
    failure::{ReadFailure, ReadFailureKind},
    records::Records,
    stream_ref::StreamRef,
};
use crate::{
    model::{
        change::{Action, Observation, refusal::Refusal},
        stream::{Account, StreamArn, StreamName, StreamReport, StreamStatus, encryption::KeyId},
        time::Timestamp,
    },
    server::adapters::clock::Freshness,
};

/// What Keystream asks of Kinesis in one account and Region.
#[async_trait]
pub trait Kinesis: Debug + Send + Sync {
    /// One page of `ListStreams`, at most 100 names.
    async fn list_streams(&self, from: &ListFrom) -> Result<ListedPage, ReadFailure>;

    /// One `DescribeStreamSummary`. Never retried in here: the caller's limiter counts calls.
    async fn describe_stream_summary(&self, stream: &StreamRef) -> Result<StreamReport, ReadFailure>;

    /// One `StopStreamEncryption` or `StartStreamEncryption` with `EncryptionType=KMS` and this KeyId. Never retried;
    /// at most 10 s. Not sent if the read that decided it is no longer fresh when the request is about to be written.
    async fn change_encryption(&self, action: Action, stream: &StreamRef, key: &KeyId, read: &Freshness)
    -> SendOutcome;

    /// One page of `GetResources`: the tags of at most 100 streams. Streams that never had a tag are not in it.
    async fn get_resources(&self, token: Option<&str>) -> Result<TaggedPage, ReadFailure>;

    /// Access to records, where it exists.
    fn records(&self) -> Option<&dyn Records> {
        None
    }

    /// The account of the credentials in use, from `GetCallerIdentity`.
    async fn caller_account(&self) -> Result<Account, ReadFailure>;

    /// What calls are waiting for now, in words, if it isn't AWS: credentials that take long to load.
    fn waits_for(&self) -> Option<String> {
        None
    }
}

/// Where the next page of a listing starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListFrom {
    Start,
    Token(String),
    /// For servers that say "more" without a token: after this name.
    After(StreamName),
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct ListedPage {
    pub streams: Vec<ListedStream>,
    pub next_token: Option<String>,
    pub has_more: bool,
}

/// A stream as a listing names it. Everything but the name is optional in AWS's model.
#[derive(Debug, Clone)]
pub struct ListedStream {
    pub name: StreamName,
    pub arn: Option<StreamArn>,
    pub status: Option<StreamStatus>,
    pub created: Option<Timestamp>,
    /// When the page that names it was asked for.
    pub asked_at: Timestamp,
}

/// One page of tagged streams.
#[derive(Debug, Clone, Default)]
pub struct TaggedPage {
    pub streams: Vec<(StreamArn, Tags)>,
    pub next_token: Option<String>,
}

/// Keys and values, ordered by key.
pub type Tags = Vec<(String, String)>;

/// What became of a mutating call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// HTTP 200, with AWS's request id.
    Accepted { request_id: Option<String> },
    /// A definite refusal: a 4xx with an AWS error code, or certainty that no byte of the request was sent.
    Rejected(Refusal),
    /// AWS may or may not have received it.
    Unknown { why: String },
}

/// A read in the form that the reconciler takes.
pub fn observation(read: Result<StreamReport, ReadFailure>, asked_at: Timestamp) -> Observation {
    match read {
        Ok(report) => Observation::Report(report),
        Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) => Observation::NotFound { asked_at },
        Err(failure) => Observation::Failed { why: failure.why },
    }
}
