//! One requested change of one stream's encryption, with its whole life: the ladder, its evidence, its end.
//! A rung is lit only by evidence; nothing here is inferred from time or from another rung.

pub mod arming;
pub mod judgement;
pub mod preconditions;
pub mod proof;
pub mod quota;
pub mod reconcile;
pub mod refusal;
pub mod schedule;

use serde::{Deserialize, Serialize};

use self::{
    proof::{Asked, Proof, ReadResult, Reported, WriteResult},
    refusal::{AwsWords, Refusal, RefusalKind},
};
use super::{
    keys::KeyArn,
    stream::{
        StreamArn, StreamId, StreamReport, StreamStatus,
        encryption::{EncryptionReport, KeyId},
    },
    time::{MINUTE_MS, SECOND_MS, Timestamp},
};

/// AWS names 5 s after ACTIVE in which new records may still be encrypted (StopStreamEncryption, API text).
pub const SETTLING_MS: i64 = 5 * SECOND_MS;
/// After this long without the wanted state a change is called slow.
pub const SLOW_AFTER_MS: i64 = 5 * MINUTE_MS;

/// A change that can't be judged may be closed by a person this long after it was sent ...
const CLOSABLE_AFTER_MS: i64 = 5 * MINUTE_MS;
/// ... if no read has said anything about it for this long.
const UNJUDGED_FOR_MS: i64 = MINUTE_MS;

/// What a change asks of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// One `StopStreamEncryption`.
    Disable,
    /// One `StartStreamEncryption`: it encrypts, or changes the key of a stream that is encrypted.
    Enable,
}

impl Action {
    pub const ALL: [Self; 2] = [Self::Disable, Self::Enable];

    /// The verb as buttons and tables write it.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Disable => "Disable encryption",
            Self::Enable => "Enable encryption",
        }
    }

    /// AWS's name of the call.
    pub const fn call(self) -> &'static str {
        match self {
            Self::Disable => "StopStreamEncryption",
            Self::Enable => "StartStreamEncryption",
        }
    }

    /// `disables` or `enables`, for counts.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Disable => "disables",
            Self::Enable => "enables",
        }
    }

    /// The last part of the path of its confirmation.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }
}

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

/// What a person asked for: everything of a change that stands when it is recorded.
#[derive(Debug, Clone)]
pub struct Intent {
    pub id: String,
    pub action: Action,
    pub arn: StreamArn,
    pub stream_created: Timestamp,
    pub key: Option<KeyId>,
    pub resolved: Option<Resolved>,
    pub from: EncryptionReport,
    pub from_key: Option<KeyArn>,
    pub retention_hours: i32,
    pub actor: String,
    pub reason: String,
    pub quota_reason: Option<String>,
    /// Set for a change that waits for its stream.
    pub armed_until: Option<Timestamp>,
}

/// The key that a name meant, and when KMS said so: an alias may point elsewhere later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    pub arn: KeyArn,
    pub at: Timestamp,
}

/// The session in which a change was sent: what CloudTrail names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAs {
    /// The role's ARN.
    pub role: String,
    pub session: String,
}

/// A change that was waiting was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    pub at: Timestamp,
    pub by: String,
}

/// AWS's 200 to the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub at: Timestamp,
    pub request_id: Option<String>,
}

/// The call went out and no clear answer came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeUnknown {
    pub since: Timestamp,
    /// What happened instead of an answer, for people.
    pub why: String,
}

/// The wanted state has not come for a long time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    pub since: Timestamp,
    /// What is usual here, as it was known then.
    pub usual: Option<TypicalDuration>,
}

/// How long changes of one kind took here, from *sent* to *reached*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypicalDuration {
    pub p50_ms: i64,
    pub p95_ms: i64,
    /// How many changes this is made of.
    pub changes: u32,
}

impl TypicalDuration {
    /// Fewer say nothing of what is usual.
    const FEWEST: usize = 5;

