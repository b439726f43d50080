//! Listing a target's streams, and deciding which are gone.

use std::{collections::HashSet, sync::atomic::Ordering};

use parking_lot::MutexGuard;

use super::{Collector, MOST_STREAMS, MOST_THROTTLES};
use crate::{
    model::{
        inventory::turns::Asker,
        stream::{StreamArn, StreamId, StreamName},
        time::Timestamp,
    },
    server::adapters::aws::{ListFrom, ListedPage, ListedStream, ReadFailure, ReadFailureKind},
};

/// The most consecutive pages without a name but with more to come, which would be a loop too.
const MOST_EMPTY_PAGES: usize = 10;
/// How many missing streams are read before a listing that omits many of them is believed.
const READ_TO_CONFIRM: usize = 5;

impl Collector {
    /// Makes one complete listing, recording each page as it arrives. Returns the number of streams.
    pub(super) async fn list(&self) -> Result<usize, ReadFailure> {
        let target = &self.target;
        if !target.account().is_resolved()
            && let Ok(account) = target.kinesis.caller_account().await
        {
            target.resolve_account(&account);
        }
        let begun = self.inventory.clock.now();
        let mut listed = HashSet::new();
        if target.streams.is_empty() {
            let mut pages = Pages::default();
            while let Some(streams) = pages.next(self).await? {
                self.check_owner(&streams).await?;
                self.take_in(&streams, &mut listed);
            }
            self.leave_out(&listed, begun).await?;
        } else {
            let asked_at = self.inventory.clock.now();
            let named = |arn: &StreamArn| ListedStream {
                name: arn.name.clone(),
                arn: Some(arn.clone()),
                status: None,
                created: None,
                asked_at,
            };
            let streams: Vec<ListedStream> = target.streams.iter().map(named).collect();
            self.take_in(&streams, &mut listed);
            self.inventory.record_missing(target, &listed, begun);
        }
        Ok(listed.len())
    }

    /// Marks streams that a listing omitted as gone. If they are more than half of those known, the listing itself may
    /// be wrong: it counts once the next one omits the same streams, and reads of some don't find them.
    async fn leave_out(&self, listed: &HashSet<StreamId>, begun: Timestamp) -> Result<(), ReadFailure> {
        let account = self.target.account();
        // Rows from before AWS named the account have been listed again under it.
        let (missing, former): (Vec<_>, Vec<_>) =
            self.inventory.missing(&self.target, listed, begun).into_iter().partition(|key| key.account == account);
        self.inventory.record_gone(&former);
        let known = self.inventory.count_present(&self.target);
        let is_doubted = 2 * missing.len() > known;
        let before = self.doubted().replace(missing.iter().cloned().collect());
        if !is_doubted {
            *self.doubted() = None;
            self.inventory.record_gone(&missing);
            return Ok(());
        }
        let counts = format!("AWS listed {} of {known} known streams", known.saturating_sub(missing.len()));
        let before = before.unwrap_or_default();
        let agreed: Vec<StreamId> = missing.into_iter().filter(|key| before.contains(key)).collect();
        if agreed.is_empty() {
            let next = "The others stay until another listing and reads confirm that they are gone";
            return Err(ReadFailure::other(format!("{counts}. {next}")));
        }
        // Spread over all of them.
        for key in agreed.iter().step_by(agreed.len().div_ceil(READ_TO_CONFIRM).max(1)) {
            self.target.limits.describe.turn(Asker::Collector).await;
            match self.target.read(&key.name).await {
                Err(failure) if failure.kind == ReadFailureKind::NotFound => {}
                Err(failure) => {
                    return Err(ReadFailure::other(format!(
                        "{counts}, and reads can't tell whether the others are gone: {}",
                        failure.in_short
                    )));
                }
                Ok(report) => {
                    self.inventory.record_report(report);
                    return Err(ReadFailure::other(format!(
                        "{counts}, and reads find that the others are still there"
                    )));
                }
            }
        }
        *self.doubted() = None;
        self.inventory.record_gone(&agreed);
        Ok(())
    }

