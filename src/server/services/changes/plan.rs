//! The plan behind a confirmation: one fresh read, and what the form shows and carries from it. Everything but that read is
//! optional: asked for in parallel, at most 2 s long.

use std::{sync::Arc, time::Duration};

use super::{Changes, RequestError, quota::Asking};
use crate::{
    model::{
        change::{Action, Change, Resolved, preconditions, refusal::Precondition},
        keys::{KeyFacts, KeyLook, KeyState, Meant, needed::KeyHistory},
        stream::{
            StreamId, StreamReport, StreamStatus,
            encryption::{EncryptionReport, KeyId},
            is_same_creation,
        },
        time::Timestamp,
    },
    server::adapters::{
        aws::{ReadFailure, ReadFailureKind, targets::Target},
        clock::Moment,
        random,
    },
    view::{
        command_line,
        pages::{Confirmation, EnableFacts, Plan, PlanOutcome, Quota, Undo},
    },
};

/// All who open the same confirmation within this time share one read.
const SHARED_FOR: Duration = Duration::from_secs(2);

/// The last fresh read of a stream; locked while one is under way, so that others wait for it instead of asking again.
pub type SharedRead = Arc<tokio::sync::Mutex<Option<(Moment, Result<StreamReport, ReadFailure>)>>>;

/// What a person wants to see of the keys when opening the confirmation of an enable.
#[derive(Debug, Clone, Default)]
pub struct KeyChoice {
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
    pub async fn plan(&self, action: Action, id: &StreamId, wish: KeyChoice) -> Result<Confirmation, RequestError> {
        let target = self.inventory.target(id).ok_or(RequestError::NotFound)?;
        if self.is_read_only || target.is_read_only {
            return Err(RequestError::ReadOnly);
        }
        let known = self.inventory.stream(id);
        let under_way = known.as_ref().and_then(|(row, _)| row.change.as_ref()).map(|marks| marks.id.clone());
        let plan = match under_way {
            Some(change) => PlanOutcome::UnderWay { change },
            None => match self.read_shared(id).await {
                Ok(report) => self.plan_of(action, report),
                Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) if known.is_none() => return Err(RequestError::NotFound),
                Err(failure) => {
                    let last_known = known.and_then(|(_, report)| report).map(Box::new);
                    PlanOutcome::Unread { why: failure.why, last_known }
                }
            },
        };
        let mut confirmation = Confirmation {
            stream: id.clone(),
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
            // What KMS has just said is among them.
            let meant = self.inventory.keys_in_use(id);
            let until = self.inventory.key_history(id).if_ended_at(self.clock.now());
            (confirmation.key_words, confirmation.key_warning) = key_in_words(&look, &meant, until);
        }
        Ok(confirmation)
    }

    /// What the confirmation of an enable shows of keys.
    async fn enable_facts(&self, target: &Target, report: &StreamReport, wish: KeyChoice) -> Result<EnableFacts, RequestError> {
        let changes = self.store.changes_of_stream(&StreamId::from(&report.arn)).await?;
        let is_not_encrypted = report.encryption == EncryptionReport::NotEncrypted;
        let is_wanted = |change: &&Change| match &wish.undo {
            Some(id) => change.id == *id,
            None => true,
        };
        let taken_back = changes
            .iter()
            .filter(is_wanted)
            .find(|change| is_not_encrypted && change.can_be_undone() && is_same_creation(change.intent.stream_created, report.created));
        let key = match (wish.typed.is_empty(), taken_back.and_then(|change| change.intent.key.as_ref())) {
            (true, Some(recorded)) => recorded.to_string(),
            _ => wish.typed.clone(),
        };
        let to_undo = taken_back.filter(|_| wish.undo.is_some());
        let recorded = to_undo.and_then(|change| change.intent.key.as_ref()).map(KeyId::as_str);
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
                (KeyLook::Found(facts), Ok(())) => match facts.trouble(None) {
                    None => (format!("{id} \u{2192} {} ({}).", facts.arn.short(), facts.state_words()), false),
                    Some(trouble) => (format!("{id} \u{2192} {}, which {trouble}.", facts.arn.short()), true),
                },
                (KeyLook::Missing, Ok(())) => (format!("AWS creates {id} when it is first used."), false),
                (KeyLook::Unseen { why }, Ok(())) => {
                    (format!("{id} cannot be seen from here: {why}. Whether Kinesis can use it is not known."), true)
                }
            },
        };
        let unencrypted_since = taken_back.and_then(|change| change.evidence.reached_at);
        Ok(EnableFacts { key, key_words, is_key_bad, picker, undo, unencrypted_since })
    }

    /// What KMS says of a key, where a text is one.
    async fn look_up(&self, target: &Target, text: Option<&str>) -> Option<(KeyLook, KeyId)> {
        let id = text?.parse::<KeyId>().ok()?;
        Some((self.keys.look(target, &id).await, id))
    }

    async fn read_shared(&self, id: &StreamId) -> Result<StreamReport, ReadFailure> {
        let shared = {
            let mut reads = self.shared_reads.lock();
            // Slots that nobody holds and that are over are forgotten, so the map stays as small as what is going on.
            reads.retain(|_, slot| slot.try_lock().map_or(true, |read| read.as_ref().is_some_and(|(at, _)| self.is_shared(*at))));
            reads.entry(id.clone()).or_default().clone()
        };
        let mut slot = shared.lock().await;
        if let Some((at, read)) = slot.as_ref()
            && self.is_shared(*at)
        {
            return read.clone();
        }
        let read = self.read_fresh(id).await;
        *slot = Some((self.moment(), read.clone()));
        read
    }

    /// Whether a read of this moment is still shared; one from before the clock was set is not.
    fn is_shared(&self, at: Moment) -> bool {
        at.age(self.moment()) < SHARED_FOR
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.clock.now(), steady: self.clock.steady() }
    }
}

