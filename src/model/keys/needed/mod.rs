//! Keys that stored records of a stream may still need: each key in use within the retention, until the end of its use
//! plus AWS's 5 s plus the retention.
//!
//! This is the one source of every "keep KEY until". It assumes, as pages say, that stored records keep their
//! encryption; AWS's text speaks of new records only.

mod history;
mod key_use;
mod retention;
#[cfg(test)]
mod tests;
mod tracked_key;

pub use self::{
    history::KeyHistory,
    key_use::KeyUse,
    retention::covers,
    tracked_key::{StreamNeed, TrackedKey},
};
