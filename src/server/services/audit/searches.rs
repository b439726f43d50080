//! Who searches the audit chain now: one search per person at a time, two in all, and one export per person. Others
//! wait a moment and are then told to come back, so that nobody keeps the database busy.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::server::adapters::clock::timeout;

/// The most searches at a time.
const MOST: usize = 2;
/// How long a person waits for an own search to finish, and then for others'.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the next part of an export waits. Its person doesn't watch it.
const PATIENCE_OF_EXPORTS: Duration = Duration::from_secs(60);
/// The number of people above which those without a search are forgotten.
const MANY: usize = 1_000;

/// Why a search can't begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoPlace {
    #[error("another search or export of the same person is running")]
    OwnRunning,
    #[error("too many searches are running")]
    OthersRunning,
}

/// The searches and exports that are running.
#[derive(Debug)]
pub struct Searches {
    all: Arc<Semaphore>,
    people: OneEach,
    exports: OneEach,
}

/// The place of a running search or export, given up when dropped.
#[derive(Debug)]
pub struct SearchPlace {
    _permits: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

impl Default for Searches {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST)), people: OneEach::default(), exports: OneEach::default() }
    }
}

impl Searches {
    /// Waits a moment for a place for a person's search.
    ///
    /// # Errors
    /// If there is still none.
    pub async fn place(&self, user_id: &str) -> Result<SearchPlace, NoPlace> {
        self.place_within(user_id, PATIENCE).await
    }

    /// Waits for a place for the next part of a person's export.
    ///
    /// # Errors
    /// If there is none for a long time.
    pub async fn place_in_export(&self, user_id: &str) -> Result<SearchPlace, NoPlace> {
        self.place_within(user_id, PATIENCE_OF_EXPORTS).await
    }

    /// Reserves the one export that a person may run at a time.
    ///
    /// # Errors
    /// If another one is running.
    pub fn begin_export(&self, user_id: &str) -> Result<SearchPlace, NoPlace> {
        let own = self.exports.of(user_id).try_acquire_owned().map_err(|_| NoPlace::OwnRunning)?;
        Ok(SearchPlace { _permits: (own, None) })
    }

    async fn place_within(&self, user_id: &str, patience: Duration) -> Result<SearchPlace, NoPlace> {
        let own = within(patience, self.people.of(user_id)).await.ok_or(NoPlace::OwnRunning)?;
        let one_of_all = within(patience, self.all.clone()).await.ok_or(NoPlace::OthersRunning)?;
        Ok(SearchPlace { _permits: (own, Some(one_of_all)) })
    }
}

async fn within(patience: Duration, places: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    timeout(patience, places.acquire_owned()).await.ok()?.ok()
}

/// One place for each person.
#[derive(Debug, Default)]
struct OneEach(Mutex<HashMap<String, Arc<Semaphore>>>);

impl OneEach {
    fn of(&self, user_id: &str) -> Arc<Semaphore> {
        let mut places = self.0.lock();
        if places.len() > MANY {
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        places.entry(user_id.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Searches {
        async fn at_once(&self, user_id: &str) -> Result<SearchPlace, NoPlace> {
            self.place_within(user_id, Duration::ZERO).await
        }
    }

    #[tokio::test]
    async fn one_search_per_person_and_two_in_all() {
        let searches = Searches::default();
        let first = searches.at_once("anna").await.unwrap();
        assert_eq!(searches.at_once("anna").await.unwrap_err(), NoPlace::OwnRunning);
        let second = searches.at_once("berta").await.unwrap();
        assert_eq!(searches.at_once("clara").await.unwrap_err(), NoPlace::OthersRunning);
        drop(first);
        let third = searches.at_once("clara").await.unwrap();
        assert_eq!(searches.at_once("anna").await.unwrap_err(), NoPlace::OthersRunning);
        drop(second);
        searches.at_once("anna").await.unwrap();
        drop(third);
    }

    #[tokio::test]
    async fn who_comes_a_moment_too_early_waits() {
        let searches = Arc::new(Searches::default());
        let first = searches.at_once("anna").await.unwrap();
        let waiting = {
            let searches = searches.clone();
            async move { searches.place_in_export("anna").await.map(drop) }
        };
        let (waited, ()) = tokio::join!(waiting, async { drop(first) });
        assert_eq!(waited, Ok(()));
    }

    #[tokio::test]
    async fn one_export_per_person_leaves_the_persons_searches_alone() {
        let searches = Searches::default();
        let export = searches.begin_export("anna").unwrap();
        assert_eq!(searches.begin_export("anna").unwrap_err(), NoPlace::OwnRunning);
        searches.begin_export("berta").unwrap();
        searches.at_once("anna").await.unwrap();
        drop(export);
        searches.begin_export("anna").unwrap();
    }

    #[test]
    fn people_without_a_search_are_forgotten() {
        let each = OneEach::default();
        let kept = each.of("anna");
        for number in 0..=MANY {
            each.of(&number.to_string());
        }
        assert!(each.0.lock().len() < MANY);
        assert!(Arc::ptr_eq(&kept, &each.of("anna")));
    }
}
