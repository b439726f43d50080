//! The plan behind a confirmation: one fresh read, and what the form shows and carries from it. Everything but that
//! read is optional: asked for in parallel, at most 2 s long.

use super::{KeyChoice, Planner};
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
    server::{
        adapters::{
            aws::{ReadFailure, ReadFailureKind, targets::Target},
            random,
        },
        services::changes::{Asking, RequestError},
    },
    view::{
        command_line, key_state, needed_keys,
        pages::{Confirmation, EnableFacts, Plan, PlanOutcome, Quota, Undo},
        precondition,
    },
};

impl Planner {
    /// What a confirmation shows.
    ///
    /// # Errors
    /// When no target has this account and Region, changes are switched off, or the journal cannot be read.
    pub async fn plan(&self, action: Action, id: &StreamId, choice: KeyChoice) -> Result<Confirmation, RequestError> {
        let target = self.inventory.target(id).ok_or(RequestError::NotFound)?;
        if self.is_read_only || target.is_read_only {
            return Err(RequestError::ReadOnly);
        }
        let plan = self.outcome(action, id).await?;
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
        let typed = choice.typed.clone();
        let (quota, look, enable) = tokio::join!(
            self.quotas.of_stream(action, &report.arn, Asking::Allowed),
            async {
                match report.key() {
                    Some(key) => Some(self.keys.look(&target, key).await),
                    None => None,
                }
            },
            async {
                match action {
                    Action::Disable => Ok(None),
                    Action::Enable => self.enable_facts(&target, &report, choice).await.map(Some),
                }
            }
        );
        confirmation.quota = quota?;
        confirmation.enable = enable?;
        if let (Action::Disable, PlanOutcome::Ready(_)) = (action, &confirmation.plan)
            && let Some(why) = self.other_forms.why(&report).await?
        {
            let key_arn = look.as_ref().and_then(KeyLook::arn).cloned().map(Box::new);
            confirmation.other_form = Some(self.other_forms.form(&why, &StreamReport { key_arn, ..report }, &typed));
        }
        if let Some(look) = look {
            // What KMS has just said is among them.
            let meant = self.inventory.keys_in_use(id);
            let until = self.inventory.key_history(id).if_ended_at(self.clock.now());
            (confirmation.key_words, confirmation.key_warning) = key_in_words(&look, &meant, until);
        }
        Ok(confirmation)
    }

    /// What the fresh read brought.
    async fn outcome(&self, action: Action, id: &StreamId) -> Result<PlanOutcome, RequestError> {
        let known = self.inventory.stream(id);
        if let Some(marks) = known.as_ref().and_then(|(row, _)| row.change.as_ref()) {
            return Ok(PlanOutcome::UnderWay { change: marks.id.clone() });
        }
        match self.shared_reads.read(id).await {
            Ok(report) => Ok(self.plan_of(action, report)),
            Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) if known.is_none() => Err(RequestError::NotFound),
            Err(failure) => {
                let last_known = known.and_then(|(_, report)| report).map(Box::new);
                Ok(PlanOutcome::Unread { why: failure.why, last_known })
            }
        }
    }

    fn plan_of(&self, action: Action, report: StreamReport) -> PlanOutcome {
        let now = self.clock.now();
        // The read is in it, unless the inventory has a newer one.
        let history = self.inventory.key_history(&StreamId::from(&report.arn)).after(&report);
        plan_of(action, report, &history, now)
    }

    /// What the confirmation of an enable shows of keys.
    async fn enable_facts(
        &self,
        target: &Target,
        report: &StreamReport,
        choice: KeyChoice,
    ) -> Result<EnableFacts, RequestError> {
        let changes = self.store.changes_of_stream(&StreamId::from(&report.arn)).await?;
        let is_not_encrypted = report.encryption == EncryptionReport::NotEncrypted;
        let is_wanted = |change: &&Change| match &choice.undo {
            Some(id) => change.id == *id,
            None => true,
        };
        let taken_back = changes.iter().filter(is_wanted).find(|change| {
            is_not_encrypted && change.can_be_undone() && is_same_creation(change.intent.stream_created, report.created)
        });
        let key = match (choice.typed.is_empty(), taken_back.and_then(|change| change.intent.key.as_ref())) {
            (true, Some(recorded)) => recorded.to_string(),
            _ => choice.typed.clone(),
        };
        let to_undo = taken_back.filter(|_| choice.undo.is_some());
        let recorded = to_undo.and_then(|change| change.intent.key.as_ref()).map(KeyId::as_str);
        let (look, then, picker) = tokio::join!(
            self.look_up(target, Some(&key)),
            self.look_up(target, recorded),
            self.keys.picker(target, &report.arn, &choice.search, choice.page)
        );
        let undo = to_undo.map(|change| undo_of(change, then.as_ref().map(|(look, _)| look)));
        let (key_words, is_key_bad) = match &look {
            None => (String::new(), false),
            Some((look, id)) => match (look, look.usable(id, &report.arn)) {
                (_, Err(why)) => (format!("{id} cannot be used: {}.", key_state::unusable(&why)), true),
                (KeyLook::Found(facts), Ok(())) => match key_state::trouble(facts, None) {
                    None => (format!("{id} \u{2192} {} ({}).", facts.arn.short(), key_state::label(facts)), false),
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
}

/// What stands in the command for a key that is still to be chosen.
fn placeholder() -> Option<KeyId> {
    KeyId::as_reported("KEY").ok()
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
                _ => PlanOutcome::Refused {
                    why: precondition::of_confirmation(action, &precondition, &report),
                    report: Box::new(report),
                },
            }
        }
    }
}

