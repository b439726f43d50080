//! The adapter over `aws-sdk-kms`: lists keys and describes one. Nothing here encrypts or changes a key.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_kms::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{ExpirationModelType, KeyManagerType, KeyMetadata},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    ReadFailure, ReadFailureKind,
    calls::Calls,
    errors, said,
    sdk::{Configured, retry_partition, timeouts},
};
use crate::{
    model::{
        keys::{KeyArn, KeyFacts, KeyState},
        stream::encryption::KeyId,
        time::Timestamp,
    },
    server::adapters::clock::Clock,
};

/// A confirmation, for which it is optional, waits at most this long.
pub const TIMEOUT: Duration = Duration::from_secs(2);
/// KMS returns at most this many aliases or keys per call.
const PAGE_OF_ALIASES: i32 = 100;
const PAGE_OF_KEYS: i32 = 1_000;

/// What Keystream asks of KMS in one account and Region.
#[async_trait]
pub trait Kms: std::fmt::Debug + Send + Sync {
    /// One page of `ListAliases`; an alias that points to no key yet is left out.
    async fn list_aliases(&self, marker: Option<&str>) -> Result<Listed<Alias>, ReadFailure>;

    /// One page of `ListKeys`: the ids.
    async fn list_keys(&self, marker: Option<&str>) -> Result<Listed<String>, ReadFailure>;

    /// One `DescribeKey`, by any form of a key id; `NotFound` for a key or alias that doesn't exist.
    async fn describe_key(&self, key: &KeyId) -> Result<KeyFacts, ReadFailure>;

    /// One `GetKeyRotationStatus`: whether KMS rotates the key automatically.
    async fn is_rotated(&self, key: &KeyArn) -> Result<bool, ReadFailure>;
}

/// One page.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// An alias, `alias/orders`, and the id of the key that it points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    pub name: String,
    pub key: String,
}

/// KMS through the SDK. Retries are off: nobody waits long for what is optional.
#[derive(Debug)]
pub struct SdkKms {
    client: Client,
    calls: Calls,
    clock: Arc<dyn Clock>,
}

impl SdkKms {
    /// A client with this SDK configuration, with its memory of failures separated from other targets'.
    pub fn new(config: &Configured, target: &str, clock: Arc<dyn Clock>) -> Self {
        // The caller gives up after the same time, and should learn that the credentials were slow.
        let calls = Calls::new(config, "KMS", target, TIMEOUT * 3 / 4);
        let config = Builder::from(&config.sdk)
            .retry_config(RetryConfig::disabled())
            .retry_partition(retry_partition("kms", target))
            .timeout_config(timeouts(TIMEOUT))
            .build();
        Self { client: Client::from_conf(config), calls, clock }
    }
}

#[async_trait]
impl Kms for SdkKms {
    async fn list_aliases(&self, marker: Option<&str>) -> Result<Listed<Alias>, ReadFailure> {
        let call = self.client.list_aliases().limit(PAGE_OF_ALIASES).set_marker(marker.map(ToOwned::to_owned));
        let answer = self.calls.read("ListAliases", call.send()).await?;
        // One that isn't an alias doesn't affect the others.
        let alias = |entry: &aws_sdk_kms::types::AliasListEntry| {
            let name = KeyId::as_reported(entry.alias_name()?).ok()?;
            let key = KeyId::as_reported(entry.target_key_id()?).ok()?;
            Some(Alias { name: name.to_string(), key: key.to_string() })
        };
        let next = answer.next_marker().filter(|_| answer.truncated()).map(ToOwned::to_owned);
        Ok(Listed { items: answer.aliases().iter().filter_map(alias).collect(), next })
    }

    async fn list_keys(&self, marker: Option<&str>) -> Result<Listed<String>, ReadFailure> {
        let call = self.client.list_keys().limit(PAGE_OF_KEYS).set_marker(marker.map(ToOwned::to_owned));
        let answer = self.calls.read("ListKeys", call.send()).await?;
        let next = answer.next_marker().filter(|_| answer.truncated()).map(ToOwned::to_owned);
        let id = |key: &aws_sdk_kms::types::KeyListEntry| Some(KeyId::as_reported(key.key_id()?).ok()?.to_string());
        Ok(Listed { items: answer.keys().iter().filter_map(id).collect(), next })
    }

    async fn describe_key(&self, key: &KeyId) -> Result<KeyFacts, ReadFailure> {
        let call = self.client.describe_key().key_id(key.as_str()).send();
        let answer = self.calls.read_as("DescribeKey", call, |error| of_key(error, error.code())).await?;
        let metadata = answer.key_metadata().ok_or_else(|| ReadFailure::other("KMS's answer had no description"))?;
        facts(metadata, self.clock.now())
    }

    async fn is_rotated(&self, key: &KeyArn) -> Result<bool, ReadFailure> {
        let call = self.client.get_key_rotation_status().key_id(key.to_string()).send();
        let answer = self.calls.read_as("GetKeyRotationStatus", call, |error| of_key(error, error.code())).await?;
        Ok(answer.key_rotation_enabled())
    }
}

/// Sorts a failure: KMS has codes of its own for what doesn't exist.
fn of_key<E>(error: &SdkError<E, HttpResponse>, code: Option<&str>) -> ReadFailure
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    if matches!(code, Some("NotFoundException" | "InvalidArnException")) {
        let why = "KMS does not find the key".to_owned();
        return ReadFailure { kind: ReadFailureKind::NotFound, in_short: why.clone(), why };
    }
    errors::read_failure(error)
}

fn facts(metadata: &KeyMetadata, read_at: Timestamp) -> Result<KeyFacts, ReadFailure> {
    let arn = metadata
        .arn()
        .and_then(|arn| arn.parse().ok())
        .ok_or_else(|| ReadFailure::other("KMS's answer carries no ARN of a key"))?;
    Ok(KeyFacts {
        arn,
        state: KeyState::from(metadata.key_state().map_or_else(String::new, |state| said::word(state.as_str()))),
        is_aws_managed: metadata.key_manager() == Some(&KeyManagerType::Aws),
        spec: metadata.key_spec().map_or_else(String::new, |spec| said::word(spec.as_str())),
        usage: metadata.key_usage().map_or_else(String::new, |usage| said::word(usage.as_str())),
        deleted_at: metadata.deletion_date().and_then(|at| at.to_millis().ok()).map(Timestamp::from_millis),
        // A date counts unless AWS says that the material doesn't expire.
        expires_at: metadata
            .valid_to()
            .filter(|_| metadata.expiration_model() != Some(&ExpirationModelType::KeyMaterialDoesNotExpire))
            .and_then(|at| at.to_millis().ok())
            .map(Timestamp::from_millis),
        read_at,
    })
}
