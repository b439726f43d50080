//! What CloudTrail says of calls, asked only for somebody with a reason.

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

/// CloudTrail is asked at most so often for one target and action.
const ASKED_EVERY_MS: i64 = MINUTE_MS;
/// More pages of a day are not asked for: LookupEvents allows two calls a second, shared with everybody.
const MOST_PAGES: usize = 4;
/// Answers that are kept: two for each target.
const MOST_KEPT: u64 = 10_000;

/// What CloudTrail said, by target and action. Whoever comes while it is asked waits for that answer.
#[derive(Debug)]
pub struct Trails(Cache<(String, Action), TrailAnswer>);

impl Default for Trails {
    fn default() -> Self {
        Self(Cache::new(MOST_KEPT))
    }
}

/// What CloudTrail said, and when.
#[derive(Debug, Clone)]
pub struct TrailAnswer {
    pub at: Timestamp,
    pub events: Vec<TrailEvent>,
    /// Why there are none, or not all.
    pub problem: Option<TrailProblem>,
}

impl Trails {
    /// What CloudTrail said within the last hour; nobody is asked.
    pub async fn known(&self, target: &Target, action: Action, now: Timestamp) -> Option<TrailAnswer> {
        let answer = self.0.get(&(target.id.clone(), action)).await;
        answer.filter(|answer| now.millis_since(answer.at) < HOUR_MS)
    }

    /// What CloudTrail says: asked now, unless it was within a minute.
    pub async fn ask(&self, target: &Target, action: Action, now: Timestamp) -> Option<TrailAnswer> {
        let trail = target.trail.as_ref()?;
        let asking = async {
            match look_up(trail.as_ref(), action, now).await {
                Ok((events, problem)) => TrailAnswer { at: now, events, problem },
                // What was told before still happened.
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

/// The calls of the last day, and why some may be missing.
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
        // Newest first: what is missing is the oldest.
        Ok((events, Some(TrailProblem::TooMany)))
    };
    clock::timeout(trail::TIMEOUT, pages).await.unwrap_or_else(|_| Err(TrailProblem::NoAnswer))
}