    /// From the durations of past changes, in milliseconds; `None` while there are too few.
    pub fn of(mut durations: Vec<i64>) -> Option<Self> {
        if durations.len() < Self::FEWEST {
            return None;
        }
        durations.sort_unstable();
        // Nearest rank: the smallest value that at least so many hundredths do not exceed.
        let rank = |hundredths: usize| durations[(durations.len() * hundredths).div_ceil(100).max(1) - 1];
        Some(Self { p50_ms: rank(50), p95_ms: rank(95), changes: u32::try_from(durations.len()).unwrap_or(u32::MAX) })
    }
}

/// What a read after *settled* reported instead of the wanted state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverted {
    pub at: Timestamp,
    pub saw: Observed,
}

/// Reads of one kind, counted at most once every 10 s so that a burst of polls is one observation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub reads: u32,
    /// The first read that was counted.
    #[serde(default)]
    pub since: Option<Timestamp>,
    pub last_counted: Option<Timestamp>,
}

impl Tally {
    const SPACING_MS: i64 = 10 * SECOND_MS;

    /// This tally with one more read at `at`, if it is at least 10 s after the last one that was counted.
    #[must_use]
    pub fn with(&self, at: Timestamp) -> Self {
        match self.last_counted {
            Some(last) if at.millis_since(last) < Self::SPACING_MS => self.clone(),
            _ => Self { reads: self.reads.saturating_add(1), since: self.since.or(Some(at)), last_counted: Some(at) },
        }
    }
}

/// What the last read said, or why there is none newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRead {
    pub at: Timestamp,
    pub saw: Observed,
}

/// The outcome of one read, as a change remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observed {
    State { status: StreamStatus, encryption: EncryptionReport },
    NotFound,
    Failed { why: String },
}

impl Observed {
    /// `ACTIVE, KMS`, or what stood in the way.
    pub fn words(&self) -> String {
        match self {
            Self::State { status, encryption } => format!("{status}, {}", encryption.type_word()),
            Self::NotFound => "not found".to_owned(),
            Self::Failed { why } => format!("the read failed: {why}"),
        }
    }
}

/// How a change came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub at: Timestamp,
    pub how: End,
}

/// The ends of a change (design, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Settled,
    /// AWS refused, or a precondition failed and nothing was sent.
    Rejected(Refusal),
    /// Never sent: the server stopped between recording and sending.
    Expired,
    NotApplied,
    /// AWS's reports can't show whether it took effect; a person closed it.
    NotEstablished {
        by: String,
        reason: String,
    },
    /// Somebody else changed the stream; what AWS reports instead.
    Superseded {
        saw: Observed,
    },
    /// The stream was deleted and created again.
    Replaced {
        created: Timestamp,
    },
}

impl End {
    /// The word with which the page's summary begins.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Settled => "Settled",
            Self::Rejected(_) => "Rejected",
            Self::Expired => "Expired",
            Self::NotApplied => "Not applied",
            Self::NotEstablished { .. } => "Not established",
            Self::Superseded { .. } => "Superseded",
            Self::Replaced { .. } => "Replaced",
        }
    }
}

/// What one read of the stream, asked for on behalf of a change, returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    Report(StreamReport),
    NotFound { asked_at: Timestamp },
    Failed { why: String },
}

/// What happens to a change next; the journal writes each, the ladder shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The last thing on disk before the call: what is sent, and in which session.
    Sent {
        at: Timestamp,
        key: KeyId,
        sent_as: Option<SentAs>,
    },
    Accepted {
        at: Timestamp,
        request_id: Option<String>,
    },
    LostTrack {
        at: Timestamp,
        why: String,
    },
    Read(LastRead),
    SeenUpdating {
        at: Timestamp,
    },
    SeenOldState {
        at: Timestamp,
    },
    SeenContrary {
        at: Timestamp,
    },
    /// A report that breaks every series of reads that is being counted.
    SeriesBroken,
    /// A report that says nothing for or against the change.
    SeenUnclear {
        at: Timestamp,
    },
    /// A read that failed.
    SeenNothing {
        at: Timestamp,
    },
    /// KMS said which key the one that was sent means; it could not be seen when the change was confirmed.
    Resolved(Resolved),
    /// A refusal, with what only the journal or one more read could add.
    Explained(Refusal),
    SeenMissing {
        at: Timestamp,
    },
    /// ACTIVE with the wanted state; with the KeyId as AWS reported it.
    Reached {
        at: Timestamp,
        key: Option<KeyId>,
    },
    /// Something moved after *reached*; `None` until ACTIVE with the wanted state is read again.
    Steady {
        since: Option<Timestamp>,
    },
    Slow(Slow),
    Reverted(Reverted),
    /// Somebody asked for proof by a marked record on each shard, or its result.
    ProofByWrite(Asked<WriteResult>),
    /// Somebody asked for a look at the records that others write, or its result.
    ProofByRead(Asked<ReadResult>),
    ProofReported(Reported),
    Cancelled {
        at: Timestamp,
        by: String,
    },
    Ended(Ending),
}

