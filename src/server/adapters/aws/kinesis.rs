//! The adapter over `aws-sdk-kinesis`. Everything that AWS answers is parsed here or reported as unreadable.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_kinesis::{
    Client,
    config::{Builder, retry::RetryConfig},
    operation::{
        RequestId, start_stream_encryption::StartStreamEncryptionOutput,
        stop_stream_encryption::StopStreamEncryptionOutput,
    },
    types::{EncryptionType, StreamSummary},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    Kinesis, ListFrom, ListedPage, ListedStream, ReadFailure, SendOutcome, StreamRef, TaggedPage,
    calls::Calls,
    descriptions::{fill_in, report},
    errors,
    guard::SendGuard,
    hosts::HostLog,
    identity::LOAD_LIMIT,
    records::Records,
    said,
    sdk::{Configured, retry_partition, timeouts},
};
use crate::{
    model::{
        change::{
            Action,
            refusal::{Refusal, RefusalKind},
        },
        stream::{Account, StreamReport, encryption::KeyId},
    },
    server::adapters::clock::{Clock, Freshness},
};

/// A read that takes longer is given up; the collector asks again later.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// A mutating call that takes longer has an unknown outcome.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a mutating call waits for credentials. The read before it used the same ones, and would be too old after a
/// longer wait.
const SEND_PATIENCE: Duration = Duration::from_secs(2);
/// AWS returns at most this many names per call.
const PAGE_OF_NAMES: i32 = 100;
/// AWS returns at most this many tagged streams per call.
const PAGE_OF_TAGS: i32 = 100;

/// Kinesis in one account and Region through the SDK, with the identity and tagging calls that go with it.
#[derive(Debug)]
pub struct SdkKinesis {
    client: Client,
    sts: aws_sdk_sts::Client,
    tagging: aws_sdk_resourcegroupstagging::Client,
    calls: Calls,
    sts_calls: Calls,
    tagging_calls: Calls,
    clock: Arc<dyn Clock>,
}

impl SdkKinesis {
    /// A client with this SDK configuration. Retries are off throughout: a repeated Stop could take effect twice, and a
    /// repeated read would escape the limiter. `target` separates the SDK's memory of failures, and its
    /// metrics, from other targets'.
    pub fn new(
        config: &Configured,
        endpoint: Option<&str>,
        target: &str,
        clock: Arc<dyn Clock>,
        hosts: Option<&HostLog>,
    ) -> Self {
        let mut kinesis = Builder::from(&config.sdk)
            .retry_config(RetryConfig::disabled())
            .retry_partition(retry_partition("kinesis", target))
            .timeout_config(timeouts(READ_TIMEOUT));
        if let Some(endpoint) = endpoint {
            kinesis = kinesis.endpoint_url(endpoint);
        }
        if let Some(hosts) = hosts {
            kinesis = kinesis.interceptor(hosts.clone());
        }
        let sts = aws_sdk_sts::config::Builder::from(&config.sdk)
            .retry_partition(retry_partition("sts", target))
            .timeout_config(timeouts(READ_TIMEOUT))
            .build();
        let tagging = aws_sdk_resourcegroupstagging::config::Builder::from(&config.sdk)
            .retry_config(RetryConfig::disabled())
            .retry_partition(retry_partition("tagging", target))
            .timeout_config(timeouts(READ_TIMEOUT))
            .build();
        Self {
            client: Client::from_conf(kinesis.build()),
            sts: aws_sdk_sts::Client::from_conf(sts),
            tagging: aws_sdk_resourcegroupstagging::Client::from_conf(tagging),
            calls: Calls::new(config, "Kinesis", target, LOAD_LIMIT),
            sts_calls: Calls::new(config, "STS", target, LOAD_LIMIT),
            tagging_calls: Calls::new(config, "the Resource Groups Tagging API", target, LOAD_LIMIT),
            clock,
        }
    }
}

impl SdkKinesis {
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) const fn calls(&self) -> &Calls {
        &self.calls
    }
}

#[async_trait]
impl Kinesis for SdkKinesis {
    fn records(&self) -> Option<&dyn Records> {
        Some(self)
    }

    async fn list_streams(&self, from: &ListFrom) -> Result<ListedPage, ReadFailure> {
        let asked_at = self.clock.now();
        let call = self.client.list_streams().limit(PAGE_OF_NAMES);
        let call = match from {
            ListFrom::Start => call,
            ListFrom::Token(token) => call.next_token(token),
            ListFrom::After(name) => call.exclusive_start_stream_name(name.as_str()),
        };
        let answer = self.calls.read("ListStreams", call.send()).await?;
        let mut streams = Vec::with_capacity(answer.stream_names().len());
        for name in answer.stream_names() {
            // One unreadable name doesn't affect the others.
            let Ok(name) = name.parse() else {
                tracing::warn!(
                    name = said::word(name),
                    "AWS listed a stream under a name that no stream can have; it is left out"
                );
                continue;
            };
            streams.push(ListedStream { name, arn: None, status: None, created: None, asked_at });
        }
        // Some servers repeat the summaries of all streams on every page: only those of this page's names are taken.
        let summaries: HashMap<&str, &StreamSummary> =
            answer.stream_summaries().iter().map(|summary| (summary.stream_name(), summary)).collect();
        for stream in &mut streams {
            if let Some(summary) = summaries.get(stream.name.as_str()) {
                fill_in(stream, summary);
            }
        }
        Ok(ListedPage { streams, next_token: answer.next_token, has_more: answer.has_more_streams })
    }

