//! The targets: each is one account in one Region, with its own credentials, clients and limiters.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::{
    Kinesis, ListFrom, ListedPage, ReadFailure, ReadFailureKind, StreamRef, TaggedPage,
    change_role::ChangeRole,
    hosts::HostLog,
    kinesis::SdkKinesis,
    kms::{Kms, SdkKms},
    limits::Limits,
    needed_hosts::{NeededHost, NeededHosts},
    sdk::{SdkConfigs, TargetConfig},
    target_error::TargetError,
    trail::{CloudTrail, SdkCloudTrail},
};
use crate::{
    model::{
        change::{SentAs, refusal::Refusal},
        inventory::TargetCard,
        stream::{Account, Region, StreamArn, StreamId, StreamName, StreamReport},
    },
    server::{
        adapters::clock::Clock,
        config::{IdentifyBy, TargetSettings},
    },
};

/// One account in one Region, with what is needed to reach it.
#[derive(Debug)]
pub struct Target {
    /// The configured display name, if there is one.
    pub name: Option<String>,
    pub region: Region,
    pub is_production: bool,
    pub is_read_only: bool,
    pub kinesis: Arc<dyn Kinesis>,
    /// The optional services.
    pub kms: Option<Arc<dyn Kms>>,
    pub trail: Option<Arc<dyn CloudTrail>>,
    /// Names the hosts that calls go to, if the target was loaded to be checked.
    hosts: Option<NeededHosts>,
    /// The role that sends changes; without one, the target's own credentials do.
    change_role: Option<ChangeRole>,
    pub limits: Limits,
    /// The streams, if the configuration names them; then AWS is not asked for a list.
    pub streams: Vec<StreamArn>,
    identify_by: IdentifyBy,
    /// The role that reads; without one, the target's own credentials do.
    pub read_role: Option<String>,
    /// The target's name in the database: as it is configured, whatever AWS says about its account later.
    pub id: String,
    /// The configured account, or the one that AWS named first.
    account: OnceLock<Account>,
}

impl Target {
    /// A target over a given port.
    pub fn new(settings: &TargetSettings, region: Region, kinesis: Arc<dyn Kinesis>) -> Self {
        let account = OnceLock::new();
        if let Some(configured) = &settings.account {
            // A new cell accepts its first value.
            let _ = account.set(configured.clone());
        }
        Self {
            id: id_of(settings, &region),
            name: settings.name.clone(),
            region,
            is_production: settings.is_production,
            is_read_only: settings.refuses_changes(),
            kinesis,
            kms: None,
            trail: None,
            hosts: None,
            change_role: None,
            limits: Limits::new(settings),
            streams: settings.streams.clone(),
            identify_by: settings.identify_by,
            read_role: settings.read_role.clone(),
            account,
        }
    }

    /// The client that sends a change of this person, and the name of its session if a role is assumed for it.
    ///
    /// # Errors
    /// When the role could not be assumed or belongs to another account than the streams: then nothing can be sent.
    pub async fn sender(
        &self,
        actor: &str,
        change: Option<&str>,
    ) -> Result<(Arc<dyn Kinesis>, Option<SentAs>), Refusal> {
        let Some(role) = &self.change_role else { return Ok((self.kinesis.clone(), None)) };
        match role.obstacle(&self.account()) {
            Some(refusal) => Err(refusal),
            None => role.assume(actor, change).await.map(|(kinesis, sent_as)| (kinesis, Some(sent_as))),
        }
    }

    /// The account; `self` until it is known.
    pub fn account(&self) -> Account {
        self.account.get().cloned().unwrap_or_else(Account::unresolved)
    }

    /// Notes the account that AWS named. The first one stays.
    pub fn resolve_account(&self, account: &Account) {
        if account.is_resolved() {
            let _ = self.account.set(account.clone());
        }
    }

