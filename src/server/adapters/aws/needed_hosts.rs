//! Which hosts a target's calls will go to, from the SDK's own rules about endpoints. Each call is prepared as always,
//! and held back before anything is sent, so neither credentials nor the network are needed.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_kinesis::types::ShardIteratorType;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, retry::RetryConfig};

use super::{StreamRef, hosts::HostLog, identity::Identity, records::FIRST_SHARD, sdk::Configured};

/// A host, with its port, and which calls go to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededHost {
    /// `None` if the SDK has none for these calls, such as a FIPS endpoint that doesn't exist.
    pub host: Option<String>,
    pub calls: Vec<&'static str>,
}

/// Names the hosts of one target.
#[derive(Debug, Clone)]
pub struct NeededHosts {
    sdk: SdkConfig,
    /// The URL to call instead of Kinesis's own hosts.
    endpoint: Option<String>,
}

impl NeededHosts {
    /// The hosts of calls with this configuration.
    pub fn new(config: &Configured, endpoint: Option<String>) -> Self {
        // Signed with nothing, as nothing is sent.
        let identity = Identity::fixed(Credentials::new("none", "none", None, None, "hosts"));
        let sdk = Configured::with(&config.sdk, identity).sdk;
        Self { sdk: sdk.into_builder().retry_config(RetryConfig::disabled()).build(), endpoint }
    }

    /// The hosts, in the order in which Keystream calls them. Those for streams depend on how this one is named.
    pub async fn find(&self, stream: &StreamRef) -> Vec<NeededHost> {
        let mut found = Vec::new();
        note(&mut found, "STS", self.sts().await);
        self.note_kinesis(&mut found, stream).await;
        note(&mut found, "KMS", self.kms().await);
        note(&mut found, "CloudTrail", self.trail().await);
        note(&mut found, "tags", self.tags().await);
        found
    }

    async fn note_kinesis(&self, found: &mut Vec<NeededHost>, stream: &StreamRef) {
        let mut config = aws_sdk_kinesis::config::Builder::from(&self.sdk);
        if let Some(endpoint) = &self.endpoint {
            config = config.endpoint_url(endpoint);
        }
        let client = aws_sdk_kinesis::Client::from_conf(config.build());
        let held = HoldBack::default();
        let (arn, name) = stream.arn_and_name();
        let _ = client.list_streams().customize().interceptor(held.clone()).send().await;
        note(found, "lists", held.0.take());
        let call = client.describe_stream_summary().set_stream_arn(arn.clone()).set_stream_name(name.clone());
        let _ = call.customize().interceptor(held.clone()).send().await;
        note(found, "reads and changes", held.0.take());
        let call = client.get_shard_iterator().set_stream_arn(arn).set_stream_name(name);
        let call = call.shard_id(FIRST_SHARD).shard_iterator_type(ShardIteratorType::Latest);
        let _ = call.customize().interceptor(held.clone()).send().await;
        note(found, "checks of records", held.0.take());
    }

    async fn sts(&self) -> Option<String> {
        let held = HoldBack::default();
        let client = aws_sdk_sts::Client::new(&self.sdk);
        let _ = client.get_caller_identity().customize().interceptor(held.clone()).send().await;
        held.0.take()
    }

    async fn kms(&self) -> Option<String> {
        let held = HoldBack::default();
        let client = aws_sdk_kms::Client::new(&self.sdk);
        let _ = client.list_aliases().customize().interceptor(held.clone()).send().await;
        held.0.take()
    }

    async fn trail(&self) -> Option<String> {
        let held = HoldBack::default();
        let client = aws_sdk_cloudtrail::Client::new(&self.sdk);
        let _ = client.lookup_events().customize().interceptor(held.clone()).send().await;
        held.0.take()
    }

    async fn tags(&self) -> Option<String> {
        let held = HoldBack::default();
        let client = aws_sdk_resourcegroupstagging::Client::new(&self.sdk);
        let _ = client.get_resources().customize().interceptor(held.clone()).send().await;
        held.0.take()
    }
}

/// Adds calls to their host.
fn note(found: &mut Vec<NeededHost>, calls: &'static str, host: Option<String>) {
    match found.iter_mut().find(|known| known.host == host) {
        Some(known) => known.calls.push(calls),
        None => found.push(NeededHost { host, calls: vec![calls] }),
    }
}

/// Notes where a call would go, and holds it back.
#[derive(Debug, Clone, Default)]
struct HoldBack(HostLog);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for HoldBack {
    fn name(&self) -> &'static str {
        "KeystreamHoldBack"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.note(context.request().uri());
        Err("only its host is of interest".into())
    }
}
