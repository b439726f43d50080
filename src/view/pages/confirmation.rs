//! The confirmation of a change.

use serde::{Deserialize, Serialize};

use super::stream::Quota;
use crate::model::{
    change::{Action, ChangeForm},
    forms::FormMistake,
    inventory::TargetCard,
    keys::KeyList,
    stream::{StreamId, StreamReport, encryption::KeyId},
    time::Timestamp,
};

/// `/streams/.../disable`, as page or dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub stream: StreamId,
    pub target: TargetCard,
    pub now: Timestamp,
    pub action: Action,
    pub plan: PlanOutcome,
    /// How many of AWS's 25 a day are used.
    pub quota: Quota,
    /// What KMS says of the key that AWS reports, in a sentence.
    pub key_words: String,
    /// What of that must not be overlooked.
    pub key_warning: Option<String>,
    /// What only an enable shows.
    pub enable: Option<EnableFacts>,
    /// What a disable asks for when AWS does not take the key as it reports it.
    pub other_form: Option<OtherForm>,
    /// What was typed before a mistake brought the person back.
    pub draft: Option<Draft>,
}

/// What the confirmation of an enable shows beside the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnableFacts {
    /// What the field "Key" begins with.
    pub key: String,
    /// What KMS says of that, in a sentence; empty without a key.
    pub key_words: String,
    /// Whether those words are a warning.
    pub is_key_bad: bool,
    pub picker: KeyList,
    /// The disable that is to be taken back.
    pub undo: Option<Undo>,
    /// Since when new records are stored unencrypted, where a change of Keystream did it.
    pub unencrypted_since: Option<Timestamp>,
}

/// What is known of the disable that an enable takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    pub change: String,
    pub actor: String,
    pub settled_at: Timestamp,
    /// The key of then, and what has become of it and of its alias, in sentences.
    pub words: String,
    pub is_warning: bool,
}

/// Another form of the key in use, asked for by a disable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherForm {
    /// Why it is asked for, in sentences.
    pub why: String,
    /// What is filled in to begin with; empty where nothing is known.
    pub key: String,
    /// All forms that are known.
    pub forms: Vec<String>,
}

/// What the fresh read behind a confirmation returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanOutcome {
    /// The form may be shown.
    Ready(Box<Plan>),
    /// The form may be shown for a change that waits: the stream is UPDATING, not by Keystream.
    Busy(Box<Plan>),
    /// The read worked, and there is nothing to disable or the stream is not ACTIVE: why, and what AWS reported.
    Refused { why: String, report: Box<StreamReport> },
    /// The read failed: why, and what was last known.
    Unread { why: String, last_known: Option<Box<StreamReport>> },
    /// A change is under way; its page is the place to be.
    UnderWay { change: String },
}

/// The values that a confirmation shows and carries; the server compares them with a fresh read before sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Makes repeats of one form one change.
    pub request_id: String,
    pub report: StreamReport,
    /// The key in use, as AWS reports it.
    pub key: Option<KeyId>,
    /// The call that will be sent, as an AWS CLI command; of an enable, with a place for the key.
    pub command: String,
    /// Until when stored records may need the key in use, should new ones stop being encrypted with it now.
    pub key_needed_until: Option<Timestamp>,
    /// Since when the stream's keys are known, where records that are older may be stored.
    pub keys_known_since: Option<Timestamp>,
}

impl Plan {
    /// The form of a confirmation as it is shown, with nothing typed.
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
    /// What a person typed of it.
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

/// The answer to a confirmed form, for browsers with wasm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Requested {
    /// The change is recorded, or the stream already had one under way: its page is here.
    Change { id: String },
    /// A precondition did not hold; the rejected change is recorded here.
    Rejected { id: String, words: String },
}