/// What stands in the command for a key that is still to be chosen.
fn placeholder() -> Option<KeyId> {
    KeyId::as_reported("KEY").ok()
}

impl Changes {
    fn plan_of(&self, action: Action, report: StreamReport) -> PlanOutcome {
        let now = self.clock.now();
        // The read is in it, unless the inventory has a newer one.
        let history = self.inventory.key_history(&StreamId::from(&report.arn)).after(&report);
        plan_of(action, report, &history, now)
    }
}

fn plan_of(action: Action, report: StreamReport, history: &KeyHistory, now: Timestamp) -> PlanOutcome {
    let plan = |report: StreamReport| {
        let key = report.key().cloned();
        let sent = match action {
            Action::Disable => key.clone().or_else(placeholder),
            Action::Enable => placeholder(),
        };
        Box::new(Plan {
            request_id: random::text(26),
            command: sent.map_or_else(String::new, |key| command_line::of_change(action, &report.arn, &key)),
            key_needed_until: history.if_ended_at(now),
            keys_known_since: history.gap(now),
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

/// What KMS says of the key in use: a sentence, and what of it must not be overlooked. `meant` is every key that the name was
/// seen to mean while in use; stored records may need the key until `until`.
fn key_in_words(look: &KeyLook, meant: &[Meant], until: Option<Timestamp>) -> (String, Option<String>) {
    let (words, trouble) = match look {
        KeyLook::Unseen { why } => (format!("The key's state couldn't be read: {why}."), None),
        KeyLook::Missing => (
            "KMS doesn't find it in this account and Region.".to_owned(),
            Some("KMS doesn't find this key. You can't go back to it, and stored records under it may be lost.".to_owned()),
        ),
        KeyLook::Found(facts) => (format!("It resolves to {} ({}).", facts.arn.short(), facts.state_words()), key_trouble(facts, until)),
    };
    let several = (meant.len() > 1).then(|| {
        let meant: Vec<String> = meant.iter().map(Meant::words).collect();
        format!(
            "This alias was re-pointed while the stream used it: {}. Keystream can't know which key Kinesis used. Keep them all.",
            meant.join(", ")
        )
    });
    let warnings: Vec<String> = trouble.into_iter().chain(several).collect();
    (words, (!warnings.is_empty()).then(|| warnings.join(" ")))
}

/// What endangers going back to a key, or the records that are stored under it.
fn key_trouble(facts: &KeyFacts, until: Option<Timestamp>) -> Option<String> {
    let trouble = facts.trouble(until)?;
    let next = match (&facts.state, facts.usable()) {
        (KeyState::PendingDeletion, _) => {
            "You can't go back to this key, and stored records will be lost with it. Cancel the deletion first if you need them."
        }
        (KeyState::PendingReplicaDeletion, _) => "You can't go back to this key, and stored records will be lost with it.",
        (KeyState::PendingImport, _) => {
            "You can't go back to this key, and stored records can't be read, until its material is imported again."
        }
        (_, Err(_)) => "You can't go back to this key, and stored records can't be read, while it is.",
        (KeyState::Enabled, Ok(())) => "Stored records can't be read after that until the material is imported again.",
        (_, Ok(())) => "KMS goes on using it meanwhile.",
    };
    Some(format!("This key {trouble}. {next}"))
}

/// What has become of the key of a disable that is to be taken back.
fn undo_of(change: &Change, look: Option<&KeyLook>) -> Undo {
    let recorded = change.intent.key.as_ref().map_or("none", |key| key.as_str());
    let then = change.intent.resolved.as_ref();
    let (now, is_warning) = match look {
        Some(KeyLook::Found(facts)) => match then.filter(|then| then.arn != facts.arn) {
            Some(then) => (
                format!(
                    "{recorded} points elsewhere now: to {} ({}). At the disable it meant {}. To go back to that key, enter {}.",
                    facts.arn.short(),
                    facts.state_words(),
                    then.arn.short(),
                    then.arn
                ),
                true,
            ),
            None => (format!("{recorded} \u{2192} {} ({}).", facts.arn.short(), facts.state_words()), facts.trouble(None).is_some()),
        },
        Some(KeyLook::Missing) => (format!("KMS doesn't find {recorded} any more.{}", meant_then(then)), true),
        Some(KeyLook::Unseen { why }) => (format!("Whether {recorded} is still usable couldn't be read: {why}.{}", meant_then(then)), true),
        None => (format!("{recorded} is in none of the forms that AWS takes."), true),
    };
    Undo {
        change: change.id.clone(),
        actor: change.intent.actor.clone(),
        settled_at: change.evidence.settled_at.unwrap_or(change.intent.requested_at),
        words: now,
        is_warning,
    }
}

fn meant_then(then: Option<&Resolved>) -> String {
    then.map_or_else(String::new, |then| format!(" At the disable it meant {}.", then.arn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::tests::sent_change;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012";

    fn facts(state: &str) -> KeyFacts {
        KeyFacts {
            arn: KEY.parse().unwrap(),
            state: state.to_owned().into(),
            is_aws_managed: false,
            spec: String::new(),
            usage: String::new(),
            deleted_at: None,
            expires_at: None,
            read_at: Timestamp::from_millis(0),
        }
    }

    fn warning(facts: KeyFacts, until: i64) -> Option<String> {
        key_in_words(&KeyLook::Found(facts), &[], Some(Timestamp::from_millis(until))).1
    }

    #[test]
    fn a_key_that_is_not_whole_is_warned_of_before_a_disable() {
        assert_eq!(warning(facts("Enabled"), 0), None);
        for state in ["Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable", "Creating", "Wobbling"] {
            let words = warning(facts(state), 0).unwrap();
            assert!(words.starts_with("This key is ") && words.contains("You can't go back to this key, and stored records"), "{words}");
        }
        assert!(warning(facts("Updating"), 0).unwrap().ends_with("KMS goes on using it meanwhile."));
        let expires = |at: i64| KeyFacts { expires_at: Some(Timestamp::from_millis(at)), ..facts("Enabled") };
        assert!(warning(expires(10), 10).unwrap().contains("has imported key material that expires on 1 Jan 00:00 UTC."));
        assert_eq!(warning(expires(11), 10), None, "its records have left by then");
        let unseen = key_in_words(&KeyLook::Unseen { why: "denied".to_owned() }, &[], None);
        assert_eq!(unseen, ("The key's state couldn't be read: denied.".to_owned(), None));
        assert!(key_in_words(&KeyLook::Missing, &[], None).1.is_some());
    }

    #[test]
    fn every_key_that_an_alias_meant_is_to_be_kept() {
        let meant = |last: char, at| Meant { arn: KEY.replace("9012", &format!("901{last}")).parse().unwrap(), seen_from: at };
        let seen = [meant('2', None), meant('3', Some(Timestamp::from_millis(0)))];
        let words = key_in_words(&KeyLook::Found(facts("Enabled")), &seen, None).1.unwrap();
        assert!(words.contains("key/1234\u{2026}9012, key/1234\u{2026}9013 since 1 Jan 00:00 UTC"), "{words}");
        assert_eq!(key_in_words(&KeyLook::Found(facts("Enabled")), &seen[..1], None).1, None);
    }

    #[test]
    fn an_undo_says_what_has_become_of_the_key() {
        let then = Resolved { arn: KEY.replace("9012", "9013").parse().unwrap(), at: Timestamp::from_millis(0) };
        let mut change = sent_change();
        change.intent.resolved = Some(then);
        let moved = undo_of(&change, Some(&KeyLook::Found(facts("Enabled"))));
        assert!(moved.is_warning && moved.words.contains("points elsewhere now: to key/1234\u{2026}9012 (enabled)"), "{}", moved.words);
        let same = undo_of(&sent_change(), Some(&KeyLook::Found(facts("Enabled"))));
        assert!(!same.is_warning && same.words.ends_with("\u{2192} key/1234\u{2026}9012 (enabled)."), "{}", same.words);
        assert!(undo_of(&sent_change(), Some(&KeyLook::Found(facts("PendingImport")))).is_warning);
    }
}
