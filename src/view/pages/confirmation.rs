//! The confirmation of a change.

use serde::{Deserialize, Serialize};

use super::stream::Quota;
use crate::model::{
    change::{Action, ChangeForm, arming::Wait, confirmation::Reason},
    forms::{FormMistake, Typed},
    inventory::TargetCard,
    keys::{KeyArn, KeyList},
    shorten::typed,
    stream::{StreamId, StreamName, StreamReport, encryption::KeyId},
    time::Timestamp,
};

/// The model of `/streams/.../disable` and `/enable`, as page or dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub stream: StreamId,
    pub target: TargetCard,
    pub now: Timestamp,
    pub action: Action,
    pub plan: PlanOutcome,
    /// How many of AWS's 25 calls a day are used.
    pub quota: Quota,
    /// What KMS says about the key that AWS reports, as a sentence.
    pub key_words: String,
    /// The part of it that must not be overlooked.
    pub key_warning: Option<String>,
    /// What only the confirmation of an enable shows.
    pub enable: Option<EnableFacts>,
    /// What a disable asks for if AWS doesn't accept the key as reported.
    pub other_form: Option<OtherForm>,
    /// Other streams with the same name, in a sentence; `None` without any.
    pub namesakes: Option<String>,
    /// What the stream's tags say about its owner, and about a tool that manages it.
    pub owner: Option<String>,
    pub manager: Option<String>,
    /// What was typed before a mistake led back to the form.
    pub draft: Option<Draft>,
}

/// What the confirmation of an enable shows besides the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnableFacts {
    /// The initial value of the field "Key".
    pub key: String,
    /// What KMS says about that key, as a sentence; empty without a key.
    pub key_words: String,
    /// Whether that sentence is a warning.
    pub is_key_bad: bool,
    pub picker: KeyList,
    /// Whether the list of keys is open, because the user is choosing from it.
    pub is_choosing: bool,
    /// The disable to undo.
    pub undo: Option<Undo>,
    /// Since when new records have been stored unencrypted, if a change by Keystream caused it.
    pub unencrypted_since: Option<Timestamp>,
}

/// The disable that an enable undoes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    pub change: String,
    pub actor: String,
    pub settled_at: Timestamp,
    /// The key at that time, and what has become of it and of its alias, in sentences.
    pub words: String,
    pub is_warning: bool,
}

/// The request for another form of the key in use, on a disable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherForm {
    /// Why another form is needed, in sentences.
    pub why: String,
    /// The initial value of the field; empty if no form is known.
    pub key: String,
    /// All known forms.
    pub forms: Vec<String>,
}

/// The outcome of the fresh read behind a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanOutcome {
    /// The form may be shown.
    Ready(Box<Plan>),
    /// The form may be shown for a change that waits: the stream is UPDATING, but not by Keystream.
    Busy(Box<Plan>),
    /// The read succeeded, but there is nothing to disable or the stream isn't ACTIVE: why, and what AWS reported.
    Refused { why: String, report: Box<StreamReport> },
    /// The read failed: why, and the last known report.
    Unread { why: String, last_known: Option<Box<StreamReport>> },
    /// A change is under way; its page is the place to continue.
    UnderWay { change: String },
}

/// The values that a confirmation shows and submits; the server compares them with a fresh read before sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The id that makes repeated submissions of one form a single change.
    pub request_id: String,
    pub report: StreamReport,
    /// The key in use, as AWS reports it.
    pub key: Option<KeyId>,
    /// The key that it resolves to, if KMS said so.
    pub present_key: Option<KeyArn>,
    /// The call that will be sent, as an AWS CLI command without its last word, the key.
    pub command: String,
    /// That key, as a word of a shell; a placeholder while it is still to be chosen.
    pub command_key: String,
    /// Until when stored records may need the key in use if new records stop being encrypted with it now.
    pub key_needed_until: Option<Timestamp>,
    /// Since when the stream's keys are known, if older records may be stored.
    pub keys_known_since: Option<Timestamp>,
}

impl Plan {
    /// Returns the form as the confirmation first shows it, with nothing typed.
    pub fn form(&self, stream: &StreamId) -> ChangeForm {
        let report = &self.report;
        ChangeForm {
            account: stream.account.to_string(),
            region: stream.region.to_string(),
            name: stream.name.to_string(),
            request_id: self.request_id.clone(),
            shown_arn: report.arn.to_string(),
            shown_created: report.created.as_millis().to_string(),
            shown_type: report.encryption.type_word().to_owned(),
            shown_key: self.key.as_ref().map(ToString::to_string).unwrap_or_default(),
            ..ChangeForm::default()
        }
    }
}

/// What was typed into a confirmation that is shown again, and the mistake in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub mistake: Option<FormMistake>,
    pub typed_name: String,
    pub reason: String,
    pub wait_minutes: String,
    pub quota_reason: String,
    /// The key of an enable.
    pub key: String,
}

impl From<&ChangeForm> for Draft {
    /// Takes what the user typed from a form.
    fn from(form: &ChangeForm) -> Self {
        Self {
            mistake: None,
            typed_name: form.typed_name.clone(),
            reason: form.reason.clone(),
            wait_minutes: form.wait_minutes.clone(),
            quota_reason: form.quota_reason.clone(),
            key: form.key.clone(),
        }
    }
}

impl Typed for Draft {
    fn bounded(&self) -> Self {
        Self {
            mistake: self.mistake,
            typed_name: typed(&self.typed_name, StreamName::LONGEST),
            reason: typed(&self.reason, Reason::LONGEST),
            wait_minutes: typed(&self.wait_minutes, Wait::LONGEST),
            quota_reason: typed(&self.quota_reason, Reason::LONGEST),
            key: typed(&self.key, KeyId::LONGEST),
        }
    }
}