    async fn describe_stream_summary(&self, stream: &StreamRef) -> Result<StreamReport, ReadFailure> {
        let asked_at = self.clock.now();
        let (arn, name) = stream.arn_and_name();
        let call = self.client.describe_stream_summary().set_stream_arn(arn).set_stream_name(name);
        let answer = self.calls.read("DescribeStreamSummary", call.send()).await?;
        let summary =
            answer.stream_description_summary().ok_or_else(|| ReadFailure::other("AWS's answer had no description"))?;
        report(summary, asked_at, self.clock.now())
    }

    async fn change_encryption(
        &self,
        action: Action,
        stream: &StreamRef,
        key: &KeyId,
        read: &Freshness,
    ) -> SendOutcome {
        let overrides = Builder::new().retry_config(RetryConfig::disabled()).timeout_config(timeouts(SEND_TIMEOUT));
        let (arn, name) = stream.arn_and_name();
        let (kms, key) = (EncryptionType::Kms, key.as_str());
        if let Err(missing) = self.calls.ready(SEND_PATIENCE).await {
            return said::outcome(SendOutcome::Rejected(errors::not_sent_without_credentials(&missing)));
        }
        let sent = match action {
            Action::Disable => {
                let call = self
                    .client
                    .stop_stream_encryption()
                    .set_stream_arn(arn)
                    .set_stream_name(name)
                    .encryption_type(kms)
                    .key_id(key);
                let answer =
                    call.customize().config_override(overrides).interceptor(SendGuard(read.clone())).send().await;
                let id = |answer: StopStreamEncryptionOutput| answer.request_id().map(ToOwned::to_owned);
                answer.map(id).map_err(|error| self.not_accepted(&error))
            }
            Action::Enable => {
                let call = self
                    .client
                    .start_stream_encryption()
                    .set_stream_arn(arn)
                    .set_stream_name(name)
                    .encryption_type(kms)
                    .key_id(key);
                let answer =
                    call.customize().config_override(overrides).interceptor(SendGuard(read.clone())).send().await;
                let id = |answer: StartStreamEncryptionOutput| answer.request_id().map(ToOwned::to_owned);
                answer.map(id).map_err(|error| self.not_accepted(&error))
            }
        };
        said::outcome(match self.calls.counted(action.call(), sent, is_throttle) {
            Ok(request_id @ Some(_)) => SendOutcome::Accepted { request_id },
            // Something in between may have answered, and AWS may never have received it.
            Ok(None) => SendOutcome::Unknown { why: "a success without AWS's request id".to_owned() },
            Err(outcome) => outcome,
        })
    }

    async fn get_resources(&self, token: Option<&str>) -> Result<TaggedPage, ReadFailure> {
        let call =
            self.tagging.get_resources().resource_type_filters("kinesis:stream").resources_per_page(PAGE_OF_TAGS);
        let call = call.set_pagination_token(token.map(ToOwned::to_owned));
        let answer = self.tagging_calls.read("GetResources", call.send()).await?;
        let mut streams = Vec::with_capacity(answer.resource_tag_mapping_list().len());
        for mapping in answer.resource_tag_mapping_list() {
            // Stream consumers may be among them: whatever isn't a stream's ARN is left out.
            let Some(arn) = mapping.resource_arn().and_then(|arn| arn.parse().ok()) else { continue };
            let mut tags: Vec<_> = mapping.tags().iter().map(|tag| said::tag(tag.key(), tag.value())).collect();
            tags.sort_unstable();
            said::most_of_tags(&mut tags);
            streams.push((arn, tags));
        }
        Ok(TaggedPage { streams, next_token: answer.pagination_token.filter(|token| !token.is_empty()) })
    }

    async fn caller_account(&self) -> Result<Account, ReadFailure> {
        let answer = self.sts_calls.read("GetCallerIdentity", self.sts.get_caller_identity().send()).await?;
        let account = answer.account().ok_or_else(|| ReadFailure::other("AWS's answer named no account"))?;
        account.parse().map_err(|_| ReadFailure::other("AWS's answer named an account that is not 12 digits"))
    }

    fn waits_for(&self) -> Option<String> {
        self.calls.wait_for()
    }
}

/// Whether AWS refused a mutating call because there were too many.
const fn is_throttle(outcome: &SendOutcome) -> bool {
    matches!(outcome, SendOutcome::Rejected(Refusal { kind: RefusalKind::TooFast, .. }))
}

impl SdkKinesis {
    /// What became of a mutating call that did not return 200.
    fn not_accepted<E>(&self, error: &SdkError<E, HttpResponse>) -> SendOutcome
    where
        E: std::error::Error + ProvideErrorMetadata + RequestId + 'static,
    {
        self.calls.heed(error);
        let outcome = errors::send_outcome(error, self.clock.now());
        match (outcome, self.calls.fips_note(error)) {
            (SendOutcome::Rejected(mut refusal), Some(note)) => {
                if let RefusalKind::NotSent { detail, .. } = &mut refusal.kind {
                    *detail = format!("{detail}; {note}");
                }
                SendOutcome::Rejected(refusal)
            }
            (outcome, _) => outcome,
        }
    }
}
