//! One row of the inventory as pages show it: the last state read of a stream, with the time of that read.

pub mod pace;
pub mod read_queue;

use serde::{Deserialize, Serialize};

use super::{
    change::{Action, Change, Rung},
    keys::{KeyArn, Meant, needed::covers},
    stream::{
        Account, Region, StreamId, StreamStatus,
        encryption::{EncryptionReport, EncryptionState, KeyId, KeyIdForm},
        is_same_creation,
    },
    time::{SECOND_MS, Timestamp},
};
use crate::view::change_state::ChangeState;

/// What is known of one stream. Everything in it was reported by AWS at the time that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRow {
    pub id: StreamId,
    /// Where this version stands in the order of all commits.
    pub rev: i64,
    /// `None` until AWS has reported one.
    pub status: Option<Reported<StreamStatus>>,
    pub encryption: EncryptionState,
    /// The KeyId as AWS reported it.
    pub key_id: Option<KeyId>,
    /// When the encryption was last read; `None` when it never was.
    pub read_at: Option<Timestamp>,
    /// Why there is nothing newer, when the last read failed.
    pub problem: Option<ReadProblem>,
    pub retention_hours: Option<i32>,
    pub open_shards: Option<i32>,
    pub mode: Option<String>,
    pub created: Option<Timestamp>,
    /// Key and value, ordered by key; `None` until they were read.
    pub tags: Option<Vec<(String, String)>>,
    /// The change that is under way, if one is.
    pub change: Option<ChangeMarks>,
    /// Keys that only stored records may need, oldest first; some may be free by now.
    #[serde(default)]
    pub needed_keys: Vec<NeededKey>,
    /// Every key that the KeyId was seen to mean while it has been in use, oldest first.
    #[serde(default)]
    pub meant: Vec<Meant>,
    /// Since when the stream's keys are known, where it is older: those that it used before are not.
    #[serde(default)]
    pub keys_known_since: Option<Timestamp>,
    /// The settled disable that left the stream not encrypted, where one of Keystream's last 30 days did.
    #[serde(default)]
    pub undo: Option<String>,
    /// AWS's list no longer names the stream.
    pub is_gone: bool,
    /// The target is marked as production.
    pub is_production: bool,
    /// Changes of this stream are refused: its target is read-only.
    pub is_read_only: bool,
}

/// A value and when AWS reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported<T> {
    pub value: T,
    pub at: Timestamp,
}

/// A key that stored records of a stream may need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededKey {
    /// As AWS reported it while it was in use.
    pub key: KeyId,
    /// Every key that this was seen to mean then, oldest first.
    pub meant: Vec<Meant>,
    /// In use from here, as far as is known, to there.
    pub seen_from: Timestamp,
    pub ended: Timestamp,
    pub until: Timestamp,
}

impl NeededKey {
    /// Whether it is about a key of another use.
    fn is_of(&self, other: &Self) -> bool {
        let is_named = self.key == other.key && (self.meant.is_empty() || other.meant.is_empty());
        is_named || self.meant.iter().any(|meant| other.meant.iter().any(|known| known.arn == meant.arn))
    }

    /// `key/1234…9012 until 23 Nov 14:03 UTC (alias/orders)`; the name alone where KMS has not said which key it meant.
    pub fn words(&self) -> String {
        let until = self.until.day_and_minute();
        let meant: Vec<String> = self.meant.iter().map(|meant| meant.arn.short()).collect();
        let is_alias = matches!(self.key.form(), Some(KeyIdForm::AliasName | KeyIdForm::AliasArn | KeyIdForm::ServiceKey));
        match (meant.is_empty(), is_alias) {
            (true, _) => format!("{} until {until}", self.key),
            (false, true) => format!("{} until {until} ({})", meant.join(" and "), self.key),
            (false, false) => format!("{} until {until}", meant.join(" and ")),
        }
    }
}

/// The key that a settled change left behind: stored records may need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftKey {
    /// As AWS reported it before.
    pub key: KeyId,
    pub sent_at: Timestamp,
    pub stream_created: Timestamp,
}

impl LeftKey {
    /// What a change left behind; `None` before it has settled, and where the stream was not encrypted.
    pub fn of(change: &Change) -> Option<Self> {
        change.settled_at?;
        let key = match (change.action, &change.from) {
            (Action::Disable, _) => change.key.clone(),
            (Action::Enable, Some(EncryptionReport::Encrypted(former))) => former.clone(),
            (Action::Enable, _) => None,
        };
        Some(Self { key: key?, sent_at: change.sent_at?, stream_created: change.stream_created })
    }
}

