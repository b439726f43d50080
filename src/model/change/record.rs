//! One change, as the journal keeps it.

use serde::{Deserialize, Serialize};

use super::{
    Acceptance, Action, Cancelled, End, Ending, Intent, LastRead, OutcomeUnknown, Resolved, Reverted, SentAs, Slow, Tally,
    proof::Proof,
    refusal::{AwsWords, Refusal, RefusalKind},
};
use crate::model::{
    keys::KeyArn,
    stream::{
        StreamArn, StreamId,
        encryption::{EncryptionReport, KeyId},
    },
    time::{MINUTE_MS, Timestamp},
};

/// A change that can't be judged may be closed by a person this long after it was sent ...
const CLOSABLE_AFTER_MS: i64 = 5 * MINUTE_MS;

/// ... if no read has said anything about it for this long.
const UNJUDGED_FOR_MS: i64 = MINUTE_MS;

/// One change. The journal keeps one durable row of it, written before AWS is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub id: String,
    /// Where this version stands in the order of all commits; a later one is higher.
    pub rev: i64,
    pub action: Action,
    pub arn: StreamArn,
    /// The creation time of the stream that was confirmed; another one means that the stream was replaced.
    pub stream_created: Timestamp,
    /// The KeyId that is sent: of a disable the one that AWS reported when it was confirmed, unchanged; of an enable the
    /// one that was chosen.
    pub key: Option<KeyId>,
    /// The key that `key` was seen to mean, where KMS told.
    #[serde(default)]
    pub resolved: Option<Resolved>,
    /// How AWS reported the stream's encryption when the change was confirmed. Disables recorded by earlier versions lack
    /// it: see [`Change::before`].
    #[serde(default)]
    pub from: Option<EncryptionReport>,
    /// The key that the KeyId in `from` meant then, where KMS said so.
    #[serde(default)]
    pub from_key: Option<KeyArn>,
    pub retention_hours: i32,
    /// The name of the person who asked.
    pub actor: String,
    pub reason: String,
    /// Why it was to be sent although 25 of its kind were counted in 24 h.
    #[serde(default)]
    pub quota_reason: Option<String>,
    pub requested_at: Timestamp,
    /// Confirmed while the stream was UPDATING: sent when it is ACTIVE, until then at the latest.
    pub armed_until: Option<Timestamp>,
    /// Who cancelled it while it waited.
    pub cancelled: Option<Cancelled>,
    /// The role that was assumed to send it, where the target has one.
    #[serde(default)]
    pub sent_as: Option<SentAs>,
    /// On disk before the call goes out: from here on AWS may have received it.
    pub sent_at: Option<Timestamp>,
    pub accepted: Option<Acceptance>,
    /// When a read after *sent* first returned UPDATING.
    pub updating_at: Option<Timestamp>,
    /// When a read after *sent* first returned ACTIVE with the wanted state.
    pub reached_at: Option<Timestamp>,
    /// The KeyId that AWS reported at *reached*, where the stream was encrypted then.
    #[serde(default)]
    pub reached_key: Option<KeyId>,
    /// The read from which AWS's 5 s count: moves when anything moved after *reached*.
    pub steady_since: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    /// Set when the answer to the call was lost or ambiguous.
    pub outcome_unknown: Option<OutcomeUnknown>,
    pub slow: Option<Slow>,
    /// Since when every report, up to the last one, said UPDATING.
    #[serde(default)]
    pub updating_since: Option<Timestamp>,
    /// Consecutive reads after *sent* that said ACTIVE with the old state; any other report starts it over.
    pub old_state: Tally,
    /// Consecutive reads that said ACTIVE with a state that is neither the old one nor the wanted one; after *reached*,
    /// with any state but the wanted one.
    pub contrary: Tally,
    /// Consecutive reads after *sent* for which AWS did not find the stream.
    pub missing: Tally,
    /// Since when no read has said anything that this change can be judged by: reads fail, AWS states no encryption type,
    /// or the key can't be compared.
    #[serde(default)]
    pub unjudged_since: Option<Timestamp>,
    pub last_read: Option<LastRead>,
    pub end: Option<Ending>,
    /// AWS's refusal, where it arrived after another instance had already ended the change.
    #[serde(default)]
    pub late_refusal: Option<Refusal>,
    /// Set when a read after *settled* contradicted it.
    pub reverted: Option<Reverted>,
    /// What records say, where somebody asked for it after it had settled.
    #[serde(default)]
    pub proof: Option<Proof>,
}

