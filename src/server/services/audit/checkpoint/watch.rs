//! Watches that the audit chain matches its checkpoints. If it doesn't, an alarm makes Keystream read-only until an
//! administrator acknowledges it.
//!
//! The alarm is in the database, where all instances see it. Nobody ends it by writing there: without an
//! acknowledgement with a MAC, the file still doesn't match, and no checkpoint is added to it.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::{CheckpointError, Checkpoints, LockedFile, Next, PublicKey, verify::verify_content};
use crate::{
    model::{
        access::{
            chain_alarm::{Acknowledgement, ChainAlarm, LONGEST_FINDING},
            requester::{Requester, Uncertain},
        },
        change::confirmation::Reason,
        forms::{FormMistake, Outcome},
        shorten::shorten,
    },
    server::{
        adapters::{
            clock::{self, Clock},
            store::{Store, StoreError, checkpoints as table},
        },
        services::{
            audit::{AuditAction, AuditEvent, append},
            read_only::ReadOnly,
        },
    },
};

/// The time between two checkpoints of a running server.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// How often to look for alarms and acknowledgements of other instances.
const FOLLOWED_EVERY: Duration = Duration::from_secs(2);
/// What events about the chain as a whole are about.
const TARGET: &str = "audit chain";

/// Why an alarm wasn't acknowledged, other than a mistake in the form.
#[derive(Debug, Error)]
pub enum AcknowledgeError {
    #[error("the acknowledgement could not be authenticated: {0}")]
    Mac(#[from] serde_json::Error),
    #[error("the acknowledgement is recorded, but checkpoints could not start over yet; lines above say why")]
    NotBegun,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Uncertain> for AcknowledgeError {
    fn from(uncertain: Uncertain) -> Self {
        Self::Store(uncertain.into())
    }
}

/// Compares the audit chain with its checkpoints, and adds new ones.
#[derive(Debug)]
pub struct ChainWatch {
    store: Store,
    checkpoints: Checkpoints,
    clock: Arc<dyn Clock>,
    read_only: ReadOnly,
    /// The MAC of the acknowledgement that the file has as its last.
    begun_after: Mutex<String>,
}

impl ChainWatch {
    /// Compares the chain with the last checkpoint, adds one if they match, and raises the alarm otherwise. Nothing may
    /// be sent before.
    ///
    /// # Errors
    /// If the file can't be opened, the database can't be read, or a running instance has another key.
    pub async fn begin(
        store: Store,
        checkpoints: Checkpoints,
        clock: Arc<dyn Clock>,
        read_only: ReadOnly,
    ) -> Result<Arc<Self>, CheckpointError> {
        let watch = Arc::new(Self { store, checkpoints, clock, read_only, begun_after: Mutex::default() });
        watch.checkpoints.require_one_key(&watch.store).await?;
        match watch.checkpoints.compare(&watch.store).await {
            Ok(next) => watch.take(next).await,
            Err(error) => match error.finding() {
                Some(finding) => watch.raise(finding).await,
                // Not known to match.
                None => return Err(error),
            },
        }
        Ok(watch)
    }

    /// Verifies the whole chain now and every hour, and adds a checkpoint every hour and at the end.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        self.verify_all().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.clock.sleep(EVERY) => {}
            }
            self.verify_all().await;
            self.compare().await;
        }
        self.compare().await;
    }

    /// Applies alarms and acknowledgements of other instances, until `stop`.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = clock::sleep(FOLLOWED_EVERY) => {}
            }
            match self.store.newest_chain_alarm().await {
                Ok(newest) if self.is_news(newest.as_ref()) => self.compare().await,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "alarms about the audit chain could not be read: {error}");
                }
            }
        }
    }

    /// Returns whether the newest alarm in the database differs from what this instance knows.
    fn is_news(&self, newest: Option<&ChainAlarm>) -> bool {
        let known = self.read_only.alarm();
        match newest {
            Some(alarm) => match self.checkpoints.acknowledged(alarm) {
                Some(after) => known.is_some() || *self.begun_after.lock() != after.alarm.mac,
                None => known.is_none_or(|known| known.number != alarm.number),
            },
            None => known.is_some(),
        }
    }

    /// Compares the chain with the last checkpoint and adds one, or raises the alarm.
    async fn compare(&self) {
        match self.checkpoints.compare(&self.store).await {
            Ok(next) => self.take(next).await,
            Err(error) => self.take_failure(&error, "compared with its last checkpoint").await,
        }
    }

    /// Writes what a comparison allows.
    async fn take(&self, next: Next) {
        let after = match &next {
            Next::Alarm(alarm) => return self.announce(alarm),
            Next::Checkpoint { after, .. } => after.clone(),
            Next::Anew { after, .. } => Some(after.clone()),
        };
        // Only an acknowledgement ends an alarm. The database may have lost it, or never got it.
        if let Some(known) = self.read_only.alarm()
            && after.as_ref().is_none_or(|after| after.number != known.number)
        {
            return self.raise(known.finding).await;
        }
        if let Err(error) = self.checkpoints.write(next, &self.store, self.clock.now()).await {
            tracing::error!(%error, "no checkpoint of the audit chain could be added: {error}");
            return;
        }
        *self.begun_after.lock() = after.map_or_else(String::new, |after| after.alarm.mac);
        if self.read_only.end_alarm() {
            tracing::warn!("the alarm about the audit chain was acknowledged; checkpoints start over");
        }
    }

    async fn verify_all(&self) {
        if self.read_only.alarm().is_some() {
            return;
        }
        if let Err(error) = self.try_verify_all().await {
            self.take_failure(&error, "verified").await;
        }
    }

    async fn try_verify_all(&self) -> Result<(), CheckpointError> {
        let path = &self.checkpoints.file;
        // Nobody is adding a line at this moment.
        let content = LockedFile::open(path).await?.whole().to_vec();
        verify_content(&self.store, path, &content, &PublicKey::of(&self.checkpoints.key)).await.map(drop)
    }

    async fn take_failure(&self, error: &CheckpointError, what: &'static str) {
        match error.finding() {
            Some(finding) => self.raise(finding).await,
            None => tracing::error!(%error, "the audit chain could not be {what}: {error}"),
        }
    }

    /// Makes this instance read-only at once, and the others through the database.
    async fn raise(&self, finding: String) {
        let found_at = match self.store.now(self.clock.now()).await {
            Ok(now) => now,
            Err(_) => self.clock.now(),
        };
        let finding = shorten(finding, LONGEST_FINDING);
        let alarm = ChainAlarm { number: 0, found_at, finding, acknowledgement: None };
        if self.read_only.alarm().is_none() {
            self.announce(&alarm);
        }
        match self.record(alarm).await {
            Ok(recorded) => self.announce(&recorded),
            Err(error) => {
                tracing::error!(%error, "the alarm about the audit chain could not be recorded; tried again: {error}");
            }
        }
    }

    /// Records an alarm, unless one is open.
    async fn record(&self, alarm: ChainAlarm) -> Result<ChainAlarm, StoreError> {
        let mut tx = self.store.write().await?;
        let newest = table::newest_alarm(&mut tx).await?;
        if let Some(open) = newest.clone().filter(|newest| self.checkpoints.acknowledged(newest).is_none()) {
            return Ok(open);
        }
        let alarm = ChainAlarm { number: newest.map_or(1, |newest| newest.number.saturating_add(1)), ..alarm };
        table::insert_alarm(&mut tx, &alarm).await?;
        // Its acknowledgement will be for this file too.
        self.checkpoints.ensure_known(&mut tx, alarm.found_at).await?;
        let event = AuditEvent::by_server(alarm.found_at, AuditAction::AuditAlarm, TARGET);
        append(&mut tx, AuditEvent { result: alarm.finding.clone(), ..event }).await?;
        tx.commit().await?;
        Ok(alarm)
    }

    fn announce(&self, alarm: &ChainAlarm) {
        if self.read_only.raise_alarm(alarm.clone()) {
            let finding = &alarm.finding;
            tracing::error!(
                finding,
                "ALERT: the audit chain doesn't match its checkpoints, and Keystream is read-only: {finding}"
            );
        }
    }

    /// Acknowledges the open alarm of this number for an administrator, who says why. Checkpoints start over, in the
    /// files of all instances, and Keystream may change streams again.
    ///
    /// # Errors
    /// If the database or the checkpoint file can't be written.
    pub async fn acknowledge(
        &self,
        requester: &Requester,
        number: i64,
        reason: &str,
    ) -> Result<Outcome, AcknowledgeError> {
        requester.require_certain()?;
        let reason = match Reason::parse(&reason.replace('\0', "\u{fffd}")) {
            Ok(reason) => reason,
            Err(mistake) => return Ok(mistake.into()),
        };
        let at = self.store.now(self.clock.now()).await?;
        let mut tx = self.store.write().await?;
        let Some(alarm) = table::newest_alarm(&mut tx).await?.filter(|alarm| alarm.number == number) else {
            return Ok(FormMistake::AlarmOther.into());
        };
        if self.checkpoints.acknowledged(&alarm).is_none() {
            let reason = reason.as_str().to_owned();
            let (by, mac) = (requester.user_name.clone(), String::new());
            let acknowledgement = Acknowledgement { at, by, reason: reason.clone(), mac };
            let acknowledgement = self.checkpoints.authenticate(&alarm, acknowledgement)?;
            table::acknowledge_alarm(&mut tx, number, &acknowledgement).await?;
            let event = AuditEvent::by(&requester.actor(), at, AuditAction::AuditAlarmAcknowledged, TARGET);
            append(&mut tx, AuditEvent { reason, before: alarm.finding.clone(), ..event }).await?;
        }
        tx.commit().await?;
        self.compare().await;
        if self.read_only.alarm().is_some() { Err(AcknowledgeError::NotBegun) } else { Ok(Outcome::Done(())) }
    }
}