/// A read that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadProblem {
    pub why: String,
    pub at: Timestamp,
    /// When it is tried again, at the earliest.
    pub next_try: Timestamp,
}

/// A change under way, as small as a row needs it: where it stands and which rungs are lit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMarks {
    pub id: String,
    /// One per rung, in order.
    pub marks: Vec<Mark>,
    pub current: Option<Rung>,
    pub is_unknown: bool,
    pub state: ChangeState,
}

/// One of the six small marks of a ladder in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    Lit,
    NotYet,
    NotObserved,
}

impl From<&Change> for ChangeMarks {
    fn from(change: &Change) -> Self {
        Self {
            id: change.id.clone(),
            marks: Rung::ALL.map(|rung| Mark::from(change.rung(rung))).into(),
            current: change.current_rung(),
            is_unknown: change.is_unknown(),
            state: ChangeState::from(change),
        }
    }
}

impl StreamRow {
    /// Whether something is moving: AWS reports UPDATING, or a change is under way.
    pub fn is_changing(&self) -> bool {
        self.change.is_some() || self.status.as_ref().is_some_and(|status| status.value == StreamStatus::Updating)
    }

    /// The keys that only stored records may need at `now`, each once: with its latest date, and not while it is in use again. A
    /// stream that wasn't read since may keep its records longer by now: what wasn't free at its last read is needed.
    pub fn needed_at(&self, now: Timestamp) -> Vec<NeededKey> {
        let known_at = self.read_at.map_or(now, |read| read.min(now));
        let is_encrypted = self.encryption == EncryptionState::Encrypted;
        let has = |meant: &[Meant], arn: &KeyArn| meant.iter().any(|known| known.arn == *arn);
        let mut needed = Vec::new();
        for (index, one) in self.needed_keys.iter().enumerate().filter(|(_, one)| one.until > known_at) {
            let others = self.needed_keys.iter().enumerate();
            let longer: Vec<&NeededKey> =
                others.filter(|(other, longer)| (longer.until, *other) > (one.until, index)).map(|(_, longer)| longer).collect();
            let is_named = is_encrypted && self.key_id.as_ref() == Some(&one.key);
            // A name that KMS has not explained is taken to mean what it meant.
            let is_in_use = is_named && (self.meant.is_empty() || one.meant.is_empty());
            let is_unexplained = one.meant.is_empty();
            if is_in_use || (is_unexplained && longer.iter().any(|longer| longer.key == one.key)) {
                continue;
            }
            let is_left = |meant: &&Meant| {
                let is_in_use = is_encrypted && has(&self.meant, &meant.arn);
                !is_in_use && !longer.iter().any(|longer| has(&longer.meant, &meant.arn))
            };
            let meant: Vec<Meant> = one.meant.iter().filter(is_left).cloned().collect();
            if is_unexplained || !meant.is_empty() {
                needed.push(NeededKey { meant, ..one.clone() });
            }
        }
        needed
    }

    /// The same in words; empty when there are none.
    pub fn needed_words(&self, now: Timestamp) -> String {
        self.needed_at(now).iter().map(NeededKey::words).collect::<Vec<_>>().join(", ")
    }

    /// Since when the stream's keys are known, where records that are older may be stored.
    pub fn keys_gap(&self, now: Timestamp) -> Option<Timestamp> {
        self.keys_known_since.filter(|since| !covers(*since, self.retention_hours.unwrap_or(0), now))
    }

    /// What a change left behind is needed until, in a sentence: ` Keep alias/orders until 23 Nov 14:03 UTC.` Empty when it's
    /// free, and for another stream of the same name.
    pub fn keep_words(&self, left: &LeftKey, now: Timestamp) -> String {
        let is_this_stream = self.created.is_some_and(|created| is_same_creation(created, left.stream_created));
        // The same name may have been in use more than once: it's the use that the change ended.
        let was_on = |needed: &&NeededKey| needed.key == left.key && needed.seen_from <= left.sent_at && left.sent_at <= needed.ended;
        let Some(ended) = self.needed_keys.iter().find(was_on).filter(|_| is_this_stream && !self.is_gone) else { return String::new() };
        // A key may have been in use again since, and be needed for longer.
        let still: Vec<String> = self.needed_at(now).iter().filter(|needed| needed.is_of(ended)).map(NeededKey::words).collect();
        if still.is_empty() { String::new() } else { format!(" Keep {}.", still.join(", ")) }
    }

