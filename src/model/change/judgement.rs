//! Whether a report by AWS shows a change's wanted state, the old one, someone else's, or can't tell.
//!
//! A report identical to the one before the change is never the wanted state, whatever was observed in between.

use super::{Action, Change};
use crate::model::{
    keys::{self, Comparison, KeyArn, Named},
    stream::{
        StreamArn,
        encryption::{EncryptionReport, KeyId, KeyIdForm},
    },
};

/// What one report of a stream's encryption says about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The wanted type and, for an enable, the wanted key.
    Wanted,
    /// The same as before the change.
    Old,
    /// Certainly neither: someone else changed the stream.
    Foreign,
    /// AWS didn't say, or the keys can't be compared.
    Unclear,
}

impl Change {
    /// Judges a report. `key_arn` is the key that the reported KeyId resolved to.
    pub fn verdict(&self, encryption: &EncryptionReport, key_arn: Option<&KeyArn>) -> Verdict {
        let before = self.before();
        match (self.intent.action, encryption) {
            (_, EncryptionReport::Unstated(_)) => Verdict::Unclear,
            // The wanted state would look the same as the state before.
            (Action::Enable, EncryptionReport::Encrypted(Some(key)))
                if before == *encryption && self.intent.key.as_ref() == Some(key) =>
            {
                Verdict::Unclear
            }
            (_, encryption) if before == *encryption => Verdict::Old,
            (Action::Disable, EncryptionReport::NotEncrypted) => Verdict::Wanted,
            (Action::Enable, EncryptionReport::NotEncrypted) => Verdict::Foreign,
            (Action::Disable, EncryptionReport::Encrypted(key)) => {
                self.held_against_before(&before, key.as_ref(), key_arn)
            }
            (Action::Enable, EncryptionReport::Encrypted(key)) => {
                match self.compared_with_wanted(key.as_ref(), key_arn) {
                    Comparison::Same => Verdict::Wanted,
                    Comparison::Other => self.held_against_before(&before, key.as_ref(), key_arn),
                    // The report differs from before, and AWS accepted the request.
                    Comparison::CannotTell if self.evidence.accepted.is_some() => Verdict::Wanted,
                    Comparison::CannotTell => Verdict::Unclear,
                }
            }
        }
    }

    /// Returns whether a report contradicts a change that has reached its state.
    pub fn is_contradicted_by(&self, encryption: &EncryptionReport, key_arn: Option<&KeyArn>) -> bool {
        match self.verdict(encryption, key_arn) {
            Verdict::Old | Verdict::Foreign => true,
            Verdict::Wanted => false,
            // Encrypted, with whatever key.
            Verdict::Unclear => {
                self.intent.action == Action::Disable && matches!(encryption, EncryptionReport::Encrypted(_))
            }
        }
    }

    /// Judges encryption that isn't the wanted one: the old key under another name, or someone else's change.
    fn held_against_before(&self, before: &EncryptionReport, key: Option<&KeyId>, key_arn: Option<&KeyArn>) -> Verdict {
        let (EncryptionReport::Encrypted(Some(before)), Some(key)) = (before, key) else {
            // Not encrypted before, or only one report names a key.
            return if matches!(before, EncryptionReport::Encrypted(_)) { Verdict::Unclear } else { Verdict::Foreign };
        };
        let before = Named { id: before, arn: self.intent.from_key.as_ref() };
        match self.compared(before, Named { id: key, arn: key_arn }) {
            Comparison::Same => Verdict::Old,
            Comparison::Other => Verdict::Foreign,
            Comparison::CannotTell => Verdict::Unclear,
        }
    }

    /// Compares the key that this change sends with a reported one.
    fn compared_with_wanted(&self, reported: Option<&KeyId>, key_arn: Option<&KeyArn>) -> Comparison {
        let (Some(wanted), Some(reported)) = (&self.intent.key, reported) else { return Comparison::CannotTell };
        let wanted = Named { id: wanted, arn: self.intent.resolved.as_ref().map(|resolved| &resolved.arn) };
        self.compared(wanted, Named { id: reported, arn: key_arn })
    }

    /// Compares two keys of the stream by what they resolve to or, if that isn't known, by their aliases: AWS never
    /// reports another alias than the one it was given.
    fn compared(&self, one: Named<'_>, other: Named<'_>) -> Comparison {
        match (keys::compare(&self.intent.arn, one, other), self.alias_arn(one.id), self.alias_arn(other.id)) {
            (Comparison::CannotTell, Some(one), Some(other)) if one == other => Comparison::Same,
            (Comparison::CannotTell, Some(_), Some(_)) => Comparison::Other,
            (compared, ..) => compared,
        }
    }

