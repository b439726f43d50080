//! Sessions end when they should, by our clock, and stay ended.

mod confirming;
mod ends;
mod own;