/// The rungs of a ladder, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rung {
    Requested,
    Sent,
    Accepted,
    Updating,
    Reached,
    Settled,
    /// Only where proof was asked for.
    Proven,
}

impl Rung {
    /// The six that every ladder shows.
    pub const ALL: [Self; 6] = [Self::Requested, Self::Sent, Self::Accepted, Self::Updating, Self::Reached, Self::Settled];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "Requested",
            Self::Sent => "Sent",
            Self::Accepted => "Accepted",
            Self::Updating => "Updating",
            Self::Reached => "Reached",
            Self::Settled => "Settled",
            Self::Proven => "Proven",
        }
    }
}

/// How one rung is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RungState {
    /// There is evidence, from this time.
    Lit(Timestamp),
    /// No evidence yet; it can still come.
    NotYet,
    /// No evidence, and none will come.
    NotObserved,
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

    /// How a rung is drawn for this change.
    pub fn rung(&self, rung: Rung) -> RungState {
        let lit = match rung {
            Rung::Requested => Some(self.requested_at),
            Rung::Sent => self.sent_at,
            Rung::Accepted => self.accepted.as_ref().map(|acceptance| acceptance.at),
            Rung::Updating => self.updating_at,
            Rung::Reached => self.reached_at,
            Rung::Settled => self.settled_at,
            // KMS before and after: the type does not tell one key from another.
            Rung::Proven if self.is_key_change() => None,
            Rung::Proven => self.proof.as_ref().and_then(|proof| proof.proven_at(self.action)),
        };
        if rung == Rung::Proven && lit.is_none() && self.proof.as_ref().is_some_and(Proof::is_asked) {
            return RungState::NotYet;
        }
        let can_still_come = self.is_active()
            && match rung {
                Rung::Accepted => self.outcome_unknown.is_none() && self.reached_at.is_none(),
                Rung::Updating => self.reached_at.is_none(),
                Rung::Requested | Rung::Sent | Rung::Reached | Rung::Settled | Rung::Proven => true,
            };
        match lit {
            Some(at) => RungState::Lit(at),
            None if can_still_come => RungState::NotYet,
            None => RungState::NotObserved,
        }
    }

    /// The last rung with evidence: where the change stands.
    pub fn last_lit(&self) -> Rung {
        let is_lit = |rung: &&Rung| matches!(self.rung(**rung), RungState::Lit(_));
        Rung::ALL.iter().rev().find(is_lit).copied().unwrap_or(Rung::Requested)
    }

    /// The rung that carries `aria-current`: the last lit one while active, Settled once settled, none after another end.
    pub fn current_rung(&self) -> Option<Rung> {
        match &self.end {
            None => Some(self.last_lit()),
            Some(Ending { how: End::Settled, .. }) => Some(Rung::Settled),
            Some(_) => None,
        }
    }

    /// Writes one step into the change. Steps that would take evidence back are not applied: a rung once lit stays lit.
    pub fn apply(&mut self, step: Step) {
        match step {
            Step::Sent { at, key, sent_as } if self.sent_at.is_none() => {
                self.sent_at = Some(at);
                self.key = Some(key);
                self.sent_as = sent_as;
            }
            Step::Sent { .. } => {}
            Step::Accepted { at, request_id } => {
                set_once(&mut self.accepted, Acceptance { at, request_id });
                // Another instance may have given it up for lost.
                self.outcome_unknown = None;
            }
            Step::LostTrack { .. } if self.accepted.is_some() => {}
            Step::LostTrack { at, why } => set_once(&mut self.outcome_unknown, OutcomeUnknown { since: at, why }),
            Step::Read(read) => self.last_read = Some(read),
            Step::SeenUpdating { at } => {
                let since = self.updating_since.or(Some(at));
                self.begin_counting_anew();
                self.updating_since = since;
                set_once(&mut self.updating_at, at);
            }
            Step::SeenOldState { at } => {
                let old_state = self.old_state.with(at);
                self.begin_counting_anew();
                self.old_state = old_state;
            }
            Step::SeenContrary { at } => {
                let contrary = self.contrary.with(at);
                self.begin_counting_anew();
                self.contrary = contrary;
            }
            Step::SeenMissing { at } => {
                let missing = self.missing.with(at);
                self.begin_counting_anew();
                self.missing = missing;
            }
            Step::SeriesBroken => self.begin_counting_anew(),
            Step::SeenUnclear { at } => {
                let since = self.unjudged_since.or(Some(at));
                self.begin_counting_anew();
                self.unjudged_since = since;
            }
            // A failed read breaks no series.
            Step::SeenNothing { at } => set_once(&mut self.unjudged_since, at),
            Step::Resolved(resolved) => set_once(&mut self.resolved, resolved),
            Step::Explained(refusal) => {
                if let Some(Ending { how: End::Rejected(known), .. }) = &mut self.end {
                    *known = refusal;
                }
            }
            Step::Reached { at, key } => {
                self.begin_counting_anew();
                if self.reached_at.is_none() {
                    self.reached_key = key;
                }
                set_once(&mut self.reached_at, at);
                self.steady_since = Some(at);
            }
            Step::Steady { since } => {
                self.steady_since = since;
                if since.is_some() {
                    self.begin_counting_anew();
                }
            }
            Step::Slow(slow) => set_once(&mut self.slow, slow),
            Step::Reverted(reverted) => set_once(&mut self.reverted, reverted),
            Step::ProofByWrite(asked) => self.proof.get_or_insert_default().write = Some(asked),
            Step::ProofByRead(asked) => self.proof.get_or_insert_default().read = Some(asked),
            Step::ProofReported(report) => self.proof.get_or_insert_default().reports.push(report),
            Step::Cancelled { at, by } if self.is_waiting() => {
                self.cancelled = Some(Cancelled { at, by });
                self.end = Some(Ending { at, how: End::Expired });
            }
            // What was sent cannot be cancelled.
            Step::Cancelled { .. } => {}
            Step::Ended(ending) => self.end_with(ending),
        }
    }

    fn end_with(&mut self, ending: Ending) {
        if ending.how == End::Settled && self.end.is_none() {
            set_once(&mut self.settled_at, ending.at);
        }
        match (&self.end, ending.how) {
            // AWS's answer came after another instance had ended the change: it counts all the same.
            (Some(_), End::Rejected(refusal)) => set_once(&mut self.late_refusal, refusal),
            (Some(_), _) => {}
            (None, how) => self.end = Some(Ending { at: ending.at, how }),
        }
    }

    /// Starts every series of reads over.
    fn begin_counting_anew(&mut self) {
        self.old_state = Tally::default();
        self.contrary = Tally::default();
        self.missing = Tally::default();
        self.unjudged_since = None;
        self.updating_since = None;
    }
}

