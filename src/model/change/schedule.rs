//! When to read an active change's stream again (design, section 5, rule 6): often at first, then less often, and never
//! giving up.

use std::time::Duration;

use super::{Change, SETTLING_MS};
use crate::model::time::{MINUTE_MS, SECOND_MS, Timestamp};

/// The first read follows the answer after this long.
pub const FIRST_READ_MS: i64 = 500;

/// Returns the milliseconds until the next read of a change whose last read was asked for this long ago: reads begin a
/// second apart, not a second after the answer to the one before. `jitter`, from -100 to 100, is in thousandths: up to
/// ±10 %.
pub fn next_read_in(change: &Change, now: Timestamp, last_read_ago: Duration, jitter: i64) -> i64 {
    if let (Some(_), Some(since)) = (change.evidence.reached_at, change.evidence.steady_since) {
        // The read that settles must begin after AWS's 5 s. An earlier one gains nothing.
        let over_in = SETTLING_MS.saturating_sub(now.millis_since(since));
        if over_in > 0 {
            return over_in;
        }
    }
    let watched_from = change
        .evidence
        .accepted
        .as_ref()
        .map(|acceptance| acceptance.at)
        .or(change.evidence.sent_at)
        .unwrap_or(change.intent.requested_at);
    let step = step_after(now.millis_since(watched_from));
    let step = step.saturating_add(step.saturating_mul(jitter.clamp(-100, 100)) / 1_000);
    step.saturating_sub_unsigned(u64::try_from(last_read_ago.as_millis()).unwrap_or(u64::MAX)).max(0)
}

const fn step_after(elapsed_ms: i64) -> i64 {
    const TEN_SECONDS: i64 = 10 * SECOND_MS;
    const HALF_A_MINUTE: i64 = 30 * SECOND_MS;
    const TWO_MINUTES: i64 = 2 * MINUTE_MS;
    match elapsed_ms {
        ..TEN_SECONDS => SECOND_MS,
        TEN_SECONDS..HALF_A_MINUTE => 2 * SECOND_MS,
        HALF_A_MINUTE..TWO_MINUTES => 5 * SECOND_MS,
        TWO_MINUTES.. => TEN_SECONDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::tests::sent_change;

    const JUST_NOW: Duration = Duration::ZERO;

    #[test]
    fn reads_grow_sparser_with_age_and_never_stop() {
        let change = sent_change();
        let sent = change.evidence.sent_at.unwrap();
        let steps =
            [(0, 1), (9_999, 1), (10_000, 2), (29_999, 2), (30_000, 5), (119_999, 5), (120_000, 10), (86_400_000, 10)];
        for (elapsed, seconds) in steps {
            let at = sent.plus_millis(elapsed);
            assert_eq!(next_read_in(&change, at, JUST_NOW, 0), seconds * SECOND_MS, "{elapsed} ms after");
        }
    }

    #[test]
    fn jitter_is_at_most_a_tenth() {
        let change = sent_change();
        let now = change.evidence.sent_at.unwrap();
        assert_eq!(next_read_in(&change, now, JUST_NOW, 100), 1_100);
        assert_eq!(next_read_in(&change, now, JUST_NOW, -100), 900);
        assert_eq!(next_read_in(&change, now, JUST_NOW, 9_999), 1_100);
    }

    #[test]
    fn reads_begin_a_second_apart_however_long_an_answer_takes() {
        let change = sent_change();
        let now = change.evidence.sent_at.unwrap();
        let in_ms = |last_read_ago| next_read_in(&change, now, Duration::from_millis(last_read_ago), 0);
        assert_eq!([in_ms(60), in_ms(990), in_ms(1_000), in_ms(9_000)], [940, 10, 0, 0]);
    }

    #[test]
    fn the_settling_read_waits_for_the_five_seconds() {
        let mut change = sent_change();
        let reached = change.evidence.sent_at.unwrap().plus_millis(4_000);
        change.evidence.reached_at = Some(reached);
        change.evidence.steady_since = Some(reached);
        assert_eq!(next_read_in(&change, reached, JUST_NOW, 0), 5_000);
        assert_eq!(next_read_in(&change, reached.plus_millis(3_000), JUST_NOW, 100), 2_000);
        let answered_late = next_read_in(&change, reached.plus_millis(3_000), Duration::from_secs(3), 0);
        assert_eq!(answered_late, 2_000, "nothing earlier can settle it");
        assert_eq!(next_read_in(&change, reached.plus_millis(5_000), JUST_NOW, 0), 1_000);
    }
}
