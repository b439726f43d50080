//! One change, as the journal stores it.

use serde::{Deserialize, Serialize};

use super::{
    Action, End, Ending, Evidence, Intent, Tallies,
    refusal::{AwsWords, Refusal, RefusalKind},
};
use crate::model::{
    stream::{StreamId, encryption::EncryptionReport},
    time::{MINUTE_MS, Timestamp},
};

/// A user may close a change that can't be judged this long after it was sent ...
const CLOSABLE_AFTER_MS: i64 = 5 * MINUTE_MS;

/// ... if no read has said anything about it for this long.
const UNJUDGED_FOR_MS: i64 = MINUTE_MS;

/// One change: the request, its evidence, the reads being counted, and its end.
///
/// The journal stores it as one durable row, written before AWS is called. In JSON, the fields of all parts are on one
/// level, as they were before the parts existed, so versions from before and after can read each other's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub id: String,
    /// This version's position in the order of all commits.
    pub rev: i64,
    #[serde(flatten)]
    pub intent: Intent,
    #[serde(flatten)]
    pub evidence: Evidence,
    #[serde(flatten)]
    pub tallies: Tallies,
    /// `None` while it is active.
    pub end: Option<Ending>,
}

impl Change {
    /// Creates a newly requested change. The journal assigns its `rev`.
    pub fn requested(id: String, intent: Intent) -> Self {
        Self { id, rev: 0, intent, evidence: Evidence::default(), tallies: Tallies::default(), end: None }
    }

    /// Returns the time of the newest evidence.
    pub fn latest_evidence(&self) -> Timestamp {
        let ended = self.end.as_ref().map(|ending| ending.at);
        let times = [self.evidence.latest(), self.tallies.latest(), ended];
        times.into_iter().flatten().fold(self.intent.requested_at, Timestamp::max)
    }

    /// Returns the stream to change.
    pub fn stream_id(&self) -> StreamId {
        self.intent.stream_id()
    }

    /// Returns how AWS reported the stream's encryption before this change.
    pub fn before(&self) -> EncryptionReport {
        self.intent.before()
    }

    /// Returns whether it counts for the rule of one active change per stream: requested to reached, flagged or not.
    pub const fn is_active(&self) -> bool {
        self.end.is_none()
    }

    /// Returns whether the answer to its call was lost and no read has shown the wanted state since.
    pub const fn is_unknown(&self) -> bool {
        self.evidence.outcome_unknown.is_some() && self.evidence.reached_at.is_none()
    }

    /// Returns whether it is waiting for its stream to be ACTIVE. Nothing has been sent yet.
    pub const fn is_waiting(&self) -> bool {
        self.intent.armed_until.is_some() && self.evidence.sent_at.is_none() && self.is_active()
    }

    /// Returns the time from *sent* to *reached*, in milliseconds.
    pub fn took_ms(&self) -> Option<i64> {
        Some(self.evidence.reached_at?.millis_since(self.evidence.known_sent_at()?))
    }

    /// Returns whether it was recorded as sent but no byte of the request left.
    pub const fn was_kept_from_leaving(&self) -> bool {
        matches!(&self.end, Some(Ending { how: End::Rejected(Refusal { kind: RefusalKind::NotSent { .. }, .. }), .. }))
    }

    /// Returns the path of this change's page.
    pub fn path(&self) -> String {
        format!("/changes/{}", self.id)
    }

    /// Returns whether AWS may have acted on it: it was sent, and no refusal is known. Only such a change supersedes
    /// the one before it.
    pub const fn may_have_acted(&self) -> bool {
        self.evidence.sent_at.is_some()
            && self.evidence.late_refusal.is_none()
            && !matches!(&self.end, Some(Ending { how: End::Rejected(_), .. }))
    }

    /// Returns whether it changes the key of an encrypted stream.
    pub fn is_key_change(&self) -> bool {
        self.intent.is_key_change()
    }

    /// Returns whether a user may close it: as of its last read, it was sent at least 5 min ago, and for a minute no
    /// read has said anything about it.
    pub fn can_be_closed(&self) -> bool {
        let (Some(sent_at), Some(read), Some(since)) =
            (self.evidence.sent_at, &self.evidence.last_read, self.tallies.unjudged_since)
        else {
            return false;
        };
        self.is_active()
            && read.at.millis_since(sent_at) >= CLOSABLE_AFTER_MS
            && read.at.millis_since(since) >= UNJUDGED_FOR_MS
    }

    /// Returns AWS's refusal, if it concerns a value in the request or something not found: the key, as long as the
    /// stream exists.
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