    fn doubted(&self) -> MutexGuard<'_, Option<HashSet<StreamId>>> {
        self.doubted.lock()
    }

    fn take_in(&self, streams: &[ListedStream], listed: &mut HashSet<StreamId>) {
        self.inventory.record_listed(&self.target, streams);
        self.inventory.ring(&self.target);
        listed.extend(streams.iter().map(|stream| self.target.stream_id(&stream.name)));
    }

    /// Refuses a listing from another account, Region or partition: its streams would appear in the wrong place.
    async fn check_owner(&self, streams: &[ListedStream]) -> Result<(), ReadFailure> {
        let target = &self.target;
        // Names without ARNs could be anyone's.
        if streams.iter().any(|stream| stream.arn.is_none())
            && !self.has_asked_sts.swap(true, Ordering::AcqRel)
            && let Ok(named) = target.kinesis.caller_account().await
        {
            target.resolve_account(&named);
            if named != target.account() {
                self.has_asked_sts.store(false, Ordering::Release);
                let place = format!("{}/{}", target.account(), target.region);
                return Err(ReadFailure::other(format!(
                    "the credentials are of account {named}, and the target is {place}"
                )));
            }
        }
        let arns = || streams.iter().filter_map(|stream| stream.arn.as_ref());
        if let Some(arn) = arns().next() {
            target.resolve_account(&arn.account);
        }
        match arns().find(|arn| !target.owns(arn)) {
            None => Ok(()),
            Some(arn) => Err(ReadFailure::other(format!(
                "AWS listed streams of {}/{}, which is not {}: check the target's credentials and endpoint",
                arn.account,
                arn.region,
                target.label()
            ))),
        }
    }
}

/// The pages of one listing: by `NextToken` or, if that is missing while AWS says that there are more, after the last
/// name. The SDK's own paginator stops without a token and loses streams.
#[derive(Default)]
struct Pages {
    /// `None` before the first page and after the last.
    from: Option<ListFrom>,
    is_over: bool,
    tokens: HashSet<String>,
    last: Option<StreamName>,
    names: usize,
    empty_in_a_row: usize,
}

impl Pages {
    /// Returns the next page; `None` after the last.
    async fn next(&mut self, collector: &Collector) -> Result<Option<Vec<ListedStream>>, ReadFailure> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.ask(collector).await?;
        self.names += page.streams.len();
        self.empty_in_a_row = if page.streams.is_empty() { self.empty_in_a_row + 1 } else { 0 };
        let last = page.streams.last().map(|stream| stream.name.clone());
        self.from = match (page.next_token, &last) {
            _ if !page.has_more => None,
            (Some(token), _) if !self.tokens.insert(token.clone()) => {
                return Err(ReadFailure::other("AWS's listing goes round in circles"));
            }
            (Some(token), _) => Some(ListFrom::Token(token)),
            (None, Some(name)) if self.last.as_ref().is_none_or(|before| name > before) => {
                Some(ListFrom::After(name.clone()))
            }
            (None, _) => return Err(ReadFailure::other("AWS's listing says there is more and does not go on")),
        };
        if self.names > MOST_STREAMS || self.empty_in_a_row > MOST_EMPTY_PAGES {
            return Err(ReadFailure::other("AWS's listing does not end"));
        }
        self.is_over = self.from.is_none();
        self.last = last.or(self.last.take());
        Ok(Some(page.streams))
    }

    /// Requests a page, and again if AWS throttles: a long listing must not start over because of a throttle.
    async fn ask(&mut self, collector: &Collector) -> Result<ListedPage, ReadFailure> {
        let mut throttles = 0;
        loop {
            collector.until_allowed().await;
            let from = self.from.clone().unwrap_or(ListFrom::Start);
            let page = collector.target.list_page(&from).await;
            if !collector.inventory.reads(&collector.target) {
                // It may be old: the process was suspended, and another instance has listed since. So may the token be.
                *self = Self::default();
                continue;
            }
            match page {
                Err(failure) if failure.kind == ReadFailureKind::Throttled && throttles < MOST_THROTTLES => {
                    throttles += 1;
                }
                page => return page,
            }
        }
    }
}
