//! The collector of one target: lists its streams every half a minute and reads each of them, those never read first,
//! then the oldest, never faster than the target's limiters allow. Its failures stay its own.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::Inventory;
use crate::{
    model::{stream::StreamKey, timestamp::Timestamp},
    server::aws::{ListFrom, ListedStream, ReadFailure, ReadFailureKind, targets::Target},
};

/// Between two listings.
const RELIST_EVERY: Duration = Duration::from_secs(30);
/// A row younger than this is not read again.
pub const ROW_IS_FRESH_MS: i64 = 30_000;
/// The same while another instance works on the stream's change.
const MOVED_ELSEWHERE_MS: i64 = 1_500;
/// After a throttle or a failed listing.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// The same, in the unit of timestamps.
pub const PAUSE_AFTER_FAILURE_MS: i64 = 5_000;
/// More names than any account has: a listing that goes on is a loop.
const MOST_STREAMS: usize = 100_000;

/// Collects one target until the token ends it.
pub async fn run(inventory: Arc<Inventory>, target: Arc<Target>, stop: CancellationToken) {
    let work = async {
        loop {
            let pause = match collect_once(&inventory, &target).await {
                Ok(()) => RELIST_EVERY,
                Err(failure) => {
                    tracing::warn!(target_name = target.label(), why = failure.why, "listing {} failed: {}", target.label(), failure.why);
                    inventory.note_health(&target, Some(failure.why), None).await;
                    PAUSE_AFTER_FAILURE
                }
            };
            read_until(&inventory, &target, tokio::time::Instant::now() + pause).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn collect_once(inventory: &Inventory, target: &Target) -> Result<(), ReadFailure> {
    if !target.account().is_resolved()
        && let Ok(account) = target.kinesis.caller_account().await
    {
        target.resolve_account(&account);
    }
    let listed = list_all(target).await?;
    if let Some(arn) = listed.iter().find_map(|stream| stream.arn.as_ref()) {
        target.resolve_account(&arn.account);
    }
    let foreign = |arn: &crate::model::stream::StreamArn| arn.account != target.account() || arn.region != target.region;
    if let Some(arn) = listed.iter().filter_map(|stream| stream.arn.as_ref()).find(|arn| foreign(arn)) {
        return Err(ReadFailure::other(format!(
            "AWS listed {arn}, which is not of {}: check the target's credentials and endpoint",
            target.label()
        )));
    }
    inventory.note_listing(target, &listed).await;
    let now = inventory.clock.now();
    inventory.note_health(target, None, Some(now)).await;
    Ok(())
}

/// Every name of the target: by `NextToken`, and where that is missing, after the last name while AWS says there are
/// more. The SDK's own paginator stops without a token and loses streams.
async fn list_all(target: &Target) -> Result<Vec<ListedStream>, ReadFailure> {
    let mut all: Vec<ListedStream> = Vec::new();
    let mut seen_tokens = HashSet::new();
    let mut from = ListFrom::Start;
    loop {
        target.limits.list().await;
        let page = target.kinesis.list_streams(&from).await?;
        let last_before = all.last().map(|stream| stream.name.clone());
        all.extend(page.streams);
        let last = all.last().map(|stream| stream.name.clone());
        from = match (page.next_token, last) {
            (Some(token), _) if page.has_more => {
                if !seen_tokens.insert(token.clone()) {
                    return Err(ReadFailure::other("AWS's listing goes round in circles"));
                }
                ListFrom::Token(token)
            }
            (None, Some(last)) if page.has_more && Some(&last) != last_before.as_ref() => ListFrom::After(last),
            (None, _) if page.has_more => return Err(ReadFailure::other("AWS's listing says there is more and does not go on")),
            _ => break,
        };
        if all.len() > MOST_STREAMS {
            return Err(ReadFailure::other("AWS's listing does not end"));
        }
    }
    Ok(all)
}

/// Reads rows that are due until it is time to list again.
async fn read_until(inventory: &Inventory, target: &Target, until: tokio::time::Instant) {
    loop {
        // A busy target always has a row that is due; listing has its turn all the same.
        if tokio::time::Instant::now() >= until {
            return;
        }
        let Some(key) = next_due(inventory, target) else {
            // Nothing is due: a row becomes due at the earliest in a second.
            tokio::time::sleep_until(until.min(tokio::time::Instant::now() + Duration::from_secs(1))).await;
            continue;
        };
        if tokio::time::timeout_at(until, target.limits.describe()).await.is_err() {
            return;
        }
        match target.read(&key.name).await {
            Ok(report) => inventory.note_report(report).await,
            Err(failure) => {
                let is_throttled = failure.kind == ReadFailureKind::Throttled;
                inventory.note_failure(&key, &failure).await;
                if is_throttled {
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                }
            }
        }
        inventory.note_health(target, inventory.problem_of(target), None).await;
    }
}

/// The row that is to be read next: one never read, else the oldest, if that is old enough. A row that failed waits its
/// turn from the failure on. Streams with an active change are read by their watch; where that is another instance's, and
/// once after its change has moved, they are read here as well.
fn next_due(inventory: &Inventory, target: &Target) -> Option<StreamKey> {
    let now = inventory.clock.now();
    let account = target.account();
    let memory = inventory.memory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let tried_at = |stream: &super::StoredStream| -> Option<Timestamp> {
        let read = stream.report.as_ref().map(|report| report.read_at);
        read.max(stream.problem.as_ref().map(|problem| problem.at))
    };
    memory
        .streams
        .values()
        .filter(|stream| stream.key.region == target.region && stream.key.account == account && stream.gone_at.is_none())
        .filter(|stream| !memory.active_changes.contains_key(&stream.key) || memory.moved_elsewhere.contains_key(&stream.key))
        .map(|stream| (tried_at(stream), stream))
        .filter(|(tried, stream)| tried.is_none_or(|at| now.millis_since(at) >= fresh_for(&memory, &stream.key, at) || at > now))
        .min_by_key(|(tried, _)| *tried)
        .map(|(_, stream)| stream.key.clone())
}

/// How long a row that was last tried at that time needs no other read.
fn fresh_for(memory: &super::Memory, key: &StreamKey, tried: Timestamp) -> i64 {
    match memory.moved_elsewhere.get(key) {
        Some(moved) if memory.active_changes.contains_key(key) || tried <= *moved => MOVED_ELSEWHERE_MS,
        _ => ROW_IS_FRESH_MS,
    }
}

impl Inventory {
    fn problem_of(&self, target: &Target) -> Option<String> {
        let memory = self.memory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let index = self.targets.iter().position(|candidate| std::ptr::eq(candidate.as_ref(), target))?;
        memory.health[index].problem.as_ref().map(|problem| problem.why.clone())
    }
}