    /// Returns whether it is a settled disable that nobody has reverted, so that it can be undone.
    pub fn can_be_undone(&self) -> bool {
        self.intent.action == Action::Disable && self.evidence.settled_at.is_some() && self.evidence.reverted.is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::change::{Observed, tests::requested_change};

    /// A stored row from before a change had parts, with every field set.
    const STORED: &str = r#"{
        "id": "c1", "rev": 7, "action": "disable",
        "arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod", "stream_created": 5000,
        "key": "alias/orders",
        "resolved": {
            "arn": "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012", "at": 998000
        },
        "from": {"Encrypted": "alias/orders"},
        "from_key": "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012",
        "retention_hours": 24, "actor": "mira", "reason": "OPS-1", "quota_reason": "agreed with Tom",
        "requested_at": 999000, "armed_until": 1899000, "cancelled": {"at": 1000001, "by": "tom"},
        "sent_as": {"role": "arn:aws:iam::111122223333:role/change", "session": "keystream-mira"},
        "sent_at": 1000000, "accepted": {"at": 1000100, "request_id": "r1"}, "updating_at": 1000500,
        "reached_at": 1301000, "reached_key": "alias/orders", "steady_since": 1301000, "settled_at": 1307000,
        "outcome_unknown": {"since": 1000050, "why": "no answer"},
        "slow": {"since": 1300000, "usual": {"p50_ms": 3, "p95_ms": 5, "changes": 9}},
        "updating_since": 1000500, "old_state": {"reads": 1, "since": 1000200, "last_counted": 1000200},
        "contrary": {"reads": 2, "since": 1000300, "last_counted": 1010300},
        "missing": {"reads": 1, "since": 1000400, "last_counted": 1000400}, "unjudged_since": 1000450,
        "last_read": {"at": 1307000, "saw": {"State": {"status": "ACTIVE", "encryption": "NotEncrypted"}}},
        "end": {"at": 1307000, "how": "Settled"},
        "late_refusal": {
            "kind": "ResourceInUse",
            "aws": {"code": "ResourceInUseException", "message": "busy", "request_id": "r2", "at": 1308000},
            "read_after": "NotFound"
        },
        "reverted": {
            "at": 1400000, "saw": {"State": {"status": "UPDATING", "encryption": {"Encrypted": "alias/orders"}}}
        },
        "proof": {
            "write": {"by": "mira", "at": 1310000, "result": {"at": 1311000, "outcome": {
                "Ok": {"shards": 2, "none": 1, "kms": 0, "unstated": 0, "failed": [["shard-1", "throttled"]]}
            }}},
            "read": {"by": "mira", "at": 1312000, "result": null},
            "reports": [{"by": "tom", "at": 1313000, "encryption_type": "NONE", "shards": ["shard-0"]}]
        }
    }"#;

    /// The same for a newly recorded change.
    const STORED_NEW: &str = r#"{
        "id": "c1", "rev": 0, "action": "disable",
        "arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod", "stream_created": 5000,
        "key": "alias/orders", "resolved": null, "from": {"Encrypted": "alias/orders"}, "from_key": null,
        "retention_hours": 24, "actor": "mira", "reason": "OPS-1", "quota_reason": null, "requested_at": 999000,
        "armed_until": null, "cancelled": null, "sent_as": null, "sent_at": null, "accepted": null,
        "updating_at": null, "reached_at": null, "reached_key": null, "steady_since": null, "settled_at": null,
        "outcome_unknown": null, "slow": null, "updating_since": null,
        "old_state": {"reads": 0, "since": null, "last_counted": null},
        "contrary": {"reads": 0, "since": null, "last_counted": null},
        "missing": {"reads": 0, "since": null, "last_counted": null}, "unjudged_since": null, "last_read": null,
        "end": null, "late_refusal": null, "reverted": null, "proof": null
    }"#;

    const SUPERSEDED: &str = r#"{"at": 1, "how": {"Superseded": {"saw": {"Failed": {"why": "denied"}}}}}"#;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn rows_from_before_a_change_had_parts_are_read_and_written_as_they_were() {
        let change: Change = serde_json::from_str(STORED).unwrap();
        assert_eq!(change.intent.armed_until, Some(Timestamp::from_millis(1_899_000)));
        assert_eq!(change.evidence.sent_at, Some(Timestamp::from_millis(1_000_000)));
        assert_eq!((change.tallies.contrary.reads, change.rev), (2, 7));
        assert!(change.end.is_some());
        assert_eq!(serde_json::to_value(&change).unwrap(), value(STORED));

        let superseded: Ending = serde_json::from_str(SUPERSEDED).unwrap();
        assert_eq!(superseded.how, End::Superseded { observed: Observed::Failed { why: "denied".to_owned() } });
        assert_eq!(serde_json::to_value(&superseded).unwrap(), value(SUPERSEDED));

        assert_eq!(serde_json::from_str::<Change>(STORED_NEW).unwrap(), requested_change());
        assert_eq!(serde_json::to_value(requested_change()).unwrap(), value(STORED_NEW));
    }

    #[test]
    fn rows_of_the_first_versions_lack_what_came_later() {
        let mut row = value(STORED_NEW);
        let fields = row.as_object_mut().unwrap();
        let later = [
            "resolved",
            "from",
            "from_key",
            "quota_reason",
            "sent_as",
            "reached_key",
            "updating_since",
            "unjudged_since",
        ];
        for field in later.into_iter().chain(["late_refusal", "proof"]) {
            assert!(fields.remove(field).is_some(), "{field}");
        }
        fields["contrary"] = json!({"reads": 1, "last_counted": 5});
        let change: Change = serde_json::from_value(row.clone()).unwrap();
        assert_eq!((&change.intent.from, &change.evidence.proof, change.tallies.unjudged_since), (&None, &None, None));
        assert_eq!((change.tallies.contrary.reads, change.tallies.contrary.since), (1, None));
        assert_eq!(change.before(), requested_change().before(), "a disable began from the key that it sent");
        for field in ["arn", "requested_at", "missing", "rev"] {
            let mut broken = row.clone();
            broken.as_object_mut().unwrap().remove(field);
            assert!(serde_json::from_value::<Change>(broken).is_err(), "a row without {field} is no change");
        }
    }

    #[test]
    fn what_a_later_version_adds_to_a_row_is_no_obstacle() {
        let mut row = value(STORED);
        row["of_a_later_version"] = json!({"at": 1});
        assert_eq!(serde_json::from_value::<Change>(row).unwrap(), serde_json::from_str(STORED).unwrap());
    }
}
