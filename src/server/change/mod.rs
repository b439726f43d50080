//! The change engine: the plan behind a confirmation, the request that records a change, the one call that is sent,
//! and the watch that ends only when AWS has finished.

mod arm;
mod plan;
mod request;
mod revert;
mod send;
mod timeline;
mod usual;
mod watch;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use thiserror::Error;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::timeline::Timeline;
use super::{
    audit::{self, AuditEvent},
    aws::ReadFailure,
    clock::Clock,
    context::Requester,
    inventory::Inventory,
    store::{Store, StoreError, Tx, changes as table},
};
use crate::model::{
    change::{Action, Change, End, Ending, OutcomeUnknown, Step, Usual},
    stream::{StreamArn, StreamKey, StreamReport},
    timestamp::{DAY_MS, Timestamp},
    validation::FormMistake,
};

/// A confirmation waits at most this long for its fresh read.
const FRESH_READ_TIMEOUT: Duration = Duration::from_secs(3);

/// A turn to read for a person is waited for at most this long.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The engine.
#[derive(Debug)]
pub struct Changes {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    is_read_only: bool,
    /// Sends and watches: nothing that a browser does ends them.
    tasks: TaskTracker,
    stop: CancellationToken,
    /// How long changes take here.
    usual: usual::Durations,
    /// Fresh reads of the last moments, shared by all who open the same confirmation at once.
    shared_reads: Mutex<HashMap<StreamKey, plan::SharedRead>>,
}

