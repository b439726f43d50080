//! The journal: one durable row per change. The columns are what SQL queries; the change itself is the `body`, written
//! in the same statement, so the two can't differ.

mod matching;
mod read;
mod rows;
mod write;

pub(super) use self::rows::readable;
pub use self::{
    matching::{Matching, Position},
    read::{AT_A_TIME, Page},
    write::{Inserted, NewChange, latest, write},
};
