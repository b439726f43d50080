//! How often a target is listed, and how old its rows may be.

use crate::model::time::SECOND_MS;

/// How long a row counts as fresh: the shortest time between two reads of one stream.
pub const ROW_IS_FRESH_MS: i64 = 30 * SECOND_MS;

/// The shortest time between two listings.
const RELIST_MS: i64 = 30 * SECOND_MS;

/// The number of streams per listing call.
const PAGE: u32 = 100;

/// Returns the time from one listing to the next, which may use at most half of the budget.
///
/// `pages_per_second` is the budget.
pub fn relist_every_ms(streams: u32, pages_per_second: f64) -> i64 {
    RELIST_MS.max(seconds(2 * streams.div_ceil(PAGE).max(1), pages_per_second))
}

/// Returns the age at which rows count as stale: two rounds over all streams, and the time of a listing.
pub fn stale_after_ms(streams: u32, reads_per_second: f64) -> i64 {
    2 * ROW_IS_FRESH_MS.max(seconds(streams, reads_per_second)) + RELIST_MS
}

/// Returns how long this many calls take, in milliseconds.
fn seconds(calls: u32, per_second: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^32 calls at a thousandth a second")]
    let millis = (f64::from(calls) / per_second.max(0.001) * 1_000.0) as i64;
    millis
}
