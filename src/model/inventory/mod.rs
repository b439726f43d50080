//! The inventory as pages show it: the last state read of each stream with its time, and the health of targets.

mod marks;
mod namesake;
mod needed_key;
mod ownership;
pub mod pace;
mod pause;
mod periods;
pub mod read_queue;
mod row;
mod row_keys;
mod target_card;
mod target_health;
#[cfg(test)]
pub(crate) mod tests;
pub mod turns;

pub use self::{
    marks::{ChangeMarks, Mark},
    namesake::Namesake,
    needed_key::{LeftKey, NeededKey},
    ownership::{Manager, Owner, Ownership, TagMeanings},
    pause::{OFFERED_PAUSES, Pause, PauseLength, USUAL_PAUSE},
    periods::{ROW_IS_FRESH_MS, relist_every_ms, stale_after_ms},
    row::{ReadProblem, Reported, StreamRow},
    target_card::TargetCard,
    target_health::{Condition, TargetFindings, TargetHealth, TargetProblem},
};
