//! A change: one requested disable or enable of one stream, with its ladder, its evidence and its end.
//!
//! Only evidence lights a rung. Nothing is inferred from time or from another rung.

mod action;
mod apply;
pub mod arming;
pub mod confirmation;
mod ending;
mod evidence;
mod form;
mod intent;
pub mod judgement;
mod ladder;
mod observation;
pub mod plan;
pub mod preconditions;
pub mod proof;
pub mod quota;
pub mod reconcile;
mod record;
pub mod refusal;
pub mod schedule;
mod state;
mod step;
mod submitted;
mod tally;
#[cfg(test)]
pub(crate) mod tests;
mod typical_duration;

pub use self::{
    action::Action,
    ending::{End, EndKind, Ending},
    evidence::{Acceptance, Cancelled, Evidence, OutcomeUnknown, Reverted, SentAs, Slow},
    form::ChangeForm,
    intent::{Intent, Resolved},
    ladder::{Rung, RungState},
    observation::{LastRead, Observation, Observed},
    record::Change,
    state::ChangeState,
    step::Step,
    submitted::Submitted,
    tally::{Tallies, Tally},
    typical_duration::TypicalDuration,
};
use super::time::{MINUTE_MS, SECOND_MS};

/// For up to 5 s after ACTIVE, AWS may still encrypt new records (StopStreamEncryption, API text).
pub const SETTLING_MS: i64 = 5 * SECOND_MS;

/// After this long without the wanted state, a change is called slow.
pub const SLOW_AFTER_MS: i64 = 5 * MINUTE_MS;
