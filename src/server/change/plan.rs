//! The plan behind a confirmation: one fresh read, and what the form shows and carries from it. Everything but that read is
//! optional: asked for in parallel, at most 2 s long.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{Changes, RequestError, quota::Asking};
use crate::{
    model::{
        change::{Action, Change},
        command_line,
        encryption::{EncryptionReport, KeyId},
        keys::{KeyLook, Unusable},
        pages::{Confirmation, EnableFacts, Plan, PlanOutcome, Quota, Undo},
        preconditions,
        refusal::Precondition,
        retention,
        stream::{StreamKey, StreamReport, StreamStatus, is_same_creation},
        timestamp::Timestamp,
    },
    server::{
        aws::{ReadFailure, ReadFailureKind, targets::Target},
        clock::Freshness,
        random,
    },
};

/// All who open the same confirmation within this time share one read.
const SHARED_FOR: Duration = Duration::from_secs(2);

/// The last fresh read of a stream; locked while one is under way, so that others wait for it instead of asking again.
pub type SharedRead = Arc<tokio::sync::Mutex<Option<(Freshness, Result<StreamReport, ReadFailure>)>>>;

/// What a person wants to see of the keys when opening the confirmation of an enable.
#[derive(Debug, Clone, Default)]
pub struct KeyWish {
    /// What was typed before; empty for nothing.
    pub typed: String,
    /// The disable that is to be taken back.
    pub undo: Option<String>,
    pub search: String,
    /// From 1.
    pub page: usize,
}

impl Changes {
    /// What a confirmation shows.
    ///
    /// # Errors
    /// When no target has this account and Region, changes are switched off, or the journal cannot be read.
    pub async fn plan(&self, action: Action, key: &StreamKey, wish: KeyWish) -> Result<Confirmation, RequestError> {
        let target = self.inventory.target(key).ok_or(RequestError::NotFound)?;
        if self.is_read_only || target.is_read_only {
            return Err(RequestError::ReadOnly);
        }
        let known = self.inventory.stream(key);
        let under_way = known.as_ref().and_then(|(row, _)| row.change.as_ref()).map(|marks| marks.id.clone());
        let plan = match under_way {
            Some(change) => PlanOutcome::UnderWay { change },
            None => match self.read_shared(key).await {
                Ok(report) => plan_of(action, report, self.clock.now()),
                Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) if known.is_none() => return Err(RequestError::NotFound),
                Err(failure) => {
                    let last_known = known.and_then(|(_, report)| report).map(Box::new);
                    PlanOutcome::Unread { why: failure.why, last_known }
                }
            },
        };
        let mut confirmation = Confirmation {
            stream: key.clone(),
            target: target.card(),
            now: self.clock.now(),
            action,
            plan,
            quota: Quota::default(),
            key_words: String::new(),
            key_warning: None,
            enable: None,
            other_form: None,
            draft: None,
        };
        let report = match &confirmation.plan {
            PlanOutcome::Ready(plan) | PlanOutcome::Busy(plan) => plan.report.clone(),
            _ => return Ok(confirmation),
        };
        let typed = wish.typed.clone();
        let (quota, look, enable) = tokio::join!(
            self.quota(action, &report.arn, Asking::Allowed),
            async {
                match report.key() {
                    Some(key) => Some(self.keys.look(&target, key).await),
                    None => None,
                }
            },
            async {
                match action {
                    Action::Disable => Ok(None),
                    Action::Enable => self.enable_facts(&target, &report, wish).await.map(Some),
                }
            }
        );
        confirmation.quota = quota?;
        confirmation.enable = enable?;
        if let (Action::Disable, PlanOutcome::Ready(_)) = (action, &confirmation.plan)
            && let Some(why) = self.why_another_form(&report).await?
        {
            let key_arn = look.as_ref().and_then(KeyLook::arn).cloned().map(Box::new);
            confirmation.other_form = Some(self.other_form(&why, &StreamReport { key_arn, ..report }, &typed));
        }
        if let Some(look) = look {
            (confirmation.key_words, confirmation.key_warning) = key_in_words(&look);
        }
        Ok(confirmation)
    }

    /// What the confirmation of an enable shows of keys.
    async fn enable_facts(&self, target: &Target, report: &StreamReport, wish: KeyWish) -> Result<EnableFacts, RequestError> {
        let changes = self.store.changes_of_stream(&StreamKey::from(&report.arn)).await?;
        let is_not_encrypted = report.encryption == EncryptionReport::NotEncrypted;
        let is_wanted = |change: &&Change| match &wish.undo {
            Some(id) => change.id == *id,
            None => true,
        };
        let taken_back = changes
            .iter()
            .filter(is_wanted)
            .find(|change| is_not_encrypted && change.can_be_undone() && is_same_creation(change.stream_created, report.created));
        let key = match (wish.typed.is_empty(), taken_back.and_then(|change| change.key.as_ref())) {
            (true, Some(recorded)) => recorded.to_string(),
            _ => wish.typed.clone(),
        };
        let to_undo = taken_back.filter(|_| wish.undo.is_some());
        let recorded = to_undo.and_then(|change| change.key.as_ref()).map(KeyId::as_str);
        let (look, then, picker) = tokio::join!(
            self.look_up(target, Some(&key)),
            self.look_up(target, recorded),
            self.keys.picker(target, &report.arn, &wish.search, wish.page)
        );
        let undo = to_undo.map(|change| undo_of(change, then.as_ref().map(|(look, _)| look)));
        let (key_words, is_key_bad) = match &look {
            None => (String::new(), false),
            Some((look, id)) => match (look, look.usable(id, &report.arn)) {
                (_, Err(why)) => (format!("{id} cannot be used: {why}."), true),
                (KeyLook::Found(facts), Ok(())) => (format!("{id} is {} ({}).", facts.arn.short(), facts.state_words()), false),
                (KeyLook::Missing, Ok(())) => (format!("{id} is made by AWS at its first use."), false),
                (KeyLook::Unseen { why }, Ok(())) => {
                    (format!("{id} cannot be seen from here: {why}. Whether Kinesis can use it is not known."), true)
                }
            },
        };
        let unencrypted_since = taken_back.and_then(|change| change.reached_at);
        Ok(EnableFacts { key, key_words, is_key_bad, picker, undo, unencrypted_since })
    }

    /// What KMS says of a key, where a text is one.
    async fn look_up(&self, target: &Target, text: Option<&str>) -> Option<(KeyLook, KeyId)> {
        let id = text?.parse::<KeyId>().ok()?;
        Some((self.keys.look(target, &id).await, id))
    }

    async fn read_shared(&self, key: &StreamKey) -> Result<StreamReport, ReadFailure> {
        let shared = {
            let mut reads = self.shared_reads.lock().unwrap_or_else(PoisonError::into_inner);
            // Slots that nobody holds and that are over are forgotten, so the map stays as small as what is going on.
            reads.retain(|_, slot| slot.try_lock().map_or(true, |read| read.as_ref().is_some_and(|(at, _)| !at.is_older_than(SHARED_FOR))));
            reads.entry(key.clone()).or_default().clone()
        };
        let mut slot = shared.lock().await;
        if let Some((at, read)) = slot.as_ref()
            && !at.is_older_than(SHARED_FOR)
        {
            return read.clone();
        }
        let read = self.read_fresh(key).await;
        *slot = Some((Freshness::begin(&self.clock), read.clone()));
        read
    }
}

