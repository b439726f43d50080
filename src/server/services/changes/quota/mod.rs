//! How many of AWS's 25 in 24 h are used: from the journal, and from CloudTrail's answers when a user's action
//! justified asking.

mod trails;

use std::{collections::HashMap, sync::Arc};

use self::trails::{TrailAnswer, Trails};
use crate::{
    model::{
        access::scope::Scope,
        change::{
            Action, Change,
            quota::{self, QuotaSum, StreamQuota, TrailCoverage, TrailEvent},
        },
        stream::{Account, Region, StreamArn},
        time::{DAY_MS, HOUR_MS, Timestamp},
    },
    server::{
        adapters::{
            clock::Clock,
            store::{Store, StoreError},
        },
        services::inventory::Inventory,
    },
};

/// How long before AWS's acceptance a call may have been sent.
const SLACK_MS: i64 = HOUR_MS;

/// Whether CloudTrail may be queried: only for a user who opens or submits a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    Allowed,
    FromMemory,
}

/// Counts the uses in 24 h.
#[derive(Debug)]
pub struct Quotas {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    trails: Trails,
}

impl Quotas {
    pub fn new(store: Store, inventory: Arc<Inventory>, clock: Arc<dyn Clock>) -> Self {
        Self { store, inventory, clock, trails: Trails::default() }
    }

    /// Returns the count for a stream in one direction.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn of_stream(&self, action: Action, arn: &StreamArn, asking: Asking) -> Result<StreamQuota, StoreError> {
        let now = self.clock.now();
        let answer = match self.inventory.target_of_arn(arn) {
            Some(target) if asking == Asking::Allowed => self.trails.ask(&target, action, now).await,
            Some(target) => self.trails.known(&target, action, now).await,
            None => None,
        };
        let sent = self.store.changes_sent_since(arn, now.plus_millis(-DAY_MS - SLACK_MS)).await?;
        Ok(counted(action, arn, &sent, answer.as_ref(), now))
    }

    /// Returns the counts for a stream in both directions, in the order of [`Action::ALL`], without asking CloudTrail.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn known_of_stream(&self, arn: &StreamArn) -> Result<[StreamQuota; 2], StoreError> {
        let now = self.clock.now();
        let sent = self.store.changes_sent_since(arn, now.plus_millis(-DAY_MS - SLACK_MS)).await?;
        let target = self.inventory.target_of_arn(arn);
        let known = async |action| {
            let answer = match &target {
                Some(target) => self.trails.known(target, action, now).await,
                None => None,
            };
            counted(action, arn, &sent, answer.as_ref(), now)
        };
        let [disable, enable] = Action::ALL;
        Ok([known(disable).await, known(enable).await])
    }

    /// Returns the journal's sums per account and Region, for the streams in a scope.
    ///
    /// # Errors
    /// If the journal can't be read.
    pub async fn sums(&self, scope: &Scope) -> Result<Vec<QuotaSum>, StoreError> {
        let now = self.clock.now();
        let mut by_place: HashMap<(Account, Region), Vec<_>> = HashMap::new();
        for change in self.store.all_changes_sent_since(now.plus_millis(-DAY_MS - SLACK_MS)).await? {
            if scope.covers_arn(&change.intent.arn) {
                by_place
                    .entry((change.intent.arn.account.clone(), change.intent.arn.region.clone()))
                    .or_default()
                    .push(change);
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

/// Returns the count of one stream, and how far it includes CloudTrail.
fn counted(
    action: Action,
    arn: &StreamArn,
    sent: &[Change],
    answer: Option<&TrailAnswer>,
    now: Timestamp,
) -> StreamQuota {
    let of_stream =
        answer.into_iter().flat_map(|answer| &answer.events).filter(|event| event.stream == arn.name.as_str());
    let events: Vec<TrailEvent> = of_stream.cloned().collect();
    let trail = match answer {
        None => TrailCoverage::NotChecked,
        Some(TrailAnswer { problem: Some(problem), .. }) => TrailCoverage::Incomplete(problem.clone()),
        Some(TrailAnswer { at, .. }) => TrailCoverage::Read { at: *at },
    };
    StreamQuota { count: quota::count(action, sent, &events, now), trail }
}