    /// The hosts that this target's calls go to; those for streams are those for this one. Nothing is sent.
    pub async fn needed_hosts(&self, stream: &StreamName) -> Vec<NeededHost> {
        match &self.hosts {
            Some(hosts) => hosts.find(&self.stream_ref(stream)).await,
            None => Vec::new(),
        }
    }

    /// Whether calls go to hosts that have the account in their names, and it isn't known.
    pub fn lacks_hosts_of_account(&self) -> bool {
        self.identify_by == IdentifyBy::Arn && !self.account().is_resolved()
    }

    /// How pages name the target.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}/{}", self.account(), self.region))
    }

    /// What pages say about it beside a stream.
    pub fn card(&self) -> TargetCard {
        TargetCard { name: self.name.clone(), is_production: self.is_production, is_read_only: self.is_read_only }
    }

    /// The id of one of its streams.
    pub fn stream_id(&self, name: &StreamName) -> StreamId {
        StreamId { account: self.account(), region: self.region.clone(), name: name.clone() }
    }

    /// The ARN of one of its streams, once the account is known.
    pub fn arn(&self, name: &StreamName) -> Option<StreamArn> {
        let account = Some(self.account()).filter(Account::is_resolved)?;
        let partition = self.region.partition().to_owned();
        Some(StreamArn { partition, region: self.region.clone(), account, name: name.clone() })
    }

    /// How a call names a stream of this target: by ARN as soon as the account is known, unless the configuration wants
    /// names.
    pub fn stream_ref(&self, name: &StreamName) -> StreamRef {
        let arn = self.arn(name).filter(|_| self.identify_by == IdentifyBy::Arn);
        arn.map_or_else(|| StreamRef::Name(name.clone()), StreamRef::Arn)
    }

    /// How a call names a stream of this target whose ARN is already known.
    pub fn ref_of(&self, arn: &StreamArn) -> StreamRef {
        match self.identify_by {
            IdentifyBy::Arn => StreamRef::Arn(arn.clone()),
            IdentifyBy::Name => StreamRef::Name(arn.name.clone()),
        }
    }

    /// What calls are waiting for now, in words, if it isn't AWS: credentials that take long to load.
    pub fn waits_for(&self) -> Option<String> {
        self.kinesis.waits_for()
    }

    /// Whether an ARN has this target's account, Region and partition.
    pub fn owns(&self, arn: &StreamArn) -> bool {
        arn.account == self.account() && arn.region == self.region && arn.partition == self.region.partition()
    }

    /// Reads one page of `ListStreams`, once the limiter allows it.
    ///
    /// # Errors
    /// When AWS did not answer or refused.
    pub async fn list_page(&self, from: &ListFrom) -> Result<ListedPage, ReadFailure> {
        self.limits.list.turn().await;
        let page = self.kinesis.list_streams(from).await;
        self.limits.list.heed(&page);
        page
    }

    /// Reads one page of `GetResources`, once the limiter allows it.
    ///
    /// # Errors
    /// When AWS did not answer or refused.
    pub async fn tagged_page(&self, token: Option<&str>) -> Result<TaggedPage, ReadFailure> {
        self.limits.tags.turn().await;
        let page = self.kinesis.get_resources(token).await;
        self.limits.tags.heed(&page);
        page
    }

    /// Reads one stream with `DescribeStreamSummary`. A report about another account, Region or name than requested is
    /// refused: acting on it would act on another stream.
    ///
    /// # Errors
    /// When AWS did not answer, refused, or answered for another stream.
    pub async fn read(&self, name: &StreamName) -> Result<StreamReport, ReadFailure> {
        self.read_ref(&self.stream_ref(name), name).await
    }

    /// Like [`Target::read`], for a stream whose ARN is known.
    ///
    /// # Errors
    /// As [`Target::read`].
    pub async fn read_arn(&self, arn: &StreamArn) -> Result<StreamReport, ReadFailure> {
        let report = self.read_ref(&self.ref_of(arn), &arn.name).await?;
        // A call by name may be answered for another account than the ARN's.
        if report.arn == *arn { Ok(report) } else { Err(self.not_asked_for(&report.arn, &arn.name)) }
    }

    async fn read_ref(&self, stream: &StreamRef, name: &StreamName) -> Result<StreamReport, ReadFailure> {
        let report = self.kinesis.describe_stream_summary(stream).await;
        self.limits.describe.heed(&report);
        let report = report?;
        if report.arn.region == self.region && report.arn.partition == self.region.partition() {
            self.resolve_account_once(&report.arn.account).await;
        }
        let is_asked_for = match stream {
            StreamRef::Arn(arn) => report.arn == *arn,
            StreamRef::Name(_) => report.arn.name == *name,
        };
        if is_asked_for && self.owns(&report.arn) { Ok(report) } else { Err(self.not_asked_for(&report.arn, name)) }
    }

    /// Notes the account of a first report, unless STS names another one: a read may be answered for any account.
    async fn resolve_account_once(&self, reported: &Account) {
        if !self.account().is_resolved() {
            let named = self.kinesis.caller_account().await;
            self.resolve_account(named.as_ref().unwrap_or(reported));
        }
    }

    fn not_asked_for(&self, answered: &StreamArn, name: &StreamName) -> ReadFailure {
        let why = format!("AWS answered for {answered}, not for {name} of {}", self.label());
        ReadFailure {
            kind: ReadFailureKind::Other,
            why,
            in_short: "AWS answered for another stream than was asked for".to_owned(),
        }
    }
}

