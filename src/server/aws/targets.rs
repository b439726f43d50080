//! The targets: one account in one Region each, with its own credentials provider, client and limiters.

use std::sync::{Arc, OnceLock};

use aws_config::{BehaviorVersion, Region as SdkRegion};
use aws_credential_types::Credentials;
use thiserror::Error;

use super::{Kinesis, ReadFailure, StreamRef, change_role::ChangeRole, kinesis::SdkKinesis, limits::Limits};
use crate::{
    model::{
        change::SentAs,
        pages::TargetCard,
        refusal::Refusal,
        stream::{Account, Region, StreamArn, StreamKey, StreamName, StreamReport},
    },
    server::{clock::Clock, config::TargetSettings},
};

/// One account in one Region, with what it takes to reach it.
#[derive(Debug)]
pub struct Target {
    /// The display name of the configuration, where it has one.
    pub name: Option<String>,
    pub region: Region,
    pub is_production: bool,
    pub is_read_only: bool,
    pub kinesis: Arc<dyn Kinesis>,
    /// Assumed to send changes; without one the target's own credentials do.
    change_role: Option<ChangeRole>,
    pub limits: Limits,
    /// The configured account, or the one that AWS named first.
    account: OnceLock<Account>,
}

/// Why the targets could not be made.
#[derive(Debug, Error)]
pub enum TargetError {
    #[error("no AWS Region is configured: set KEYSTREAM_TARGETS to ACCOUNT/REGION, or AWS_REGION")]
    NoRegion,
    #[error("the Region of the AWS configuration, \u{201c}{0}\u{201d}, is not written like one")]
    Region(String),
}

impl Target {
    /// A target over a given port.
    pub fn new(settings: &TargetSettings, region: Region, kinesis: Arc<dyn Kinesis>) -> Self {
        let account = OnceLock::new();
        if let Some(configured) = &settings.account {
            // A fresh cell takes its first value.
            let _ = account.set(configured.clone());
        }
        Self {
            name: settings.name.clone(),
            region,
            is_production: settings.is_production,
            is_read_only: settings.is_read_only,
            kinesis,
            change_role: None,
            limits: Limits::default(),
            account,
        }
    }

    /// The client that sends a change of this person, and in which session, where a role is assumed for it.
    ///
    /// # Errors
    /// When the role could not be assumed: then nothing can be sent.
    pub async fn sender(&self, actor: &str) -> Result<(Arc<dyn Kinesis>, Option<SentAs>), Refusal> {
        match &self.change_role {
            None => Ok((self.kinesis.clone(), None)),
            Some(role) => role.assume(actor).await.map(|(kinesis, sent_as)| (kinesis, Some(sent_as))),
        }
    }

    /// The account, `self` until it is known.
    pub fn account(&self) -> Account {
        self.account.get().cloned().unwrap_or_else(Account::unresolved)
    }

    /// Notes the account that AWS named. The first one stays.
    pub fn resolve_account(&self, account: &Account) {
        if account.is_resolved() {
            let _ = self.account.set(account.clone());
        }
    }

    /// How pages name the target.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}/{}", self.account(), self.region))
    }

    /// What pages say of it beside a stream.
    pub fn card(&self) -> TargetCard {
        TargetCard { name: self.name.clone(), is_production: self.is_production }
    }

    /// The key of one of its streams.
    pub fn key(&self, name: &StreamName) -> StreamKey {
        StreamKey { account: self.account(), region: self.region.clone(), name: name.clone() }
    }

    /// How a read names a stream of this target: by ARN as soon as the account is known.
    pub fn stream_ref(&self, name: &StreamName) -> StreamRef {
        let account = self.account();
        if !account.is_resolved() {
            return StreamRef::Name(name.clone());
        }
        let partition = match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        StreamRef::Arn(StreamArn { partition: partition.to_owned(), region: self.region.clone(), account, name: name.clone() })
    }

    /// One `DescribeStreamSummary`. A report of another account, Region or name than was asked for is refused: acting
    /// on it would act on another stream.
    ///
    /// # Errors
    /// When AWS did not answer, refused, or answered for another stream.
    pub async fn read(&self, name: &StreamName) -> Result<StreamReport, ReadFailure> {
        self.read_ref(&self.stream_ref(name), name).await
    }

    /// One `DescribeStreamSummary` of a stream whose ARN is known.
    ///
    /// # Errors
    /// As [`Target::read`].
    pub async fn read_arn(&self, arn: &StreamArn) -> Result<StreamReport, ReadFailure> {
        self.read_ref(&StreamRef::Arn(arn.clone()), &arn.name).await
    }

    async fn read_ref(&self, stream: &StreamRef, name: &StreamName) -> Result<StreamReport, ReadFailure> {
        let report = self.kinesis.describe_stream_summary(stream).await?;
        self.resolve_account(&report.arn.account);
        let is_asked_for = report.arn.account == self.account() && report.arn.region == self.region && report.arn.name == *name;
        if is_asked_for {
            Ok(report)
        } else {
            Err(ReadFailure::other(format!("AWS answered for {}, not for {name} of {}", report.arn, self.label())))
        }
    }
}

/// Makes the targets of a configuration; with none configured, the SDK's own account and Region.
///
/// # Errors
/// When no Region is configured anywhere.
pub async fn load(settings: &[TargetSettings], clock: &Arc<dyn Clock>) -> Result<Vec<Arc<Target>>, TargetError> {
    let own = [TargetSettings::default()];
    let settings = if settings.is_empty() { &own } else { settings };
    let mut targets = Vec::with_capacity(settings.len());
    for target in settings {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
        if let Some(region) = &target.region {
            loader = loader.region(SdkRegion::new(region.to_string()));
        }
        if let Some(profile) = &target.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(access_key) = &target.simulator_access_key {
            loader = loader.credentials_provider(Credentials::new(access_key, "simulator", None, None, "demo"));
            // All of AWS is there.
            if let Some(endpoint) = &target.endpoint {
                loader = loader.endpoint_url(endpoint);
            }
        }
        let config = loader.load().await;
        let region = config.region().ok_or(TargetError::NoRegion)?.to_string();
        let region: Region = region.parse().map_err(|_| TargetError::Region(region))?;
        let kinesis = Arc::new(SdkKinesis::new(&config, target.endpoint.as_deref(), clock.clone()));
        let change_role = target.change_role.as_ref().map(|arn| ChangeRole {
            arn: arn.clone(),
            external_id: target.external_id.clone(),
            sts: aws_sdk_sts::Client::new(&config),
            endpoint: target.endpoint.clone(),
            clock: clock.clone(),
            config,
        });
        targets.push(Arc::new(Target { change_role, ..Target::new(target, region, kinesis) }));
    }
    Ok(targets)
}