    /// Returns the ARN of an alias, given in either of its two forms.
    fn alias_arn(&self, key: &KeyId) -> Option<String> {
        match key.form()? {
            KeyIdForm::AliasArn => Some(key.to_string()),
            KeyIdForm::AliasName | KeyIdForm::ServiceKey => {
                let StreamArn { partition, region, account, .. } = &self.intent.arn;
                Some(format!("arn:{partition}:kms:{region}:{account}:{key}"))
            }
            KeyIdForm::KeyArn | KeyIdForm::Guid => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::{
            Resolved, Step,
            tests::{requested_change, sent, sent_change},
        },
        time::Timestamp,
    };

    const KEY_A: &str = "arn:aws:kms:eu-west-1:111122223333:key/aaaaaaaa-1234-1234-1234-123456789012";
    const KEY_B: &str = "arn:aws:kms:eu-west-1:111122223333:key/bbbbbbbb-1234-1234-1234-123456789012";

    fn kms(key: &str) -> EncryptionReport {
        EncryptionReport::from_aws(Some("KMS"), Some(key))
    }

    fn arn(key: &str) -> KeyArn {
        key.parse().unwrap()
    }

    /// Returns a sent enable from one state to a key, with the key that its name resolved to, if KMS could tell.
    fn enable(from: EncryptionReport, key: &str, resolved: Option<&str>) -> Change {
        let mut change = requested_change();
        change.intent.action = Action::Enable;
        change.intent.from = Some(from);
        change.intent.resolved = resolved.map(|key| Resolved { arn: arn(key), at: Timestamp::from_millis(1) });
        let Step::Sent { at, sent_as, .. } = sent(1_000_000) else { unreachable!() };
        change.apply(Step::Sent { at, key: key.parse().unwrap(), sent_as });
        change
    }

    fn accepted(mut change: Change) -> Change {
        change.apply(Step::Accepted { at: Timestamp::from_millis(1_000_100), request_id: Some("r1".to_owned()) });
        change
    }

    #[test]
    fn a_report_like_the_one_before_is_never_the_wanted_state() {
        let updating = |mut change: Change| {
            change.apply(Step::SeenUpdating { at: Timestamp::from_millis(1_000_500) });
            change
        };
        let lost = updating(enable(kms("alias/orders"), "alias/ledger", None));
        assert_eq!(lost.verdict(&kms("alias/orders"), None), Verdict::Old, "UPDATING proves nothing in particular");
        let kept = updating(accepted(enable(kms("alias/orders"), "alias/ledger", None)));
        assert_eq!(kept.verdict(&kms("alias/orders"), None), Verdict::Old, "AWS took it and kept the old key");
        let pointed_at = enable(kms("alias/orders"), "alias/ledger", Some(KEY_A));
        assert_eq!(
            pointed_at.verdict(&kms("alias/orders"), Some(&arn(KEY_A))),
            Verdict::Old,
            "though the old alias means the new key now"
        );
    }

    #[test]
    fn an_alias_that_was_pointed_elsewhere_is_neither_applied_nor_not_applied() {
        let mut moved = accepted(enable(kms("alias/orders"), "alias/orders", Some(KEY_B)));
        moved.intent.from_key = Some(arn(KEY_A));
        assert_eq!(moved.verdict(&kms("alias/orders"), Some(&arn(KEY_B))), Verdict::Unclear);
        assert_eq!(moved.verdict(&kms(KEY_B), None), Verdict::Wanted);
        assert_eq!(moved.verdict(&kms(KEY_A), None), Verdict::Old, "another form of the key from before");
    }

    #[test]
    fn keys_that_cannot_be_compared_need_an_accepted_call() {
        let lost = enable(kms("alias/orders"), "alias/ledger", None);
        assert_eq!(lost.verdict(&kms(KEY_B), None), Verdict::Unclear, "it may be somebody else's");
        assert_eq!(accepted(lost).verdict(&kms(KEY_B), None), Verdict::Wanted);
        let from_none = enable(EncryptionReport::NotEncrypted, "alias/ledger", None);
        assert_eq!(from_none.verdict(&EncryptionReport::NotEncrypted, None), Verdict::Old);
        assert_eq!(from_none.verdict(&kms(KEY_B), None), Verdict::Unclear);
        let visible = enable(EncryptionReport::NotEncrypted, "alias/ledger", Some(KEY_B));
        assert_eq!(visible.verdict(&kms(KEY_B), None), Verdict::Wanted, "KMS said which key it means");
        assert_eq!(visible.verdict(&kms(KEY_A), None), Verdict::Foreign);
    }

    #[test]
    fn a_disable_with_another_form_of_the_key_knows_what_was_reported_before() {
        let mut change = sent_change();
        change.intent.key = Some(KEY_A.parse().unwrap());
        assert_eq!(change.verdict(&kms("alias/orders"), None), Verdict::Old, "nobody else did anything");
        assert_eq!(
            change.verdict(&kms("alias/other"), None),
            Verdict::Foreign,
            "AWS reports the alias that it was given"
        );
        assert_eq!(change.verdict(&kms("arn:aws:kms:eu-west-1:111122223333:alias/orders"), None), Verdict::Old);
        assert_eq!(change.verdict(&kms(KEY_B), None), Verdict::Unclear, "the alias may have meant it");
        change.intent.from_key = Some(arn(KEY_A));
        assert_eq!(change.verdict(&kms(KEY_A), None), Verdict::Old, "AWS reports another form by now");
        assert_eq!(change.verdict(&kms(KEY_B), None), Verdict::Foreign);
        assert!(
            change.is_contradicted_by(&EncryptionReport::Encrypted(None), None),
            "encrypted is not what was reached"
        );
        assert_eq!(change.verdict(&EncryptionReport::Encrypted(None), None), Verdict::Unclear);
        assert_eq!(change.verdict(&EncryptionReport::NotEncrypted, None), Verdict::Wanted);
        assert_eq!(change.verdict(&EncryptionReport::Unstated(None), None), Verdict::Unclear);
    }

    #[test]
    fn disables_of_earlier_versions_were_under_the_key_that_they_sent() {
        let mut old = sent_change();
        old.intent.from = None;
        assert_eq!(old.verdict(&kms("alias/orders"), None), Verdict::Old);
    }
}
