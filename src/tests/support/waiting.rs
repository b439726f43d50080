//! Conditions that are waited for.

use std::{panic::Location, time::Duration};

use crate::server::adapters::clock::{Clock, SystemClock};

/// A condition is waited for at most so long: a flood of 100,000 names takes two minutes on a slow machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// Waits for a condition, at most five minutes.
#[track_caller]
pub fn until<T, F: Future<Output = Option<T>>>(condition: impl FnMut() -> F) -> impl Future<Output = T> {
    until_or_blame(Location::caller(), condition)
}

async fn until_or_blame<T, F: Future<Output = Option<T>>>(
    caller: &Location<'_>,
    mut condition: impl FnMut() -> F,
) -> T {
    let begun = SystemClock.steady();
    while SystemClock.steady().saturating_sub(begun) < PATIENCE {
        if let Some(met) = condition().await {
            return met;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{caller}: waited in vain");
}
