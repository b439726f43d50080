//! The limit of 25 successful disables and 25 successful enables of a stream in a rolling 24 h.
//!
//! The source is the API text of StopStreamEncryption and StartStreamEncryption; a copy of the developer guide lists
//! both as per stream. No API returns how many are left, so they are counted from known calls, as a range if an outcome
//! is unknown.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Action, Change, End, Ending,
    refusal::{Refusal, RefusalKind},
};
use crate::model::{
    stream::{Account, Region},
    time::{DAY_MS, SECOND_MS, Timestamp},
};

/// The limit in 24 h, in each direction.
pub const A_DAY: u32 = 25;
/// Pages warn from this count on.
pub const WARN_FROM: u32 = 20;
/// A lost answer belongs to a call of the same session in CloudTrail if their times differ by at most this.
const SAME_CALL_MS: i64 = 30 * SECOND_MS;

/// One call that used one of the 25, or may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// When AWS counted it, as far as is known: the time of the answer, else of sending.
    pub at: Timestamp,
    /// AWS accepted it. Otherwise its outcome is unknown.
    pub is_certain: bool,
    pub request_id: Option<String>,
    /// The session that sent it, if a role was assumed.
    pub session: Option<String>,
}

/// One successful call in CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailEvent {
    pub event_id: String,
    pub request_id: Option<String>,
    pub at: Timestamp,
    pub action: Action,
    /// The stream's name, or the end of its ARN.
    pub stream: String,
    /// The caller: the session or user, as CloudTrail names it.
    pub by: String,
}

/// How many of the 25 are used: at least, and at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub least: u32,
    pub most: u32,
    /// When the oldest use stops counting.
    pub next_frees_at: Option<Timestamp>,
    /// When AWS refused another call, if within the 24 h.
    pub refused_at: Option<Timestamp>,
}

/// How many of the 25 of a stream are used in one direction, and how far that includes CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamQuota {
    pub count: Count,
    pub trail: TrailCoverage,
}

/// How far a count includes CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailCoverage {
    NotChecked,
    /// CloudTrail was read at this time; it lags by minutes.
    Read {
        at: Timestamp,
    },
    /// Some or all of CloudTrail's calls are missing.
    Incomplete(TrailProblem),
}

/// Why calls are missing from CloudTrail's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailProblem {
    /// There are more calls in a day than are read: the oldest are missing.
    TooMany,
    /// It didn't answer within 2 s.
    NoAnswer,
    Failed {
        why: String,
    },
}

/// The journal's sums for an account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaSum {
    pub account: Account,
    pub region: Region,
    pub disables: Count,
    pub enables: Count,
}

impl Count {
    /// Returns whether another call would certainly be the 26th.
    pub const fn is_used_up(&self) -> bool {
        self.least >= A_DAY
    }

    /// Returns whether pages warn.
    pub const fn is_warning(&self) -> bool {
        self.most >= WARN_FROM || self.refused_at.is_some()
    }
}

/// Returns the use of a change, if it may have used one.
pub fn use_of(change: &Change) -> Option<Use> {
    let session = change.evidence.sent_as.as_ref().map(|sent_as| sent_as.session.clone());
    if let Some(acceptance) = &change.evidence.accepted {
        return Some(Use { at: acceptance.at, is_certain: true, request_id: acceptance.request_id.clone(), session });
    }
    // A refused call used none. Any other call without an answer may have.
    let at = change.evidence.sent_at.filter(|_| change.may_have_acted())?;
    Some(Use { at, is_certain: false, request_id: None, session })
}

/// Returns when AWS refused a change for a limit that may be this one.
fn refused_at(change: &Change) -> Option<Timestamp> {
    match &change.end {
        Some(Ending {
            how: End::Rejected(Refusal { kind: RefusalKind::QuotaUsed { .. }, aws: Some(aws), .. }),
            ..
        }) => Some(aws.at),
        _ => None,
    }
}

/// Returns whether a use at this time still counts. A time after `now` (the clock was set back) counts too.
const fn counts(at: Timestamp, now: Timestamp) -> bool {
    now.millis_since(at) < DAY_MS
}

/// Counts the calls for one stream in one direction, from the journal and from CloudTrail's successful calls.
///
/// A call that both know counts once: matched by its request id or, if its answer was lost, by its time.
pub fn count(action: Action, changes: &[Change], trail: &[TrailEvent], now: Timestamp) -> Count {
    let of_action = || changes.iter().filter(|change| change.intent.action == action);
    let mut uses: Vec<Use> = of_action().filter_map(use_of).collect();
    let mut events: Vec<&TrailEvent> = trail.iter().filter(|event| event.action == action).collect();
    events.sort_by(|one, other| (one.at, &one.event_id).cmp(&(other.at, &other.event_id)));
    let mut seen = BTreeSet::new();
    events.retain(|event| seen.insert(&event.event_id));
    let is_known = |event: &&TrailEvent| {
        uses.iter().any(|known| known.request_id.is_some() && known.request_id == event.request_id)
    };
    let mut elsewhere: Vec<&TrailEvent> = events.into_iter().filter(|event| !is_known(event)).collect();
    for lost in uses.iter_mut().filter(|known| !known.is_certain) {
        let is_same = |event: &&TrailEvent| {
            let is_of_session =
                lost.session.as_ref().is_some_and(|session| event.by.rsplit('/').next() == Some(session));
            is_of_session && event.at.millis_since(lost.at).abs() <= SAME_CALL_MS
        };
        // With another call at the same time, it stays uncertain and counts separately.
        if let Some(same) = elsewhere.iter().position(is_same) {
            lost.at = elsewhere.remove(same).at;
            lost.is_certain = true;
        }
    }
    uses.extend(elsewhere.into_iter().map(|event| Use {
        at: event.at,
        is_certain: true,
        request_id: event.request_id.clone(),
        session: None,
    }));
    uses.retain(|known| counts(known.at, now));
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Count {
        least: number(uses.iter().filter(|known| known.is_certain).count()),
        most: number(uses.len()),
        next_frees_at: next_frees_at(&uses),
        refused_at: of_action().filter_map(refused_at).filter(|at| counts(*at, now)).max(),
    }
}

/// Returns when the end of a use makes room for another: the oldest use or, of more than 25, the one that leaves 24.
fn next_frees_at(uses: &[Use]) -> Option<Timestamp> {
    let mut times: Vec<Timestamp> = uses.iter().map(|known| known.at).collect();
    times.sort_unstable();
    let in_the_way = times.len().saturating_sub(A_DAY as usize);
    times.get(in_the_way).map(|at| at.plus_millis(DAY_MS))
}
