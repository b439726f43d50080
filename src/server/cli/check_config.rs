//! `keystream check-config`: shows the configuration, and tries every target: a listing, a read of one stream by name
//! and one by ARN (they go to different hosts), its tags, and its roles. A failure names the missing permission or
//! host. The company's provider is tried too.

use std::{io::Write, sync::Arc};

use anyhow::bail;

use crate::{
    model::{
        change::refusal::{Refusal, RefusalKind},
        inventory::TargetHealth,
        stream::{StreamArn, StreamName},
    },
    server::{
        adapters::{
            aws::{
                ListFrom, READ_SESSION, ReadFailure, ReadFailureKind, StreamRef,
                hosts::HostLog,
                targets::{self, Target},
            },
            clock::{Clock, SystemClock},
            store::{Opener, Store},
        },
        cli::{check_provider, checkpoints, serve::weaknesses},
        config::{Settings, without_password},
    },
};

/// A name that no stream is likely to have.
const NO_STREAM: &str = "keystream-check-config";

/// Checks the database, the checkpoints and every target.
///
/// # Errors
/// When the database can't be opened, checkpoints can't be kept or don't match, or a target lacks something that
/// Keystream needs.
pub async fn run(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let places = checkpoints::places(settings)?;
    let store = Store::open(&settings.database.database_url, Opener::Command).await?;
    writeln!(output, "database {}: can be opened", without_password(&settings.database.database_url))?;
    checkpoints::check(&store, places, &mut output).await?;
    for weakness in weaknesses(settings)? {
        writeln!(output, "warning: {weakness}")?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let is_provider_fine = check_provider::check(settings, &clock, &mut output).await?;
    let hosts = HostLog::default();
    let targets = targets::load(&settings.fleet.targets, &clock, Some(&hosts)).await?;
    let mut failed = 0;
    for target in &targets {
        let mut check = Check { target, hosts: &hosts, output: &mut output, has_failed: false };
        check.run().await?;
        failed += usize::from(check.has_failed);
    }
    if failed > 0 {
        let noun = TargetHealth::noun(targets.len());
        bail!("{failed} of {} {noun} failed; the lines above say why", targets.len());
    }
    if !is_provider_fine {
        bail!("the provider failed; the lines above say why");
    }
    Ok(())
}

/// What a listing found.
enum Listed {
    Stream(StreamName),
    Nothing,
    Failed,
}

struct Check<'a, W> {
    target: &'a Target,
    hosts: &'a HostLog,
    output: W,
    has_failed: bool,
}