/// A target's name in the database and in metrics.
fn id_of(settings: &TargetSettings, region: &Region) -> String {
    let configured = settings.account.as_ref().map_or(Account::UNRESOLVED, Account::as_str);
    match &settings.profile {
        // Two profiles without an account may share a Region.
        Some(profile) if settings.account.is_none() => format!("{profile}@{configured}/{region}"),
        _ => format!("{configured}/{region}"),
    }
}

/// Creates the configured targets; with none configured, one for the SDK's own account and Region. `hosts` records
/// where their calls go.
///
/// # Errors
/// When no Region is configured anywhere, or no certificate authority is trusted.
pub async fn load(
    settings: &[TargetSettings],
    clock: &Arc<dyn Clock>,
    hosts: Option<&HostLog>,
) -> Result<Vec<Arc<Target>>, TargetError> {
    let own = [TargetSettings::default()];
    let settings = if settings.is_empty() { &own } else { settings };
    let mut configs = SdkConfigs::default();
    let mut targets = Vec::with_capacity(settings.len());
    for target in settings {
        let TargetConfig { own, read } = configs.load(target).await?;
        let region = read.sdk.region().ok_or(TargetError::NoRegion)?.to_string();
        let region: Region = region.parse().map_err(|_| TargetError::Region(region))?;
        let id = id_of(target, &region);
        let kinesis = Arc::new(SdkKinesis::new(&read, target.endpoint.as_deref(), &id, clock.clone(), hosts));
        let kms: Arc<dyn Kms> = Arc::new(SdkKms::new(&read, &id, clock.clone()));
        let trail: Arc<dyn CloudTrail> = Arc::new(SdkCloudTrail::new(&read, &id));
        let needed = hosts.map(|_| NeededHosts::new(&read, target.endpoint.clone()));
        let change_role = target.change_role.as_ref().map(|arn| ChangeRole {
            arn: arn.clone(),
            external_id: target.external_id.clone(),
            sts: aws_sdk_sts::Client::new(&own.sdk),
            target: id,
            endpoint: target.endpoint.clone(),
            clock: clock.clone(),
            config: own,
            refused_source_at: Mutex::default(),
        });
        targets.push(Arc::new(Target {
            change_role,
            kms: Some(kms),
            trail: Some(trail),
            hosts: needed,
            ..Target::new(target, region, kinesis)
        }));
    }
    Ok(targets)
}
