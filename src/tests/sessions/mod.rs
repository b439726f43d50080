//! Sessions end when they should, by our clock, and stay ended.

mod confirming;
mod connections;
mod ends;
mod many;
mod own;

pub use self::connections::{ends, open};
