//! How many of AWS's 25 a day are used: from the journal, and from what CloudTrail told when somebody with a reason asked.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use super::Changes;
use crate::{
    model::{
        access::scope::Scope,
        change::{
            Action, Change,
            quota::{self, TrailEvent},
        },
        stream::{Account, Region, StreamArn},
        time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
    },
    server::adapters::{
        aws::{targets::Target, trail},
        clock,
        store::StoreError,
    },
    view::pages::{Quota, QuotaSum},
};

/// CloudTrail is asked at most so often for one target and action.
const ASKED_EVERY_MS: i64 = MINUTE_MS;
/// More pages of a day are not asked for: LookupEvents allows two calls a second, shared with everybody.
const MOST_PAGES: usize = 4;
/// A call may have been sent so long before AWS accepted it.
const SLACK_MS: i64 = HOUR_MS;

/// Whoever holds it asks.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// What CloudTrail told, by target and action.
#[derive(Debug, Default)]
pub struct Trails {
    told: Mutex<HashMap<(String, Action), Told>>,
    /// Locked while CloudTrail is asked: others wait for that answer instead of asking too.
    turns: Mutex<HashMap<(String, Action), Turn>>,
}

#[derive(Debug, Clone)]
struct Told {
    at: Timestamp,
    events: Vec<TrailEvent>,
    /// Why there are none, or not all.
    problem: Option<String>,
}

/// Whether CloudTrail may be asked for a count: only for somebody who opens a confirmation or sends one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    Allowed,
    FromMemory,
}

impl Changes {
    /// The count of a stream in one direction.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn quota(&self, action: Action, arn: &StreamArn, asking: Asking) -> Result<Quota, StoreError> {
        let now = self.clock.now();
        let told = match self.inventory.target_of_arn(arn) {
            Some(target) if asking == Asking::Allowed => self.trails.ask(&target, action, now).await,
            Some(target) => self.trails.told(&target, action, now),
            None => None,
        };
        let sent = self.store.changes_sent_since(arn, now.plus_millis(-DAY_MS - SLACK_MS)).await?;
        Ok(counted(action, arn, &sent, told.as_ref(), now))
    }

    /// The counts of a stream in both directions, in the order of [`Action::ALL`], from what is known: nobody is asked.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn known_quotas(&self, arn: &StreamArn) -> Result<[Quota; 2], StoreError> {
        let now = self.clock.now();
        let sent = self.store.changes_sent_since(arn, now.plus_millis(-DAY_MS - SLACK_MS)).await?;
        let target = self.inventory.target_of_arn(arn);
        Ok(Action::ALL.map(|action| {
            let told = target.as_ref().and_then(|target| self.trails.told(target, action, now));
            counted(action, arn, &sent, told.as_ref(), now)
        }))
    }

    /// The sums per account and Region of what the journal knows, for streams of a scope.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn quota_sums(&self, scope: &Scope) -> Result<Vec<QuotaSum>, StoreError> {
        let now = self.clock.now();
        let mut by_place: HashMap<(Account, Region), Vec<_>> = HashMap::new();
        for change in self.store.all_changes_sent_since(now.plus_millis(-DAY_MS - SLACK_MS)).await? {
            if scope.covers_arn(&change.intent.arn) {
                by_place.entry((change.intent.arn.account.clone(), change.intent.arn.region.clone())).or_default().push(change);
            }
        }
        let mut sums: Vec<QuotaSum> = by_place
            .into_iter()
            .map(|((account, region), changes)| {
                let [disables, enables] = Action::ALL.map(|action| quota::count(action, &changes, &[], now));
                QuotaSum { account, region, disables, enables }
            })
            .collect();
        sums.sort_by(|one, other| (&one.account, &one.region).cmp(&(&other.account, &other.region)));
        Ok(sums)
    }
}

/// The count of one stream, and how far CloudTrail is in it.
fn counted(action: Action, arn: &StreamArn, sent: &[Change], told: Option<&Told>, now: Timestamp) -> Quota {
    let of_stream = told.into_iter().flat_map(|told| &told.events).filter(|event| event.stream == arn.name.as_str());
    let events: Vec<TrailEvent> = of_stream.cloned().collect();
    let trail = match told {
        None => "CloudTrail not checked".to_owned(),
        Some(Told { problem: Some(why), .. }) => format!("CloudTrail could not be read: {why}"),
        Some(Told { at, .. }) => format!("CloudTrail read at {}; it lags by minutes", at.clock_seconds()),
    };
    Quota { count: quota::count(action, sent, &events, now), trail }
}

impl Trails {
    fn told(&self, target: &Target, action: Action, now: Timestamp) -> Option<Told> {
        let told = self.told.lock().get(&(target.id.clone(), action)).cloned();
        told.filter(|told| now.millis_since(told.at) < HOUR_MS)
    }

    async fn ask(&self, target: &Target, action: Action, now: Timestamp) -> Option<Told> {
        let trail = target.trail.as_ref()?;
        let place = (target.id.clone(), action);
        let turn = self.turns.lock().entry(place.clone()).or_default().clone();
        let _turn = turn.lock().await;
        if let Some(told) = self.told(target, action, now)
            && (0..ASKED_EVERY_MS).contains(&now.millis_since(told.at))
        {
            return Some(told);
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
        let told = match answer {
            Ok((events, problem)) => Told { at: now, events, problem },
            // What was told before still happened.
            Err(why) => {
                Told { at: now, events: self.told(target, action, now).map(|told| told.events).unwrap_or_default(), problem: Some(why) }
            }
        };
        self.told.lock().insert(place, told.clone());
        Some(told)
    }
}
