//! The plan of a change: what a user needs to know before confirming it, from one fresh read and what else is known.

use super::{Action, Change, preconditions, quota::StreamQuota, refusal::Precondition};
use crate::model::{
    inventory::TargetCard,
    keys::{KeyList, KeyLook, Meant},
    stream::{
        StreamId, StreamReport, StreamStatus,
        encryption::{EncryptionReport, KeyId},
    },
    time::Timestamp,
};

/// The result of planning a change.
#[derive(Debug)]
pub struct Planned {
    pub stream: StreamId,
    pub target: TargetCard,
    pub now: Timestamp,
    pub action: Action,
    pub outcome: Outcome,
}

/// What the fresh read behind a plan allows.
#[derive(Debug)]
pub enum Outcome {
    /// The change can be confirmed.
    Ready(Box<Plan>),
    /// The change can be confirmed and then waits: the stream is UPDATING, and not because of Keystream.
    Busy(Box<Plan>),
    /// The read succeeded, but what it reported doesn't allow the change.
    Refused { precondition: Precondition, report: Box<StreamReport> },
    /// The read failed: why, and what was last known.
    Unread { why: String, last_known: Option<Box<StreamReport>> },
    /// Another change is under way.
    UnderWay { change: String },
}

/// What is known when a change can be confirmed.
#[derive(Debug)]
pub struct Plan {
    /// Makes repeated submissions of one form one change.
    pub request_id: String,
    pub report: StreamReport,
    /// Until when stored records may need the current key, if new ones stopped being encrypted with it now.
    pub key_needed_until: Option<Timestamp>,
    /// Since when the stream's keys are known, if older records may be stored.
    pub keys_known_since: Option<Timestamp>,
    /// How many of AWS's 25 a day are used.
    pub quota: StreamQuota,
    /// The current key, if AWS names one.
    pub present_key: Option<PresentKey>,
    /// Only for an enable.
    pub enable: Option<EnablePlan>,
    /// Only for a disable whose key AWS doesn't accept as reported.
    pub other_form: Option<OtherForm>,
}

/// KMS's answer about the current key.
#[derive(Debug)]
pub struct PresentKey {
    pub look: KeyLook,
    /// Every key that its name has resolved to while in use.
    pub meant: Vec<Meant>,
    /// Until when stored records may need it, as of now.
    pub needed_until: Option<Timestamp>,
}

/// What is known about keys when an enable can be confirmed.
#[derive(Debug)]
pub struct EnablePlan {
    /// The initial value of the field "Key".
    pub key: String,
    /// KMS's answer about that value, if it is a key's name.
    pub look: Option<(KeyId, KeyLook)>,
    pub keys: KeyList,
    /// The disable to undo.
    pub undo: Option<Undo>,
    /// Since when new records are stored unencrypted, if a change by Keystream caused it.
    pub unencrypted_since: Option<Timestamp>,
}

/// A disable to undo.
#[derive(Debug)]
pub struct Undo {
    pub change: Change,
    /// KMS's current answer about the key that was in use then, if its name has a form that AWS accepts.
    pub look: Option<KeyLook>,
}

/// Another form of the current key, which a disable asks for.
#[derive(Debug)]
pub struct OtherForm {
    pub why: OtherFormReason,
    /// The initial value; empty if nothing is known.
    pub key: String,
    /// All known forms.
    pub forms: Vec<KeyId>,
}

/// Why another form of a key is requested.
#[derive(Debug)]
pub enum OtherFormReason {
    /// AWS reports the stream as encrypted and names no key.
    Unnamed,
    /// AWS refused the key as reported, and maybe other forms after that; newest first.
    Refused(Vec<Change>),
}

/// Whether a change may be offered for confirmation.
#[derive(Debug, PartialEq, Eq)]
pub enum Offer {
    Now,
    /// Only the stream's UPDATING prevents it.
    WhenActive,
    Refused(Precondition),
}

impl Offer {
    /// Returns whether a change may be offered for a stream in the reported state.
    pub fn of(action: Action, report: &StreamReport) -> Self {
        let precondition = match preconditions::of_report(action, report) {
            // If AWS names no key, the form asks for it.
            Ok(_) | Err(Precondition::KeyUnstated) => return Self::Now,
            Err(precondition) => precondition,
        };
        let may_be_sent_later = action == Action::Enable || report.key().is_some();
        match (&report.status, may_be_sent_later, &report.encryption) {
            (StreamStatus::Updating, true, EncryptionReport::Encrypted(_) | EncryptionReport::NotEncrypted)
                if matches!(precondition, Precondition::NotActive { .. }) =>
            {
                Self::WhenActive
            }
            _ => Self::Refused(precondition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::tests::report;

    #[test]
    fn only_what_waiting_can_mend_is_offered_for_later() {
        let of = |action, status: &str, encryption| Offer::of(action, &report(0, status, encryption));
        assert_eq!(of(Action::Disable, "ACTIVE", Some("KMS")), Offer::Now);
        assert_eq!(of(Action::Disable, "UPDATING", Some("KMS")), Offer::WhenActive);
        assert_eq!(of(Action::Enable, "UPDATING", Some("NONE")), Offer::WhenActive);
        let creating = Precondition::NotActive { status: StreamStatus::Creating };
        assert_eq!(of(Action::Enable, "CREATING", Some("NONE")), Offer::Refused(creating));
        assert_eq!(
            of(Action::Disable, "UPDATING", Some("NONE")),
            Offer::Refused(Precondition::AlreadyNotEncrypted),
            "there is nothing to wait for"
        );
        assert_eq!(of(Action::Enable, "UPDATING", None), Offer::Refused(Precondition::EncryptionUnstated));
    }

    #[test]
    fn a_key_that_aws_does_not_name_is_asked_for_now_and_not_later() {
        let unnamed =
            |status| StreamReport { encryption: EncryptionReport::Encrypted(None), ..report(0, status, None) };
        assert_eq!(Offer::of(Action::Disable, &unnamed("ACTIVE")), Offer::Now);
        let updating = Precondition::NotActive { status: StreamStatus::Updating };
        assert_eq!(Offer::of(Action::Disable, &unnamed("UPDATING")), Offer::Refused(updating));
    }
}