impl<W: Write> Check<'_, W> {
    async fn run(&mut self) -> anyhow::Result<()> {
        let account = self.target.kinesis.caller_account().await;
        if let Ok(account) = &account {
            self.target.resolve_account(account);
        }
        let changes = if self.target.is_read_only { "read-only" } else { "may change" };
        writeln!(
            self.output,
            "target {}: account {}, Region {}, {changes}",
            self.target.label(),
            self.target.account(),
            self.target.region
        )?;
        match account {
            Ok(account) if account != self.target.account() => {
                self.failed("sts:GetCallerIdentity", &format!("the credentials are of account {account}"))?;
            }
            Ok(_) => self.worked("sts:GetCallerIdentity", "", None)?,
            // Without credentials nothing else can be tried.
            Err(failure) if failure.kind == ReadFailureKind::NoCredentials => {
                let (what, whose) = match &self.target.read_role {
                    Some(role) => ("sts:AssumeRole", format!("{role} in session {READ_SESSION}: ")),
                    None => ("credentials", String::new()),
                };
                return self.failed(what, &format!("{whose}{failure}"));
            }
            // The account comes from the configuration or from the streams as well.
            Err(failure) => self.tell("sts:GetCallerIdentity", &format!("not answered: {failure}"))?,
        }
        self.assume_change_role().await?;
        match self.list().await? {
            Listed::Stream(name) => self.read(&name).await?,
            Listed::Nothing => self.read_nothing().await?,
            Listed::Failed => {}
        }
        self.read_tags().await
    }

    async fn assume_change_role(&mut self) -> anyhow::Result<()> {
        match self.target.sender("check-config", None).await {
            Ok((_, Some(sent_as))) => {
                self.worked("sts:AssumeRole", &format!("{} in session {}", sent_as.role, sent_as.session), None)
            }
            Ok((_, None)) => Ok(()),
            Err(Refusal { kind: RefusalKind::NotSent { detail, .. }, .. }) => self.failed("sts:AssumeRole", &detail),
            Err(_) => self.failed("sts:AssumeRole", "AWS refused"),
        }
    }

    async fn list(&mut self) -> anyhow::Result<Listed> {
        if let Some(first) = self.target.streams.first() {
            self.tell(
                "kinesis:ListStreams",
                &format!("not needed: the configuration names {} streams", self.target.streams.len()),
            )?;
            return Ok(Listed::Stream(first.name.clone()));
        }
        match self.target.kinesis.list_streams(&ListFrom::Start).await {
            Err(failure) => self.read_failed("kinesis:ListStreams", "", &failure).map(|()| Listed::Failed),
            Ok(page) => {
                let more = if page.has_more { " and more" } else { "" };
                let host = self.hosts.take();
                self.worked("kinesis:ListStreams", &format!("{} streams{more}", page.streams.len()), host)?;
                Ok(page.streams.first().map_or(Listed::Nothing, |stream| Listed::Stream(stream.name.clone())))
            }
        }
    }

    /// Reads one stream both ways. Keystream uses one of them; the other shows whether its host can be reached.
    async fn read(&mut self, name: &StreamName) -> anyhow::Result<()> {
        let arn = self.target.arn(name);
        let uses_arn = self.uses_arn(arn.as_ref());
        self.read_as("by name", &StreamRef::Name(name.clone()), name, !uses_arn).await?;
        match arn {
            Some(arn) => self.read_as("by ARN", &StreamRef::Arn(arn), name, uses_arn).await,
            None => self.tell("kinesis:DescribeStreamSummary", "by ARN: not tried, the account is not known"),
        }
    }

    /// Without a stream to read, asks for one that doesn't exist: "not found" shows that the host can be reached and
    /// that the permission is there.
    async fn read_nothing(&mut self) -> anyhow::Result<()> {
        let name: StreamName = NO_STREAM.parse()?;
        let arn = self.target.arn(&name);
        let uses_arn = self.uses_arn(arn.as_ref());
        let ways = [
            Some(("by name", StreamRef::Name(name), !uses_arn)),
            arn.map(|arn| ("by ARN", StreamRef::Arn(arn), uses_arn)),
        ];
        for (how, stream, is_needed) in ways.into_iter().flatten() {
            let read = self.target.kinesis.describe_stream_summary(&stream).await;
            let host = self.hosts.take();
            match read {
                Err(failure) if failure.kind == ReadFailureKind::NotFound => {
                    self.worked(
                        "kinesis:DescribeStreamSummary",
                        &format!("{how}: AWS answers; there is no stream to read"),
                        host,
                    )?;
                }
                // A policy may name streams.
                Err(failure) if failure.kind == ReadFailureKind::Denied => {
                    let text = format!(
                        "{how}: AWS answers, and there is no stream to try the permission with: {failure}{}",
                        at(host.as_ref())
                    );
                    self.tell("kinesis:DescribeStreamSummary", &text)?;
                }
                Err(failure) if is_needed => {
                    self.read_failed_at("kinesis:DescribeStreamSummary", how, &failure, host)?;
                }
                Err(failure) => self.not_needed(how, &failure, host.as_ref())?,
                Ok(report) => {
                    self.failed("kinesis:DescribeStreamSummary", &format!("{how}: AWS answered for {}", report.arn))?;
                }
            }
        }
        Ok(())
    }

    async fn read_as(
        &mut self,
        how: &str,
        stream: &StreamRef,
        name: &StreamName,
        is_needed: bool,
    ) -> anyhow::Result<()> {
        let read = self.target.kinesis.describe_stream_summary(stream).await;
        let host = self.hosts.take();
        let is_own = |arn: &StreamArn| self.target.owns(arn) && arn.name == *name;
        match read {
            Ok(report) if is_own(&report.arn) => {
                self.worked("kinesis:DescribeStreamSummary", &format!("{how} of {name}"), host)
            }
            Ok(report) => {
                self.failed("kinesis:DescribeStreamSummary", &format!("{how}: AWS answered for {}", report.arn))
            }
            Err(failure) if is_needed => self.read_failed_at("kinesis:DescribeStreamSummary", how, &failure, host),
            Err(failure) => self.not_needed(how, &failure, host.as_ref()),
        }
    }

    /// Whether Keystream reads this target by ARN.
    fn uses_arn(&self, arn: Option<&StreamArn>) -> bool {
        arn.is_some_and(|arn| matches!(self.target.ref_of(arn), StreamRef::Arn(_)))
    }

    fn not_needed(&mut self, how: &str, failure: &ReadFailure, host: Option<&String>) -> anyhow::Result<()> {
        let text = format!("{how}: does not work, and Keystream does not use it here: {failure}{}", at(host));
        self.tell("kinesis:DescribeStreamSummary", &text)
    }

    async fn read_tags(&mut self) -> anyhow::Result<()> {
        match self.target.kinesis.get_resources(None).await {
            Ok(_) => self.worked("tag:GetResources", "", None),
            // Only the column and the filter of tags need it.
            Err(failure) => {
                let hint = missing("tag:GetResources", &failure);
                self.tell("tag:GetResources", &format!("tags will not be shown: {failure}{hint}"))
            }
        }
    }

    fn read_failed(&mut self, permission: &str, how: &str, failure: &ReadFailure) -> anyhow::Result<()> {
        let host = self.hosts.take();
        self.read_failed_at(permission, how, failure, host)
    }

    fn read_failed_at(
        &mut self,
        permission: &str,
        how: &str,
        failure: &ReadFailure,
        host: Option<String>,
    ) -> anyhow::Result<()> {
        let hint = missing(permission, failure);
        let how = if how.is_empty() { String::new() } else { format!("{how}: ") };
        self.failed(permission, &format!("{how}{failure}{hint}{}", at(host.as_ref())))
    }

    fn worked(&mut self, permission: &str, what: &str, host: Option<String>) -> anyhow::Result<()> {
        let what = if what.is_empty() { String::new() } else { format!(": {what}") };
        self.tell(permission, &format!("ok{what}{}", at(host.as_ref())))
    }

    fn failed(&mut self, permission: &str, why: &str) -> anyhow::Result<()> {
        self.has_failed = true;
        self.tell(permission, &format!("failed: {why}"))
    }

    fn tell(&mut self, permission: &str, what: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.output, "  {permission:<31}{what}")?)
    }
}

fn missing(permission: &str, failure: &ReadFailure) -> String {
    let lacks = failure.kind == ReadFailureKind::Denied;
    if lacks { format!("; the permission {permission} is missing") } else { String::new() }
}

fn at(host: Option<&String>) -> String {
    host.map_or_else(String::new, |host| format!(" ({host})"))
}
