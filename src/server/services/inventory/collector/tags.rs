//! The tags of a target's streams.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::{Collector, LOOK_AGAIN, MOST_STREAMS, MOST_THROTTLES};
use crate::{
    model::stream::StreamId,
    server::{
        adapters::{
            aws::{ReadFailure, ReadFailureKind, Tags},
            clock::sleep,
        },
        services::inventory::health::Finding,
    },
};

/// The most consecutive pages of tags without a stream but with more to come. Some may well be empty: AWS filters after
/// paging.
const MOST_EMPTY_TAG_PAGES: usize = 100;
/// The time between two readings of all tags.
const TAGS_EVERY: Duration = Duration::from_secs(300);

impl Collector {
    /// Reads all tags repeatedly, once the streams have been listed.
    pub(super) async fn read_tags_again_and_again(&self) {
        loop {
            self.until_allowed().await;
            // Looked at only after a listing, as there may be 100,000 streams, and the first one takes minutes.
            let is_listed = self.inventory.is_listed(&self.target) && self.target.account().is_resolved();
            let known = if is_listed { self.inventory.known_of(&self.target) } else { HashSet::new() };
            if known.is_empty() {
                sleep(LOOK_AGAIN).await;
                continue;
            }
            let read = self.read_tags().await;
            if !self.inventory.reads(&self.target) {
                // Another instance may have read newer ones.
                continue;
            }
            let finding = match read {
                Ok(tagged) => {
                    self.inventory.record_tags(&self.target, &known, tagged);
                    Finding::TagsRead
                }
                Err(ReadFailure { why, .. }) => Finding::TagsFailed { why },
            };
            self.inventory.record_finding(&self.target, finding);
            sleep(TAGS_EVERY).await;
        }
    }

    async fn read_tags(&self) -> Result<HashMap<StreamId, Tags>, ReadFailure> {
        let mut tagged = HashMap::new();
        let mut seen = HashSet::new();
        let mut token: Option<String> = None;
        let mut throttles = 0;
        let mut without_news = 0;
        loop {
            self.until_allowed().await;
            let page = match self.target.tagged_page(token.as_deref()).await {
                Err(failure) if failure.kind == ReadFailureKind::Throttled && throttles < MOST_THROTTLES => {
                    throttles += 1;
                    continue;
                }
                page => page?,
            };
            throttles = 0;
            let before = tagged.len();
            let own = page.streams.into_iter().filter(|(arn, _)| self.target.owns(arn));
            tagged.extend(own.map(|(arn, tags)| (StreamId::from(&arn), tags)));
            without_news = if tagged.len() > before { 0 } else { without_news + 1 };
            token = match page.next_token {
                None => return Ok(tagged),
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(ReadFailure::other("AWS's list of tags goes round in circles"));
                }
                Some(_) if tagged.len() > MOST_STREAMS || without_news > MOST_EMPTY_TAG_PAGES => {
                    return Err(ReadFailure::other("AWS's list of tags does not end"));
                }
                next => next,
            };
        }
    }
}
