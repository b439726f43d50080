//! The plan behind a confirmation: one fresh read, and what else is known. Everything but the read is optional: it is
//! requested in parallel, for at most 2 s.

use super::{KeyChoice, Planner};
use crate::{
    model::{
        change::{
            Action, Change,
            plan::{EnablePlan, Offer, Outcome, Plan, Planned, PresentKey, Undo},
        },
        keys::KeyLook,
        stream::{
            StreamId, StreamReport,
            encryption::{EncryptionReport, KeyId},
            is_same_creation,
        },
    },
    server::{
        adapters::{
            aws::{ReadFailureKind, targets::Target},
            random,
        },
        services::changes::{Asking, RequestError, error::require_changes},
    },
};

impl Planner {
    /// Returns what a confirmation shows to a user.
    ///
    /// # Errors
    /// If there is no such stream, changes are switched off, or the journal cannot be read.
    pub async fn plan(
        &self,
        action: Action,
        id: &StreamId,
        user: &str,
        choice: KeyChoice,
    ) -> Result<Planned, RequestError> {
        let target = self.inventory.target(id).ok_or(RequestError::NotFound)?;
        require_changes(&self.read_only, &target)?;
        let known = self.inventory.stream(id);
        let outcome = match known.as_ref().and_then(|(row, _)| row.change.as_ref()) {
            Some(marks) => Outcome::UnderWay { change: marks.id.clone() },
            None => match self.shared_reads.read(id, user).await {
                Ok(report) => self.outcome(action, &target, report, choice).await?,
                Err(failure) if failure.kind == ReadFailureKind::NotFound && known.is_none() => {
                    return Err(RequestError::NotFound);
                }
                Err(failure) => {
                    let last_known = known.and_then(|(_, report)| report).map(Box::new);
                    Outcome::Unread { why: failure.why, last_known }
                }
            },
        };
        Ok(Planned { stream: id.clone(), target: target.card(), now: self.clock.now(), action, outcome })
    }

    /// Returns what the fresh read allows.
    async fn outcome(
        &self,
        action: Action,
        target: &Target,
        report: StreamReport,
        choice: KeyChoice,
    ) -> Result<Outcome, RequestError> {
        Ok(match Offer::of(action, &report) {
            Offer::Refused(precondition) => Outcome::Refused { precondition, report: Box::new(report) },
            Offer::WhenActive => Outcome::Busy(Box::new(self.plan_of(action, target, report, choice).await?)),
            Offer::Now => {
                let typed = choice.typed.clone();
                let plan = self.plan_of(action, target, report, choice).await?;
                Outcome::Ready(Box::new(self.with_other_form(action, plan, &typed).await?))
            }
        })
    }

    /// Returns the plan for a report, including what else is known.
    async fn plan_of(
        &self,
        action: Action,
        target: &Target,
        report: StreamReport,
        choice: KeyChoice,
    ) -> Result<Plan, RequestError> {
        let id = StreamId::from(&report.arn);
        let now = self.clock.now();
        // Includes this read, unless the inventory has a newer one.
        let history = self.inventory.key_history(&id).after(&report);
        let (quota, look, enable) = tokio::join!(
            self.quotas.of_stream(action, &report.arn, Asking::Allowed),
            async {
                match report.key() {
                    Some(key) => Some(self.keys.look(target, key).await),
                    None => None,
                }
            },
            async {
                match action {
                    Action::Disable => Ok(None),
                    Action::Enable => self.enable_plan(target, &report, choice).await.map(Some),
                }
            }
        );
        let present_key = look.map(|look| PresentKey {
            look,
            // Includes what KMS has just said.
            meant: self.inventory.keys_in_use(&id),
            needed_until: self.inventory.key_history(&id).if_ended_at(self.clock.now()),
        });
        Ok(Plan {
            request_id: random::text(26),
            key_needed_until: history.if_ended_at(now),
            keys_known_since: history.gap(now),
            report,
            quota: quota?,
            present_key,
            enable: enable?,
            other_form: None,
        })
    }

    /// Adds the other forms of the key to the plan of a disable that needs one.
    async fn with_other_form(&self, action: Action, plan: Plan, typed: &str) -> Result<Plan, RequestError> {
        if action != Action::Disable {
            return Ok(plan);
        }
        let Some(why) = self.other_forms.why(&plan.report).await? else { return Ok(plan) };
        let key_arn = plan.present_key.as_ref().and_then(|key| key.look.arn()).cloned().map(Box::new);
        let report = StreamReport { key_arn, ..plan.report.clone() };
        Ok(Plan { other_form: Some(self.other_forms.form(why, &report, typed)), ..plan })
    }

    /// Returns what the confirmation of an enable shows about keys.
    async fn enable_plan(
        &self,
        target: &Target,
        report: &StreamReport,
        choice: KeyChoice,
    ) -> Result<EnablePlan, RequestError> {
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
        let (look, then, keys) = tokio::join!(
            self.look_up(target, Some(&key)),
            self.look_up(target, recorded),
            self.keys.picker(target, &report.arn, &choice.search, choice.page)
        );
        let undo = to_undo.map(|change| Undo { change: change.clone(), look: then.map(|(_, look)| look) });
        let unencrypted_since = taken_back.and_then(|change| change.evidence.reached_at);
        Ok(EnablePlan { key, look, keys, undo, unencrypted_since })
    }

    /// Returns KMS's answer about the key that a text names, if it names one.
    async fn look_up(&self, target: &Target, text: Option<&str>) -> Option<(KeyId, KeyLook)> {
        let id = text?.parse::<KeyId>().ok()?;
        let look = self.keys.look(target, &id).await;
        Some((id, look))
    }
}
