//! What a person is to know before confirming a change, from one fresh read and what is known beside it.

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

/// What came of planning a change.
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
    /// The change may be confirmed.
    Ready(Box<Plan>),
    /// The change may be confirmed, and waits: the stream is UPDATING, not by Keystream.
    Busy(Box<Plan>),
    /// The read worked, and what it reported doesn't allow the change.
    Refused { precondition: Precondition, report: Box<StreamReport> },
    /// The read failed: why, and what was last known.
    Unread { why: String, last_known: Option<Box<StreamReport>> },
    /// A change is under way.
    UnderWay { change: String },
}

/// What is known when a change may be confirmed.
#[derive(Debug)]
pub struct Plan {
    /// Makes repeats of one form one change.
    pub request_id: String,
    pub report: StreamReport,
    /// Until when stored records may need the key in use, should new ones stop being encrypted with it now.
    pub key_needed_until: Option<Timestamp>,
    /// Since when the stream's keys are known, where records that are older may be stored.
    pub keys_known_since: Option<Timestamp>,
    /// How many of AWS's 25 a day are used.
    pub quota: StreamQuota,
    /// The key in use, where AWS names one.
    pub present_key: Option<PresentKey>,
    /// Of an enable only.
    pub enable: Option<EnablePlan>,
    /// Of a disable for which AWS doesn't take the key as it reports it.
    pub other_form: Option<OtherForm>,
}

/// What KMS says of the key in use.
#[derive(Debug)]
pub struct PresentKey {
    pub look: KeyLook,
    /// Every key that its name was seen to mean while in use.
    pub meant: Vec<Meant>,
    /// Until when stored records may need it, as of now.
    pub needed_until: Option<Timestamp>,
}

/// What is known of keys when an enable may be confirmed.
#[derive(Debug)]
pub struct EnablePlan {
    /// What the field "Key" begins with.
    pub key: String,
    /// What KMS says of that, where it is a key's name.
    pub look: Option<(KeyId, KeyLook)>,
    pub keys: KeyList,
    /// The disable that is to be taken back.
    pub undo: Option<Undo>,
    /// Since when new records are stored unencrypted, where a change of Keystream did it.
    pub unencrypted_since: Option<Timestamp>,
}

/// A disable that is to be taken back.
#[derive(Debug)]
pub struct Undo {
    pub change: Change,
    /// What KMS says now of the key that was in use then, where its name is in a form that AWS takes.
    pub look: Option<KeyLook>,
}

/// Another form of the key in use, which a disable asks for.
#[derive(Debug)]
pub struct OtherForm {
    pub why: OtherFormReason,
    /// What is filled in to begin with; empty where nothing is known.
    pub key: String,
    /// All forms that are known.
    pub forms: Vec<KeyId>,
}

/// Why another form of a key is asked for.
#[derive(Debug)]
pub enum OtherFormReason {
    /// AWS reports the stream as encrypted and names no key.
    Unnamed,
    /// AWS refused the key as it reports it, and maybe other forms after that; the newest first.
    Refused(Vec<Change>),
}

/// Whether a change may be offered for confirmation.
#[derive(Debug, PartialEq, Eq)]
pub enum Offer {
    Now,
    /// Only that the stream is UPDATING stands in the way.
    WhenActive,
    Refused(Precondition),
}

impl Offer {
    /// Whether a change of a stream that is as this report says may be offered.
    pub fn of(action: Action, report: &StreamReport) -> Self {
        let precondition = match preconditions::of_report(action, report) {
            // A key that AWS does not name is asked for.
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
