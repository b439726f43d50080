//! Keystream: every Kinesis data stream with its encryption state, and changes of it that are watched until AWS has finished.

pub mod model;
