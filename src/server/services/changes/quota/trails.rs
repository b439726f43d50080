//! CloudTrail's record of calls, read only when a user's action justifies it.

use moka::future::Cache;

use crate::{
    model::{
        change::{
            Action,
            quota::{TrailEvent, TrailProblem},
        },
        time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
    },
    server::adapters::{
        aws::{
            targets::Target,
            trail::{self, CloudTrail},
        },
        clock,
    },
};

/// How often CloudTrail is asked for one target and action, at most.
const ASKED_EVERY_MS: i64 = MINUTE_MS;
/// The most pages to read: LookupEvents allows two calls a second, shared with everyone.
const MOST_PAGES: usize = 4;
/// The number of answers kept: two for each target.
const MOST_KEPT: u64 = 10_000;

/// CloudTrail's answers by target and action. Later callers wait for a request in flight.
#[derive(Debug)]
pub struct Trails(Cache<(String, Action), TrailAnswer>);

impl Default for Trails {
    fn default() -> Self {
        Self(Cache::new(MOST_KEPT))
    }
}

/// CloudTrail's answer, and when it came.
#[derive(Debug, Clone)]
pub struct TrailAnswer {
    pub at: Timestamp,
    pub events: Vec<TrailEvent>,
    /// Why there are none, or not all.
    pub problem: Option<TrailProblem>,
}

impl Trails {
    /// Returns CloudTrail's answer of the last hour, without a new request.
    pub async fn known(&self, target: &Target, action: Action, now: Timestamp) -> Option<TrailAnswer> {
        let answer = self.0.get(&(target.id.clone(), action)).await;
        answer.filter(|answer| now.millis_since(answer.at) < HOUR_MS)
    }

    /// Returns CloudTrail's answer, with a new request unless the last one was within a minute.
    pub async fn ask(&self, target: &Target, action: Action, now: Timestamp) -> Option<TrailAnswer> {
        let trail = target.trail.as_ref()?;
        let asking = async {
            match look_up(trail.as_ref(), action, now).await {
                Ok((events, problem)) => TrailAnswer { at: now, events, problem },
                // Calls that were known before have still happened.
                Err(problem) => {
                    let before = self.known(target, action, now).await;
                    TrailAnswer {
                        at: now,
                        events: before.map(|answer| answer.events).unwrap_or_default(),
                        problem: Some(problem),
                    }
                }
            }
        };
        let is_old = |answer: &TrailAnswer| !(0..ASKED_EVERY_MS).contains(&now.millis_since(answer.at));
        Some(self.0.entry((target.id.clone(), action)).or_insert_with_if(asking, is_old).await.into_value())
    }
}

/// Returns the calls of the last 24 h, and why some may be missing.
async fn look_up(
    trail: &dyn CloudTrail,
    action: Action,
    now: Timestamp,
) -> Result<(Vec<TrailEvent>, Option<TrailProblem>), TrailProblem> {
    let pages = async {
        let (mut events, mut token) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page = trail
                .lookup(action, now.plus_millis(-DAY_MS), token.as_deref())
                .await
                .map_err(|failure| TrailProblem::Failed { why: failure.why })?;
            events.extend(page.events);
            token = page.next;
            if token.is_none() {
                return Ok((events, None));
            }
        }
        // The newest come first, so the oldest are missing.
        Ok((events, Some(TrailProblem::TooMany)))
    };
    clock::timeout(trail::TIMEOUT, pages).await.unwrap_or(Err(TrailProblem::NoAnswer))
}
