//! How often Keystream may call AWS: one limiter per operation and target, at a quarter of AWS's own limit, which is
//! shared with every other tool of the account.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// The limiters of one target.
#[derive(Debug)]
pub struct Limits {
    /// `ListStreams`: AWS allows 5 a second.
    list: DefaultDirectRateLimiter,
    /// `DescribeStreamSummary` for collecting and watching: AWS allows 20 a second.
    describe: DefaultDirectRateLimiter,
    /// `DescribeStreamSummary` for people who open a confirmation or send one: apart, so that they never queue
    /// behind the collector.
    reserve: DefaultDirectRateLimiter,
}

impl Default for Limits {
    fn default() -> Self {
        let once = NonZeroU32::MIN;
        let spaced = |millis| {
            let period = std::time::Duration::from_millis(millis);
            // `with_period` refuses only a period of zero.
            RateLimiter::direct(Quota::with_period(period).unwrap_or(Quota::per_second(once)).allow_burst(once))
        };
        let reserve = RateLimiter::direct(Quota::per_second(once).allow_burst(NonZeroU32::MIN.saturating_add(2)));
        Self { list: spaced(800), describe: spaced(200), reserve }
    }
}

impl Limits {
    /// Waits for a turn to list.
    pub async fn list(&self) {
        self.list.until_ready().await;
    }

    /// Waits for a turn to read one stream in the background.
    pub async fn describe(&self) {
        self.describe.until_ready().await;
    }

    /// Waits for a turn to read one stream for a person.
    pub async fn reserve(&self) {
        self.reserve.until_ready().await;
    }
}
