//! What CloudTrail says of calls, asked only for somebody with a reason.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::{
    model::{
        change::{Action, quota::TrailEvent},
        time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
    },
    server::adapters::{
        aws::{targets::Target, trail},
        clock,
    },
};

/// CloudTrail is asked at most so often for one target and action.
const ASKED_EVERY_MS: i64 = MINUTE_MS;
/// More pages of a day are not asked for: LookupEvents allows two calls a second, shared with everybody.
const MOST_PAGES: usize = 4;
/// Whoever holds it asks.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// What CloudTrail said, by target and action.
#[derive(Debug, Default)]
pub struct Trails {
    answers: Mutex<HashMap<(String, Action), TrailAnswer>>,
    /// Locked while CloudTrail is asked: others wait for that answer instead of asking too.
    turns: Mutex<HashMap<(String, Action), Turn>>,
}

/// What CloudTrail said, and when.
#[derive(Debug, Clone)]
pub struct TrailAnswer {
    pub at: Timestamp,
    pub events: Vec<TrailEvent>,
    /// Why there are none, or not all.
    pub problem: Option<String>,
}

impl Trails {
    /// What CloudTrail said within the last hour; nobody is asked.
    pub fn known(&self, target: &Target, action: Action, now: Timestamp) -> Option<TrailAnswer> {
        let answer = self.answers.lock().get(&(target.id.clone(), action)).cloned();
        answer.filter(|answer| now.millis_since(answer.at) < HOUR_MS)
    }

    /// What CloudTrail says: asked now, unless it was within a minute.
    pub async fn ask(&self, target: &Target, action: Action, now: Timestamp) -> Option<TrailAnswer> {
        let trail = target.trail.as_ref()?;
        let place = (target.id.clone(), action);
        let turn = self.turns.lock().entry(place.clone()).or_default().clone();
        let _turn = turn.lock().await;
        if let Some(answer) = self.known(target, action, now)
            && (0..ASKED_EVERY_MS).contains(&now.millis_since(answer.at))
        {
            return Some(answer);
        }
        let lookup = async {
            let (mut events, mut token) = (Vec::new(), None::<String>);
            for _ in 0..MOST_PAGES {
                let page = trail.lookup(action, now.plus_millis(-DAY_MS), token.as_deref()).await.map_err(|failure| failure.why)?;
                events.extend(page.events);
                token = page.next;
                if token.is_none() {
                    return Ok((events, None));
                }
            }
            // Newest first: what is missing is the oldest.
            Ok((events, Some("more calls in 24 h than are looked at; the oldest are missing".to_owned())))
        };
        let answer: Result<_, String> =
            clock::timeout(trail::TIMEOUT, lookup).await.unwrap_or_else(|_| Err("no answer within 2 s".to_owned()));
        let answer = match answer {
            Ok((events, problem)) => TrailAnswer { at: now, events, problem },
            // What was told before still happened.
            Err(why) => TrailAnswer {
                at: now,
                events: self.known(target, action, now).map(|answer| answer.events).unwrap_or_default(),
                problem: Some(why),
            },
        };
        self.answers.lock().insert(place, answer.clone());
        Some(answer)
    }
}