/// What stands in the command for a key that is still to be chosen.
fn placeholder() -> Option<KeyId> {
    KeyId::as_reported("KEY").ok()
}

fn plan_of(action: Action, report: StreamReport, now: Timestamp) -> PlanOutcome {
    let plan = |report: StreamReport| {
        let key = report.key().cloned();
        let sent = match action {
            Action::Disable => key.clone().or_else(placeholder),
            Action::Enable => placeholder(),
        };
        Box::new(Plan {
            request_id: random::text(26),
            command: sent.map_or_else(String::new, |key| command_line::of_change(action, &report.arn, &key)),
            key_needed_until: retention::key_needed_until(now, report.retention_hours),
            key,
            report,
        })
    };
    match preconditions::of_report(action, &report) {
        // A key that AWS does not name is asked for.
        Ok(_) | Err(Precondition::KeyUnstated) => PlanOutcome::Ready(plan(report)),
        Err(precondition) => {
            let may_be_sent_later = action == Action::Enable || report.key().is_some();
            match (&report.status, may_be_sent_later, &report.encryption) {
                // Only that it is UPDATING stands in the way: it may be sent when that is over.
                (StreamStatus::Updating, true, EncryptionReport::Encrypted(_) | EncryptionReport::NotEncrypted)
                    if matches!(precondition, Precondition::NotActive { .. }) =>
                {
                    PlanOutcome::Busy(plan(report))
                }
                _ => PlanOutcome::Refused { why: preconditions::words(action, &precondition, &report), report: Box::new(report) },
            }
        }
    }
}

/// What KMS says of the key in use: a sentence, and what of it must not be overlooked.
fn key_in_words(look: &KeyLook) -> (String, Option<String>) {
    match look {
        KeyLook::Unseen { why } => (format!("Its state in KMS could not be read: {why}."), None),
        KeyLook::Missing => {
            let warning =
                "KMS does not find this key any more: going back with it will not be possible, and stored records under it may be lost.";
            ("KMS does not find it in this account and Region.".to_owned(), Some(warning.to_owned()))
        }
        KeyLook::Found(facts) => {
            let words = format!("It resolves to {} ({}).", facts.arn.short(), facts.state_words());
            let warning = facts.usable().err().map(|why| match why {
                Unusable::PendingDeletion { .. } => format!(
                    "The key is {}: going back with it will not be possible. If you need the stored records, cancel the deletion first.",
                    facts.state_words()
                ),
                why => format!("As it is, going back with this key is not possible: {why}."),
            });
            (words, warning)
        }
    }
}

/// What has become of the key of a disable that is to be taken back.
fn undo_of(change: &Change, look: Option<&KeyLook>) -> Undo {
    let recorded = change.key.as_ref().map_or("none", |key| key.as_str());
    let then = change.resolved.as_ref().map_or_else(String::new, |then| format!(" It meant {} then.", then.arn.short()));
    let (now, is_warning) = match (look, &change.resolved) {
        (Some(KeyLook::Found(facts)), Some(then)) if facts.arn != then.arn => (
            format!(
                " It points elsewhere now: to {} ({}). To go back to the key of then, fill in {}.",
                facts.arn.short(),
                facts.state_words(),
                then.arn
            ),
            true,
        ),
        (Some(KeyLook::Found(facts)), _) => match facts.usable() {
            Ok(()) => (format!(" It is still usable: {} is enabled.", facts.arn.short()), false),
            Err(why) => (format!(" It cannot be used as it is: {why}."), true),
        },
        (Some(KeyLook::Missing), _) => (" KMS does not find it any more.".to_owned(), true),
        (Some(KeyLook::Unseen { why }), _) => (format!(" Whether it is still usable could not be read: {why}."), true),
        (None, _) => (" It is in none of the forms that AWS takes.".to_owned(), true),
    };
    Undo {
        change: change.id.clone(),
        actor: change.actor.clone(),
        settled_at: change.settled_at.unwrap_or(change.requested_at),
        words: format!("The stream was encrypted with {recorded}.{then}{now}"),
        is_warning,
    }
}