    /// What must be known beside the row on the page of a change: that it is about another stream than the one created then,
    /// that the stream is gone, why there is nothing newer.
    pub fn caveats(&self, stream_created: Timestamp) -> Vec<String> {
        let other = self.created.filter(|created| !is_same_creation(*created, stream_created)).map(|created| {
            format!("The stream was deleted and re-created on {}. This change was about the earlier stream.", created.date_and_clock())
        });
        let gone = self.is_gone.then(|| "AWS no longer lists this stream. Showing its last report.".to_owned());
        let problem = self.problem.as_ref();
        let problem = problem.map(|problem| format!("Not newer because: {}. Next try {}.", problem.why, problem.next_try.clock_seconds()));
        [other, gone, problem].into_iter().flatten().collect()
    }

    /// Whether two rows of a stream show the same, apart from when AWS said it.
    pub fn is_same_but_for_times(&self, other: &Self) -> bool {
        let timeless = |row: &Self| {
            let problem = row.problem.as_ref().map(|problem| problem.why.clone());
            let status = row.status.as_ref().map(|status| status.value.clone());
            (problem, status, row.read_at.is_some(), Self { rev: 0, read_at: None, problem: None, status: None, ..row.clone() })
        };
        timeless(self) == timeless(other)
    }

    /// The confirmation of the enable that takes the last disable back, while that can be.
    pub fn undo_path(&self) -> Option<String> {
        let can_be = self.offers() == Some(Action::Enable);
        self.undo.as_ref().filter(|_| can_be).map(|id| self.id.undo_path(id))
    }

    /// Whether the change with this id is the disable that can be taken back now.
    pub fn undoes(&self, change: &str) -> bool {
        self.undo.as_deref() == Some(change) && self.undo_path().is_some()
    }

    /// What the row offers: "Disable encryption" on Encrypted and Unknown rows, "Enable encryption" on those Not encrypted,
    /// and nothing while a change is under way, which is followed first.
    pub fn offers(&self) -> Option<Action> {
        let action = match self.encryption {
            EncryptionState::Encrypted | EncryptionState::Unknown => Action::Disable,
            EncryptionState::NotEncrypted => Action::Enable,
        };
        (self.change.is_none() && !self.is_gone && !self.is_read_only && self.id.account.is_resolved()).then_some(action)
    }
}

/// How one target is doing, for the bar and the strip over the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// `ACCOUNT/REGION` as configured.
    pub id: String,
    /// `account/region`, or the configured display name.
    pub name: String,
    pub account: Account,
    pub region: Region,
    pub rev: i64,
    pub is_production: bool,
    pub is_read_only: bool,
    pub last_listed: Option<Timestamp>,
    /// The last time that AWS gave the state of one of its streams.
    pub last_read: Option<Timestamp>,
    /// Why the target is not read, and since when.
    pub problem: Option<TargetProblem>,
    /// Why its tags are not read; nothing else depends on them.
    pub tags_problem: Option<String>,
    /// Somebody stopped the background reads.
    pub pause: Option<Pause>,
    /// How many percent of its budget of reads are used: less than 100 after AWS throttled.
    pub pace_percent: u8,
    /// A state of one of its streams that is older than this is "last known": two rounds over all of them.
    pub stale_after_ms: i64,
    pub streams: u32,
    /// Streams whose encryption was never read.
    pub unread: u32,
}

/// Background reads of a target that a person stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub by: String,
    pub at: Timestamp,
}

/// Why a target is behind: it cannot be listed, or it is listed and none of its streams can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProblem {
    /// The last reason; it may be another than at first.
    pub why: String,
    pub since: Timestamp,
    /// When it is listed again; `None` where the reads fail, which go on one by one.
    pub next_listing: Option<Timestamp>,
}

/// How a target is, in one word and in order of how much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Behind,
    Paused,
    Slowed,
    Waiting,
    Well,
}

impl TargetHealth {
    /// How the target is.
    pub const fn condition(&self) -> Condition {
        if self.problem.is_some() {
            Condition::Behind
        } else if self.pause.is_some() {
            Condition::Paused
        } else if self.pace_percent < 100 {
            Condition::Slowed
        } else if self.last_listed.is_none() && self.last_read.is_none() {
            Condition::Waiting
        } else {
            Condition::Well
        }
    }