fn set_once<T>(slot: &mut Option<T>, value: T) {
    if slot.is_none() {
        *slot = Some(value);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::stream::StreamStatus;

    /// A disable of `orders-prod`, sent at 1 000 000 ms.
    pub fn sent_change() -> Change {
        let mut change = requested_change();
        change.apply(sent(1_000_000));
        change
    }

    /// The step that marks that change as sent.
    pub fn sent(at: i64) -> Step {
        Step::Sent { at: Timestamp::from_millis(at), key: "alias/orders".parse().unwrap(), sent_as: None }
    }

    /// The same, recorded and not sent.
    pub fn requested_change() -> Change {
        let intent = Intent {
            id: "c1".to_owned(),
            action: Action::Disable,
            arn: "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod".parse().unwrap(),
            stream_created: Timestamp::from_millis(5_000),
            key: Some("alias/orders".parse().unwrap()),
            resolved: None,
            from: EncryptionReport::from_aws(Some("KMS"), Some("alias/orders")),
            from_key: None,
            retention_hours: 24,
            actor: "mira".to_owned(),
            reason: "OPS-1".to_owned(),
            quota_reason: None,
            armed_until: None,
        };
        Change::requested(intent, Timestamp::from_millis(999_000))
    }

    /// A report of that stream, asked for and answered at `at` milliseconds.
    pub fn report(at: i64, status: &str, encryption_type: Option<&str>) -> StreamReport {
        let change = requested_change();
        StreamReport {
            arn: change.arn,
            status: StreamStatus::from(status.to_owned()),
            encryption: EncryptionReport::from_aws(encryption_type, Some("alias/orders")),
            created: change.stream_created,
            retention_hours: 24,
            open_shards: 1,
            mode: None,
            consumers: None,
            key_arn: None,
            asked_at: Timestamp::from_millis(at),
            read_at: Timestamp::from_millis(at),
        }
    }

    #[test]
    fn an_unlit_rung_says_whether_it_can_still_come() {
        let mut change = sent_change();
        assert_eq!(change.rung(Rung::Updating), RungState::NotYet);
        assert_eq!(change.rung(Rung::Accepted), RungState::NotYet);
        change.apply(Step::LostTrack { at: Timestamp::from_millis(1_010_000), why: "no answer".to_owned() });
        assert_eq!(change.rung(Rung::Accepted), RungState::NotObserved);
        change.apply(Step::Reached { at: Timestamp::from_millis(1_020_000), key: None });
        assert_eq!(change.rung(Rung::Updating), RungState::NotObserved);
        assert_eq!(change.rung(Rung::Settled), RungState::NotYet);
        assert_eq!(change.current_rung(), Some(Rung::Reached));
    }

    #[test]
    fn the_current_rung_follows_the_end() {
        let mut settled = sent_change();
        settled.apply(Step::Reached { at: Timestamp::from_millis(1_001_000), key: None });
        settled.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_007_000), how: End::Settled }));
        assert_eq!(settled.current_rung(), Some(Rung::Settled));
        let mut expired = requested_change();
        assert_eq!(expired.current_rung(), Some(Rung::Requested));
        expired.apply(Step::Ended(Ending { at: Timestamp::from_millis(1), how: End::Expired }));
        assert_eq!(expired.current_rung(), None);
        assert_eq!(expired.rung(Rung::Sent), RungState::NotObserved);
    }

    #[test]
    fn a_burst_of_reads_counts_once() {
        let tally = [0, 1, 9_999].into_iter().fold(Tally::default(), |tally, at| tally.with(Timestamp::from_millis(at)));
        assert_eq!(tally.reads, 1);
        assert_eq!(tally.with(Timestamp::from_millis(10_000)).reads, 2);
    }

    #[test]
    fn what_is_usual_needs_five_changes_and_is_a_duration_that_was_seen() {
        assert_eq!(TypicalDuration::of(vec![1, 2, 3, 4]), None);
        assert_eq!(TypicalDuration::of(vec![5, 1, 4, 2, 3]), Some(TypicalDuration { p50_ms: 3, p95_ms: 5, changes: 5 }));
        let hundred = TypicalDuration::of((1..=100).collect()).unwrap();
        assert_eq!((hundred.p50_ms, hundred.p95_ms), (50, 95));
    }

    #[test]
    fn the_latest_evidence_is_the_newest_of_all_times() {
        let mut change = sent_change();
        assert_eq!(change.latest_evidence(), Timestamp::from_millis(1_000_000));
        change.apply(Step::SeenOldState { at: Timestamp::from_millis(1_050_000) });
        assert_eq!(change.latest_evidence(), Timestamp::from_millis(1_050_000));
        change.apply(Step::Read(LastRead { at: Timestamp::from_millis(1_060_000), saw: Observed::NotFound }));
        assert_eq!(change.latest_evidence(), Timestamp::from_millis(1_060_000));
    }
}
