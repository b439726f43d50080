//! How the simulated AWS behaves.

use std::time::Duration;

/// How the simulated AWS behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a stop or start stays UPDATING, at speed 1.
    pub transition: Duration,
    /// Whether call-rate limits are enforced.
    pub enforces_rates: bool,
    /// How long after UPDATING has ended a describe still gives the former encryption.
    pub late_flip: Duration,
    /// How many describes after an accepted change still give what was before it.
    pub lagging_reads: u32,
    /// How many times faster than AWS's the time of call-rate limits and of transitions goes: 1 to
    /// [`Settings::FASTEST`].
    pub speed: u32,
    /// How long after it came every call of AWS is answered; orders to the control endpoint are answered at once.
    pub rtt: Duration,
    /// Whether a start keeps the ARN that its key has then, whatever form names it.
    pub canonical_keys: bool,
    /// Whether describes leave the key out.
    pub unnamed_keys: bool,
    /// How long after a call CloudTrail tells of it.
    pub trail_lag: Duration,
    /// So many streams in one account and Region, instead of the samples.
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

    /// How long so much of AWS's time takes here.
    pub(super) fn at_speed(&self, duration: Duration) -> Duration {
        duration / self.speed.max(1)
    }
}