    /// The same in a sentence that follows its name, with times of day; empty when there is nothing to say.
    pub fn in_words(&self) -> String {
        match (self.condition(), &self.problem, &self.pause) {
            (Condition::Behind, Some(problem), _) => {
                let last_read = if problem.next_listing.is_none() { self.last_read } else { self.last_success() };
                let last = last_read.map_or_else(|| "It was never read.".to_owned(), |at| format!("Last read {}.", at.date_and_clock()));
                let what = if problem.next_listing.is_none() { "reads of its streams fail: " } else { "" };
                let next = match (&self.pause, problem.next_listing) {
                    (Some(pause), _) => format!("It is paused by {}, and not tried again.", pause.by),
                    (None, Some(at)) => format!("Tried again at {}.", at.clock_seconds()),
                    (None, None) => "They go on being tried.".to_owned(),
                };
                format!("is behind since {}: {what}{}. {last} {next} Its last known rows stay.", problem.since.clock_seconds(), problem.why)
            }
            (Condition::Paused, _, Some(pause)) => {
                format!("is paused since {} by {}. Its rows stay as they were last read.", pause.at.clock_seconds(), pause.by)
            }
            (Condition::Slowed, _, _) => {
                format!("is read at {} % of its budget, because AWS throttles this account and Region.", self.pace_percent)
            }
            (Condition::Waiting, _, _) => "is not listed yet.".to_owned(),
            _ => String::new(),
        }
    }

    /// The last time that AWS answered.
    pub fn last_success(&self) -> Option<Timestamp> {
        self.last_listed.max(self.last_read)
    }
}

/// How long a row stays fresh, and with it the shortest time between two reads of one stream.
pub const ROW_IS_FRESH_MS: i64 = 30 * SECOND_MS;
/// The shortest time between two listings.
const RELIST_MS: i64 = 30 * SECOND_MS;
/// AWS lists so many streams a call.
const PAGE: u32 = 100;

/// The time from one listing to the next: half of the calls that the budget allows at most.
///
/// `pages_per_second` is the budget's.
pub fn relist_every_ms(streams: u32, pages_per_second: f64) -> i64 {
    RELIST_MS.max(seconds(2 * streams.div_ceil(PAGE).max(1), pages_per_second))
}

/// How old a row of a target of so many streams may be: two rounds over all of them, and a listing's time.
pub fn stale_after_ms(streams: u32, reads_per_second: f64) -> i64 {
    2 * ROW_IS_FRESH_MS.max(seconds(streams, reads_per_second)) + RELIST_MS
}