impl Change {
    /// A change that was asked for at `at`, of which nothing else has happened. Its `rev` is given by the journal.
    pub fn requested(intent: Intent, at: Timestamp) -> Self {
        let Intent {
            id,
            action,
            arn,
            stream_created,
            key,
            resolved,
            from,
            from_key,
            retention_hours,
            actor,
            reason,
            quota_reason,
            armed_until,
        } = intent;
        Self {
            id,
            rev: 0,
            action,
            arn,
            stream_created,
            key,
            resolved,
            from: Some(from),
            from_key,
            retention_hours,
            actor,
            reason,
            quota_reason,
            requested_at: at,
            armed_until,
            cancelled: None,
            sent_as: None,
            sent_at: None,
            accepted: None,
            updating_at: None,
            reached_at: None,
            reached_key: None,
            updating_since: None,
            steady_since: None,
            settled_at: None,
            outcome_unknown: None,
            slow: None,
            old_state: Tally::default(),
            contrary: Tally::default(),
            missing: Tally::default(),
            unjudged_since: None,
            last_read: None,
            end: None,
            late_refusal: None,
            reverted: None,
            proof: None,
        }
    }

    /// The time of the newest thing that is known of it.
    pub fn latest_evidence(&self) -> Timestamp {
        let times = [
            Some(self.requested_at),
            self.sent_at,
            self.accepted.as_ref().map(|acceptance| acceptance.at),
            self.outcome_unknown.as_ref().map(|unknown| unknown.since),
            self.updating_at,
            self.reached_at,
            self.steady_since,
            self.settled_at,
            self.slow.as_ref().map(|slow| slow.since),
            self.old_state.last_counted,
            self.contrary.last_counted,
            self.missing.last_counted,
            self.last_read.as_ref().map(|read| read.at),
            self.end.as_ref().map(|ending| ending.at),
        ];
        times.into_iter().flatten().max().unwrap_or(self.requested_at)
    }

    /// The stream that this change is about.
    pub fn stream_id(&self) -> StreamId {
        StreamId::from(&self.arn)
    }

    /// Whether the one-change-per-stream rule counts it: requested to reached, flagged or not.
    pub const fn is_active(&self) -> bool {
        self.end.is_none()
    }

    /// Whether the answer to its call was lost and no read has shown the wanted state since.
    pub const fn is_unknown(&self) -> bool {
        self.outcome_unknown.is_some() && self.reached_at.is_none()
    }

    /// Whether it waits for its stream to be ACTIVE; nothing was sent yet.
    pub const fn is_waiting(&self) -> bool {
        self.armed_until.is_some() && self.sent_at.is_none() && self.is_active()
    }

    /// From *sent* to *reached*, in milliseconds.
    pub fn took_ms(&self) -> Option<i64> {
        Some(self.reached_at?.millis_since(self.sent_at?))
    }

    /// Whether it was marked as sent and no byte of the request left.
    pub const fn was_kept_from_leaving(&self) -> bool {
        matches!(&self.end, Some(Ending { how: End::Rejected(Refusal { kind: RefusalKind::NotSent { .. }, .. }), .. }))
    }

    /// The page of this change.
    pub fn path(&self) -> String {
        format!("/changes/{}", self.id)
    }

    /// Whether AWS may have acted on it: it was sent, and no refusal is known. Only such a change takes the place of the one
    /// before it.
    pub const fn may_have_acted(&self) -> bool {
        self.sent_at.is_some() && self.late_refusal.is_none() && !matches!(&self.end, Some(Ending { how: End::Rejected(_), .. }))
    }

    /// How AWS reported the stream's encryption before this change.
    pub fn before(&self) -> EncryptionReport {
        match (&self.from, self.action) {
            (Some(from), _) => from.clone(),
            (None, Action::Disable) => EncryptionReport::Encrypted(self.key.clone()),
            (None, Action::Enable) => EncryptionReport::NotEncrypted,
        }
    }

    /// Whether it moves an encrypted stream to another key.
    pub fn is_key_change(&self) -> bool {
        self.action == Action::Enable && matches!(self.before(), EncryptionReport::Encrypted(_))
    }

    /// Whether a person may close it: as of its last read, it was sent at least 5 min ago and no read has said anything
    /// to judge it by for a minute.
    pub fn can_be_closed(&self) -> bool {
        let (Some(sent_at), Some(read), Some(since)) = (self.sent_at, &self.last_read, self.unjudged_since) else { return false };
        self.is_active() && read.at.millis_since(sent_at) >= CLOSABLE_AFTER_MS && read.at.millis_since(since) >= UNJUDGED_FOR_MS
    }

    /// How AWS refused it, where that speaks of a value in the request or of something that was not found: of the key, as
    /// long as the stream is there.
    pub fn refused_for_its_key(&self) -> Option<&AwsWords> {
        match &self.end {
            Some(Ending { how: End::Rejected(refusal), .. })
                if matches!(refusal.kind, RefusalKind::InvalidArgument | RefusalKind::ResourceNotFound) =>
            {
                refusal.aws.as_ref()
            }
            _ => None,
        }
    }

    /// Whether it is a disable that has settled, and that nobody has taken back since: it can be undone.
    pub fn can_be_undone(&self) -> bool {
        self.action == Action::Disable && self.settled_at.is_some() && self.reverted.is_none()
    }
}
