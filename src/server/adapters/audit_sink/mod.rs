//! What receives the audit chain: standard output, a file, or a collector at a URL. Each takes a batch of rows as lines
//! of JSON, and returns only once it has definitely received them.

mod batch;
mod error;
mod file;
mod http;
mod pipe;
mod sink;

pub use self::{batch::Batch, error::SinkError, sink::Sink};
