//! How the simulated AWS behaves.

use std::time::Duration;

/// How the simulated AWS behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a stream stays UPDATING after a start or stop, at speed 1.
    pub transition: Duration,
    /// Whether call-rate limits are enforced.
    pub enforces_rates: bool,
    /// How long after UPDATING a describe still returns the previous encryption.
    pub late_flip: Duration,
    /// How many describes after an accepted change still return the previous state.
    pub lagging_reads: u32,
    /// How many times faster than in AWS time passes for call-rate limits and transitions: 1 to [`Settings::FASTEST`].
    pub speed: u32,
    /// How long after its arrival a call is answered. The control endpoint answers at once.
    pub rtt: Duration,
    /// Whether a start stores the ARN of its key, whatever form it was named in.
    pub canonical_keys: bool,
    /// Whether describes omit the key.
    pub unnamed_keys: bool,
    /// How long after a call CloudTrail shows it.
    pub trail_lag: Duration,
    /// The number of streams in one account and Region, instead of the samples.
    pub fleet: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            transition: Duration::from_secs(6),
            enforces_rates: true,
            late_flip: Duration::ZERO,
            lagging_reads: 0,
            speed: 1,
            rtt: Duration::ZERO,
            canonical_keys: false,
            unnamed_keys: false,
            trail_lag: Duration::from_secs(5),
            fleet: None,
        }
    }
}

impl Settings {
    pub const FASTEST: u32 = 100;
    pub const LARGEST_FLEET: u32 = 100_000;

    /// How long this much of AWS's time takes here.
    pub(super) fn at_speed(&self, duration: Duration) -> Duration {
        duration / self.speed.max(1)
    }
}