/// Why a request for a change did not become one.
#[derive(Debug, Error)]
pub enum RequestError {
    #[error("mistake in the form: {0}")]
    Mistake(FormMistake),
    #[error("no such stream in any target")]
    NotFound,
    #[error("changes are switched off here")]
    ReadOnly,
    #[error("the same form was sent before with other values")]
    OtherValues,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the task that records the change ended: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl Changes {
    /// An engine that has not begun to watch; see [`Changes::resume`].
    pub fn new(
        store: Store,
        inventory: Arc<Inventory>,
        clock: Arc<dyn Clock>,
        is_read_only: bool,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            inventory,
            clock,
            is_read_only,
            tasks,
            stop,
            usual: usual::Durations::default(),
            shared_reads: Mutex::new(HashMap::new()),
        })
    }

    /// Takes up every change that has no end: what was never sent expires, what was sent without a known answer becomes
    /// "outcome unknown", and all of those are watched again.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn resume(self: &Arc<Self>) -> Result<(), StoreError> {
        self.usual.learn(&self.store.changes_reached(usual::REMEMBERED).await?);
        for mut change in self.store.active_changes().await? {
            let timeline = Timeline::begin(&self.clock, Some(&change));
            let now = timeline.now();
            if change.is_waiting()
                && change.armed_until.is_some_and(|until| until >= now)
                && let Some(target) = self.inventory.target_of_arn(&change.arn)
            {
                self.inventory.note_change(&change);
                let engine = self.clone();
                self.tasks.spawn(async move { engine.wait_and_send(change, timeline, target).await });
                continue;
            }
            if change.sent_at.is_none() {
                self.record(&mut change, vec![Step::Ended(Ending { at: now, how: End::Expired })], "change.expired").await?;
                continue;
            }
            if change.accepted.is_none() && change.outcome_unknown.is_none() {
                let why = "Keystream stopped before the answer arrived".to_owned();
                self.record(&mut change, vec![Step::LostTrack { at: now, why }], "change.outcome-unknown").await?;
            }
            self.inventory.note_change(&change);
            let engine = self.clone();
            self.tasks.spawn(async move { engine.watch(change, timeline, Duration::ZERO).await });
        }
        self.tasks.spawn(self.clone().watch_settled());
        Ok(())
    }

    /// How long changes of this kind take here; `None` while too few are known.
    pub fn usual(&self, action: Action) -> Option<Usual> {
        self.usual.of(action)
    }

    /// How many disables of this stream Keystream sent within 24 h: those that AWS accepted, and those with the ones
    /// whose outcome is not known.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn disables_in_24h(&self, arn: &StreamArn) -> Result<(u32, u32), StoreError> {
        let sent = self.store.changes_sent_since(arn, self.clock.now().plus_millis(-DAY_MS)).await?;
        let certain = sent.iter().filter(|change| change.accepted.is_some()).count();
        let refused = |change: &&Change| matches!(change.end, Some(Ending { how: End::Rejected(_), .. }));
        let possible = sent.len() - sent.iter().filter(refused).count();
        Ok((u32::try_from(certain).unwrap_or(u32::MAX), u32::try_from(possible).unwrap_or(u32::MAX)))
    }

    /// When the oldest accepted disable of the last 24 h stops counting.
    async fn next_disable_frees_at(&self, arn: &StreamArn) -> Result<Option<Timestamp>, StoreError> {
        let sent = self.store.changes_sent_since(arn, self.clock.now().plus_millis(-DAY_MS)).await?;
        Ok(sent
            .iter()
            .filter(|change| change.accepted.is_some())
            .filter_map(|change| change.sent_at)
            .min()
            .map(|at| at.plus_millis(DAY_MS)))
    }

    /// Applies steps to a change, writes it with an audit row (when `action` names one) in one transaction, and tells
    /// browsers. The change in memory moves only if the journal did.
    async fn record(&self, change: &mut Change, steps: Vec<Step>, action: &str) -> Result<(), StoreError> {
        let mut moved = change.clone();
        for step in steps {
            moved.apply(step);
        }
        let mut tx = self.store.write().await?;
        if change.end.is_some() {
            table::update_ended(&mut tx, &mut moved).await?;
        } else {
            table::update(&mut tx, &mut moved).await?;
        }
        if !action.is_empty() {
            audit::append(&mut tx, self.event(&moved, action)).await?;
        }
        tx.commit().await?;
        *change = moved;
        self.inventory.note_change(change);
        Ok(())
    }

    /// As [`Changes::record`], again and again until the database takes it: what AWS did must not be lost.
    async fn record_surely(&self, change: &mut Change, steps: Vec<Step>, action: &str) {
        let mut pause = Duration::from_millis(200);
        while let Err(error) = self.record(change, steps.clone(), action).await {
            if matches!(error, StoreError::Ended) {
                // Its end is in the journal already, and that is what counts.
                tracing::warn!(change_id = change.id, action, "change {} has ended elsewhere ({action})", change.id);
                if let Ok(Some(ended)) = self.store.change(&change.id).await {
                    *change = ended;
                    return;
                }
            }
            tracing::error!(%error, change_id = change.id, action, "change {} could not be written ({action}); trying again", change.id);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    fn event(&self, change: &Change, action: &str) -> AuditEvent {
        let result = change.end.as_ref().map_or_else(|| change.last_lit().word().to_owned(), |end| end.how.word().to_owned());
        let request_id = change.accepted.as_ref().and_then(|acceptance| acceptance.request_id.clone());
        AuditEvent {
            reason: change.reason.clone(),
            before: state_before(change),
            after: change.last_read.as_ref().map_or_else(String::new, |read| read.saw.words()),
            aws_request_id: request_id.unwrap_or_default(),
            result: match &change.outcome_unknown {
                Some(OutcomeUnknown { why, .. }) if change.accepted.is_none() => format!("{result}; outcome unknown: {why}"),
                _ => result,
            },
            ..AuditEvent::by_server(self.clock.now(), action, &change.arn.to_string())
        }
    }

    /// One read for a person: from the reserve, at most 3 s, kept in the inventory.
    async fn read_fresh(&self, key: &StreamKey) -> Result<StreamReport, ReadFailure> {
        let target = self.inventory.target(key).ok_or_else(|| ReadFailure::other("no target of this account and Region"))?;
        if tokio::time::timeout(RESERVE_TIMEOUT, target.limits.reserve()).await.is_err() {
            return Err(ReadFailure::other("too many people read streams of this target at once; AWS was not asked"));
        }
        let read = tokio::time::timeout(FRESH_READ_TIMEOUT, target.read(&key.name)).await;
        let read = read.unwrap_or_else(|_| Err(ReadFailure::other("AWS did not answer within 3 s")));
        match &read {
            Ok(report) => self.inventory.note_report(report.clone()).await,
            Err(failure) => self.inventory.note_failure(key, failure).await,
        }
        read
    }
}

/// The state that a change leaves, as the audit chain writes it.
fn state_before(change: &Change) -> String {
    format!("KMS {}", change.key.as_ref().map_or("", |key| key.as_str()))
}

/// Writes the intent of a person's change.
async fn append_intent(tx: &mut Tx, change: &Change, requester: &Requester, action: &str) -> Result<(), StoreError> {
    let event = AuditEvent {
        at: change.requested_at,
        actor: requester.user_name.clone(),
        address: requester.address.clone(),
        user_agent: requester.user_agent.clone(),
        action: action.to_owned(),
        target: change.arn.to_string(),
        reason: change.reason.clone(),
        before: state_before(change),
        after: "NONE".to_owned(),
        aws_request_id: String::new(),
        result: change.end.as_ref().map_or("Requested", |end| end.how.word()).to_owned(),
    };
    audit::append(tx, event).await
}
