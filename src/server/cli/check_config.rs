//! `keystream check-config`: shows the configuration, and tries every target: a listing, a read of one stream by name
//! and one by ARN (they go to different hosts), its roles, and the services that Keystream can do without. A failure
//! names the missing permission or host. The company's provider is tried too.

use std::{io::Write, sync::Arc};

use anyhow::bail;

use crate::{
    model::{
        change::refusal::{Refusal, RefusalKind},
        inventory::TargetHealth,
        stream::{StreamArn, StreamName, StreamReport},
    },
    server::{
        adapters::{
            aws::{
                ListFrom, READ_SESSION, ReadFailure, ReadFailureKind, StreamRef,
                hosts::HostLog,
                targets::{self, Target},
            },
            clock::{Clock, SystemClock},
        },
        cli::{
            check_database,
            check_lines::{Lines, at, missing},
            check_provider,
            check_services::{self, Seen},
            serve::weaknesses,
        },
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
    // What is wrong with it says nothing about the targets.
    let of_database = check_database::check(settings, &mut output).await;
    if let Err(error) = &of_database {
        writeln!(output, "database {}: failed: {error:#}", without_password(&settings.database.database_url))?;
    }
    for weakness in weaknesses(settings)? {
        writeln!(output, "warning: {weakness}")?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let is_provider_fine = check_provider::check(settings, &clock, &mut output).await?;
    let hosts = HostLog::default();
    let targets = targets::load(&settings.fleet.targets, &clock, Some(&hosts)).await?;
    let mut failed = 0;
    for target in &targets {
        let mut check = Check { target, lines: Lines::new(&hosts, &mut output) };
        check.run().await?;
        failed += usize::from(check.lines.has_failed);
    }
    if failed > 0 {
        let noun = TargetHealth::noun(targets.len());
        bail!("{failed} of {} {noun} failed; the lines above say why", targets.len());
    }
    if !is_provider_fine {
        bail!("the provider failed; the lines above say why");
    }
    of_database
}

/// What a listing found.
enum Listed {
    Stream(StreamName),
    Nothing,
    Failed,
}

struct Check<'a, W> {
    target: &'a Target,
    lines: Lines<'a, W>,
}

impl<W: Write> Check<'_, W> {
    async fn run(&mut self) -> anyhow::Result<()> {
        let no_stream: StreamName = NO_STREAM.parse()?;
        // Before any call, if possible: in a closed network, calls wait for hosts that should be named by then.
        let is_known = self.target.account().is_resolved();
        if is_known {
            self.introduce(&no_stream).await?;
        }
        let account = self.target.kinesis.caller_account().await;
        if let Ok(account) = &account {
            self.target.resolve_account(account);
        }
        if !is_known {
            self.introduce(&no_stream).await?;
        }
        match account {
            Ok(account) if account != self.target.account() => {
                self.lines.failed("sts:GetCallerIdentity", &format!("the credentials are of account {account}"))?;
            }
            Ok(_) => self.lines.worked("sts:GetCallerIdentity", "", None)?,
            // Without credentials nothing else can be tried.
            Err(failure) if failure.kind == ReadFailureKind::NoCredentials => {
                let (what, whose) = match &self.target.read_role {
                    Some(role) => ("sts:AssumeRole", format!("{role} in session {READ_SESSION}: ")),
                    None => ("credentials", String::new()),
                };
                return self.lines.failed(what, &format!("{whose}{failure}"));
            }
            // The account comes from the configuration or from the streams as well.
            Err(failure) => self.lines.tell("sts:GetCallerIdentity", &format!("not answered: {failure}"))?,
        }
        self.assume_change_role().await?;
        let seen = match self.list().await? {
            Listed::Stream(name) => {
                let key = self.read(&name).await?.and_then(|report| report.key().cloned());
                Seen { stream: Some(name), key }
            }
            Listed::Nothing => {
                self.read_nothing(&no_stream).await?;
                Seen::default()
            }
            Listed::Failed => Seen::default(),
        };
        check_services::check(self.target, &mut self.lines, &seen, &no_stream).await
    }

    /// Says which target it is, and which hosts it needs.
    async fn introduce(&mut self, no_stream: &StreamName) -> anyhow::Result<()> {
        let changes = if self.target.is_read_only { "read-only" } else { "may change" };
        let (label, region) = (self.target.label(), &self.target.region);
        self.lines.title(&format!("target {label}: account {}, Region {region}, {changes}", self.target.account()))?;
        self.lines.needed(&self.target.needed_hosts(no_stream).await)?;
        if self.target.lacks_hosts_of_account() {
            self.lines.tell("host", "those of the account are not named: the account is not known")?;
        }
        Ok(())
    }

    async fn assume_change_role(&mut self) -> anyhow::Result<()> {
        match self.target.sender("check-config", None).await {
            Ok((_, Some(sent_as))) => {
                self.lines.worked("sts:AssumeRole", &format!("{} in session {}", sent_as.role, sent_as.session), None)
            }
            Ok((_, None)) => Ok(()),
            Err(Refusal { kind: RefusalKind::NotSent { detail, .. }, .. }) => {
                self.lines.failed("sts:AssumeRole", &detail)
            }
            Err(_) => self.lines.failed("sts:AssumeRole", "AWS refused"),
        }
    }

    async fn list(&mut self) -> anyhow::Result<Listed> {
        if let Some(first) = self.target.streams.first() {
            self.lines.tell(
                "kinesis:ListStreams",
                &format!("not needed: the configuration names {} streams", self.target.streams.len()),
            )?;
            return Ok(Listed::Stream(first.name.clone()));
        }
        match self.target.kinesis.list_streams(&ListFrom::Start).await {
            Err(failure) => self.read_failed("kinesis:ListStreams", "", &failure).map(|()| Listed::Failed),
            Ok(page) => {
                let more = if page.has_more { " and more" } else { "" };
                let host = self.lines.hosts.take();
                self.lines.worked("kinesis:ListStreams", &format!("{} streams{more}", page.streams.len()), host)?;
                Ok(page.streams.first().map_or(Listed::Nothing, |stream| Listed::Stream(stream.name.clone())))
            }
        }
    }

    /// Reads one stream both ways. Keystream uses one of them; the other shows whether its host can be reached. Returns
    /// what AWS reported.
    async fn read(&mut self, name: &StreamName) -> anyhow::Result<Option<StreamReport>> {
        let arn = self.target.arn(name);
        let uses_arn = self.uses_arn(arn.as_ref());
        let by_name = self.read_as("by name", &StreamRef::Name(name.clone()), name, !uses_arn).await?;
        let by_arn = match arn {
            Some(arn) => self.read_as("by ARN", &StreamRef::Arn(arn), name, uses_arn).await?,
            None => {
                self.lines.tell("kinesis:DescribeStreamSummary", "by ARN: not tried, the account is not known")?;
                None
            }
        };
        Ok(by_arn.or(by_name))
    }

    /// Without a stream to read, asks for one that doesn't exist: "not found" shows that the host can be reached and
    /// that the permission is there.
    async fn read_nothing(&mut self, name: &StreamName) -> anyhow::Result<()> {
        let arn = self.target.arn(name);
        let uses_arn = self.uses_arn(arn.as_ref());
        let ways = [
            Some(("by name", StreamRef::Name(name.clone()), !uses_arn)),
            arn.map(|arn| ("by ARN", StreamRef::Arn(arn), uses_arn)),
        ];
        for (how, stream, is_needed) in ways.into_iter().flatten() {
            let read = self.target.kinesis.describe_stream_summary(&stream).await;
            let host = self.lines.hosts.take();
            match read {
                Err(failure) if failure.kind == ReadFailureKind::NotFound => {
                    self.lines.worked(
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
                    self.lines.tell("kinesis:DescribeStreamSummary", &text)?;
                }
                Err(failure) if is_needed => {
                    self.read_failed_at("kinesis:DescribeStreamSummary", how, &failure, host)?;
                }
                Err(failure) => self.not_needed(how, &failure, host.as_ref())?,
                Ok(report) => {
                    self.lines
                        .failed("kinesis:DescribeStreamSummary", &format!("{how}: AWS answered for {}", report.arn))?;
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
    ) -> anyhow::Result<Option<StreamReport>> {
        let read = self.target.kinesis.describe_stream_summary(stream).await;
        let host = self.lines.hosts.take();
        let is_own = |arn: &StreamArn| self.target.owns(arn) && arn.name == *name;
        match read {
            Ok(report) if is_own(&report.arn) => {
                self.lines.worked("kinesis:DescribeStreamSummary", &format!("{how} of {name}"), host)?;
                return Ok(Some(report));
            }
            Ok(report) => {
                self.lines
                    .failed("kinesis:DescribeStreamSummary", &format!("{how}: AWS answered for {}", report.arn))?;
            }
            Err(failure) if is_needed => self.read_failed_at("kinesis:DescribeStreamSummary", how, &failure, host)?,
            Err(failure) => self.not_needed(how, &failure, host.as_ref())?,
        }
        Ok(None)
    }

    /// Whether Keystream reads this target by ARN.
    fn uses_arn(&self, arn: Option<&StreamArn>) -> bool {
        arn.is_some_and(|arn| matches!(self.target.ref_of(arn), StreamRef::Arn(_)))
    }

    fn not_needed(&mut self, how: &str, failure: &ReadFailure, host: Option<&String>) -> anyhow::Result<()> {
        let text = format!("{how}: does not work, and Keystream does not use it here: {failure}{}", at(host));
        self.lines.tell("kinesis:DescribeStreamSummary", &text)
    }

    fn read_failed(&mut self, permission: &str, how: &str, failure: &ReadFailure) -> anyhow::Result<()> {
        let host = self.lines.hosts.take();
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
        self.lines.failed(permission, &format!("{how}{failure}{hint}{}", at(host.as_ref())))
    }
}