/// How long so many calls take, in milliseconds.
fn seconds(calls: u32, per_second: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^32 calls at a thousandth a second")]
    let millis = (f64::from(calls) / per_second.max(0.001) * 1_000.0) as i64;
    millis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_fit_the_size_of_a_fleet() {
        assert_eq!((relist_every_ms(14, 1.25), stale_after_ms(14, 5.0)), (30_000, 90_000));
        assert_eq!(relist_every_ms(10_000, 1.25), 160_000, "100 pages take 80 s");
        assert_eq!(stale_after_ms(10_000, 5.0), 4_030_000, "a round takes 2,000 s");
        assert!(relist_every_ms(u32::MAX, 0.0) > 0);
    }

    #[test]
    fn a_row_that_was_read_again_shows_the_same() {
        let at = Timestamp::from_millis;
        let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
        let again = StreamRow { rev: row.rev + 1, read_at: Some(at(2)), ..row.clone() };
        let read = StreamRow { read_at: Some(at(1)), ..row.clone() };
        assert!(read.is_same_but_for_times(&again));
        let failed = |why: &str, next: i64| {
            let problem = ReadProblem { why: why.to_owned(), at: at(3), next_try: at(next) };
            StreamRow { problem: Some(problem), ..read.clone() }
        };
        assert!(failed("no answer", 4).is_same_but_for_times(&failed("no answer", 5)));
        for other in [
            StreamRow { read_at: None, ..read.clone() },
            StreamRow { encryption: EncryptionState::NotEncrypted, ..read.clone() },
            StreamRow { is_gone: true, ..read.clone() },
            failed("no answer", 4),
        ] {
            assert!(!read.is_same_but_for_times(&other), "{other:?}");
        }
        assert!(!failed("no answer", 4).is_same_but_for_times(&failed("denied", 4)));
    }

    fn needed(key: &str, used: (i64, i64), until: i64) -> NeededKey {
        let at = Timestamp::from_millis;
        NeededKey { key: key.parse().unwrap(), meant: Vec::new(), seen_from: at(used.0), ended: at(used.1), until: at(until) }
    }

    #[test]
    fn a_key_is_needed_until_a_read_says_that_it_is_not() {
        let at = Timestamp::from_millis;
        let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
        let row = StreamRow { needed_keys: vec![needed("alias/orders", (0, 10), 90_000)], read_at: Some(at(80_000)), ..row };
        assert_eq!(row.needed_words(at(80_000)), "alias/orders until 1 Jan 00:01 UTC");
        assert_eq!(row.needed_at(at(100_000)).len(), 1, "it was not read since, and its retention may have grown");
        let read = StreamRow { read_at: Some(at(90_000)), ..row };
        assert_eq!(read.needed_at(at(100_000)).len(), 0);
    }

    #[test]
    fn a_change_keeps_the_key_of_the_use_that_it_ended() {
        let at = Timestamp::from_millis;
        let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
        let row = StreamRow {
            needed_keys: vec![needed("alias/orders", (0, 10_000), 120_000), needed("alias/orders", (10_000, 20_000), 180_000)],
            ..row
        };
        let left = |sent: i64| LeftKey { key: "alias/orders".parse().unwrap(), sent_at: at(sent), stream_created: at(0) };
        assert_eq!(row.keep_words(&left(9_000), at(20_000)), " Keep alias/orders until 1 Jan 00:03 UTC.", "one date for one key");
        assert_eq!(row.needed_words(at(20_000)), "alias/orders until 1 Jan 00:03 UTC");
        let in_use = StreamRow { encryption: EncryptionState::Encrypted, key_id: Some("alias/orders".parse().unwrap()), ..row.clone() };
        assert_eq!((in_use.needed_words(at(20_000)).as_str(), in_use.keep_words(&left(19_000), at(20_000)).as_str()), ("", ""), "in use");
        assert_eq!(row.keep_words(&left(19_000), at(20_000)), " Keep alias/orders until 1 Jan 00:03 UTC.");
        assert_eq!(row.keep_words(&left(30_000), at(30_000)), "", "a change that no use is known of");
        let read = StreamRow { read_at: Some(at(130_000)), ..row.clone() };
        assert_eq!(read.keep_words(&left(9_000), at(130_000)), " Keep alias/orders until 1 Jan 00:03 UTC.", "for its later use");
        let later = StreamRow { read_at: Some(at(190_000)), ..row.clone() };
        assert_eq!(later.keep_words(&left(9_000), at(190_000)), "", "free");
        let other = StreamRow { created: Some(at(5_000)), ..row.clone() };
        assert_eq!(other.keep_words(&left(9_000), at(20_000)), "", "another stream of the same name");
        let gone = StreamRow { is_gone: true, ..row };
        assert_eq!(gone.keep_words(&left(9_000), at(20_000)), "");
    }

    #[test]
    fn each_key_that_an_alias_meant_has_its_own_date() {
        let at = Timestamp::from_millis;
        let [a, b] = ["aaaaaaaa", "bbbbbbbb"].map(|id| Meant {
            arn: format!("arn:aws:kms:eu-west-1:111122223333:key/{id}-1234-1234-1234-123456789012").parse().unwrap(),
            seen_from: None,
        });
        let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
        let of = |meant: &[&Meant], used, until| NeededKey {
            meant: meant.iter().copied().cloned().collect(),
            ..needed("alias/orders", used, until)
        };
        let needed_keys = vec![of(&[&a, &b], (0, 10_000), 120_000), of(&[&b], (10_000, 20_000), 180_000)];
        let row = StreamRow { needed_keys, ..row };
        let [a_until, b_until] = ["aaaa", "bbbb"].map(|id| format!("key/{id}\u{2026}9012 until 1 Jan 00:0"));
        assert_eq!(row.needed_words(at(20_000)), format!("{a_until}2 UTC (alias/orders), {b_until}3 UTC (alias/orders)"));
        let left = |sent: i64| LeftKey { key: "alias/orders".parse().unwrap(), sent_at: at(sent), stream_created: at(0) };
        let both = format!(" Keep {a_until}2 UTC (alias/orders), {b_until}3 UTC (alias/orders).");
        assert_eq!(row.keep_words(&left(9_000), at(20_000)), both);
        let key_id = Some("alias/orders".parse().unwrap());
        let in_use = StreamRow { encryption: EncryptionState::Encrypted, key_id, meant: vec![b], ..row };
        assert_eq!(in_use.needed_words(at(20_000)), format!("{a_until}2 UTC (alias/orders)"), "the other one is in use");
    }

    #[test]
    fn what_must_be_known_beside_a_row_is_said() {
        let at = Timestamp::from_millis;
        let known = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
        let row = StreamRow { created: Some(at(5_000)), ..known };
        assert!(row.caveats(at(5_400)).is_empty(), "AWS rounds creation times");
        let other = "The stream was deleted and re-created on 1 Jan 1970 00:00:05 UTC. This change was about the earlier stream.";
        assert_eq!(row.caveats(at(9_000)), [other]);
        let gone = StreamRow { is_gone: true, ..row.clone() };
        assert_eq!(gone.caveats(at(5_000)), ["AWS no longer lists this stream. Showing its last report."]);
        let problem = ReadProblem { why: "AWS did not answer in time".to_owned(), at: at(60_000), next_try: at(90_000) };
        let failed = StreamRow { problem: Some(problem), ..row };
        assert_eq!(failed.caveats(at(5_000)), ["Not newer because: AWS did not answer in time. Next try 00:01:30 UTC."]);
    }

    #[test]
    fn a_row_with_a_change_under_way_offers_nothing_else() {
        let quiet = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
        let row = StreamRow { undo: Some("c0".to_owned()), is_gone: false, is_read_only: false, change: None, ..quiet };
        assert_eq!((row.offers(), row.undoes("c0")), (Some(Action::Enable), true));
        let marks = ChangeMarks::from(&crate::model::change::tests::sent_change());
        for encryption in [EncryptionState::NotEncrypted, EncryptionState::Encrypted, EncryptionState::Unknown] {
            let busy = StreamRow { change: Some(marks.clone()), encryption, ..row.clone() };
            assert_eq!((busy.offers(), busy.undo_path(), busy.undoes("c0")), (None, None, false));
        }
    }

    #[test]
    fn a_target_says_what_matters_most() {
        let at = Timestamp::from_millis(0);
        let well = TargetHealth {
            id: "self/eu-west-1".to_owned(),
            name: "payments".to_owned(),
            account: Account::unresolved(),
            region: "eu-west-1".parse().unwrap(),
            rev: 0,
            is_production: false,
            is_read_only: false,
            last_listed: Some(at),
            last_read: None,
            problem: None,
            tags_problem: None,
            pause: None,
            pace_percent: 100,
            stale_after_ms: 90_000,
            streams: 1,
            unread: 0,
        };
        assert_eq!((well.condition(), well.in_words().as_str()), (Condition::Well, ""));
        let slowed = TargetHealth { pace_percent: 50, ..well.clone() };
        assert!(slowed.in_words().contains("at 50 % of its budget"));
        let paused = TargetHealth { pause: Some(Pause { by: "mira".to_owned(), at }), ..slowed };
        assert_eq!(paused.condition(), Condition::Paused);
        assert!(paused.in_words().contains("by mira"));
        let why = "AWS did not answer in time".to_owned();
        let unlisted = TargetProblem { why, since: at, next_listing: Some(at.plus_millis(5_000)) };
        let unread = TargetProblem { next_listing: None, ..unlisted.clone() };
        let words = |problem: &TargetProblem, pause: &Option<Pause>| {
            let behind = TargetHealth { problem: Some(problem.clone()), pause: pause.clone(), ..well.clone() };
            assert_eq!(behind.condition(), Condition::Behind);
            let words = behind.in_words();
            words.strip_prefix("is behind since 00:00:00 UTC: ").unwrap().replace(" Last read 1 Jan 1970 00:00:00 UTC.", "")
        };
        assert_eq!(words(&unlisted, &None), "AWS did not answer in time. Tried again at 00:00:05 UTC. Its last known rows stay.");
        let reads =
            "reads of its streams fail: AWS did not answer in time. It was never read. They go on being tried. Its last known rows stay.";
        assert_eq!(words(&unread, &None), reads, "a listing is no read");
        let stopped = "AWS did not answer in time. It is paused by mira, and not tried again. Its last known rows stay.";
        assert_eq!(words(&unlisted, &paused.pause), stopped);
    }
}
