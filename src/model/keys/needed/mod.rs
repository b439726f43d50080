//! Keys that stored records of a stream may still need: each key in use within the retention, until it stopped being
//! written, AWS's 5 s, and the retention. The one source of every "keep KEY until". Assumes, as pages say, that records
//! keep the encryption with which they were stored; AWS's text speaks of new records only.

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