/// What KMS says of the key in use: a sentence, and what of it must not be overlooked. `meant` is every key that the
/// name was seen to mean while in use; stored records may need the key until `until`.
fn key_in_words(look: &KeyLook, meant: &[Meant], until: Option<Timestamp>) -> (String, Option<String>) {
    let (words, trouble) = match look {
        KeyLook::Unseen { why } => (format!("The key's state couldn't be read: {why}."), None),
        KeyLook::Missing => (
            "KMS doesn't find it in this account and Region.".to_owned(),
            Some(
                "KMS doesn't find this key. You can't go back to it, and stored records under it may be lost."
                    .to_owned(),
            ),
        ),
        KeyLook::Found(facts) => {
            (format!("It resolves to {} ({}).", facts.arn.short(), key_state::label(facts)), key_trouble(facts, until))
        }
    };
    let several = (meant.len() > 1).then(|| {
        let meant: Vec<String> = meant.iter().map(needed_keys::meant).collect();
        format!(
            "This alias was re-pointed while the stream used it: {}. Keystream can't know which key Kinesis used. Keep \
            them all.",
            meant.join(", ")
        )
    });
    let warnings: Vec<String> = trouble.into_iter().chain(several).collect();
    (words, (!warnings.is_empty()).then(|| warnings.join(" ")))
}

/// What endangers going back to a key, or the records that are stored under it.
fn key_trouble(facts: &KeyFacts, until: Option<Timestamp>) -> Option<String> {
    let trouble = key_state::trouble(facts, until)?;
    let next = match (&facts.state, facts.usable()) {
        (KeyState::PendingDeletion, _) => {
            "You can't go back to this key, and stored records will be lost with it. Cancel the deletion first if you \
            need them."
        }
        (KeyState::PendingReplicaDeletion, _) => {
            "You can't go back to this key, and stored records will be lost with it."
        }
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
                    "{recorded} points elsewhere now: to {} ({}). At the disable it meant {}. To go back to that key, \
                    enter {}.",
                    facts.arn.short(),
                    key_state::label(facts),
                    then.arn.short(),
                    then.arn
                ),
                true,
            ),
            None => (
                format!("{recorded} \u{2192} {} ({}).", facts.arn.short(), key_state::label(facts)),
                key_state::trouble(facts, None).is_some(),
            ),
        },
        Some(KeyLook::Missing) => (format!("KMS doesn't find {recorded} any more.{}", meant_then(then)), true),
        Some(KeyLook::Unseen { why }) => {
            (format!("Whether {recorded} is still usable couldn't be read: {why}.{}", meant_then(then)), true)
        }
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
        for state in [
            "Disabled",
            "PendingDeletion",
            "PendingImport",
            "PendingReplicaDeletion",
            "Unavailable",
            "Creating",
            "Wobbling",
        ] {
            let words = warning(facts(state), 0).unwrap();
            assert!(
                words.starts_with("This key is ")
                    && words.contains("You can't go back to this key, and stored records"),
                "{words}"
            );
        }
        assert!(warning(facts("Updating"), 0).unwrap().ends_with("KMS goes on using it meanwhile."));
        let expires = |at: i64| KeyFacts { expires_at: Some(Timestamp::from_millis(at)), ..facts("Enabled") };
        assert!(
            warning(expires(10), 10).unwrap().contains("has imported key material that expires on 1 Jan 00:00 UTC.")
        );
        assert_eq!(warning(expires(11), 10), None, "its records have left by then");
        let unseen = key_in_words(&KeyLook::Unseen { why: "denied".to_owned() }, &[], None);
        assert_eq!(unseen, ("The key's state couldn't be read: denied.".to_owned(), None));
        assert!(key_in_words(&KeyLook::Missing, &[], None).1.is_some());
    }

    #[test]
    fn every_key_that_an_alias_meant_is_to_be_kept() {
        let meant =
            |last: char, at| Meant { arn: KEY.replace("9012", &format!("901{last}")).parse().unwrap(), seen_from: at };
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
        assert!(
            moved.is_warning && moved.words.contains("points elsewhere now: to key/1234\u{2026}9012 (enabled)"),
            "{}",
            moved.words
        );
        let same = undo_of(&sent_change(), Some(&KeyLook::Found(facts("Enabled"))));
        assert!(!same.is_warning && same.words.ends_with("\u{2192} key/1234\u{2026}9012 (enabled)."), "{}", same.words);
        assert!(undo_of(&sent_change(), Some(&KeyLook::Found(facts("PendingImport")))).is_warning);
    }
}
