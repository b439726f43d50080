//! Metrics for Prometheus: what there is to record, and the listener that serves it.

pub mod exporter;
pub mod families;
pub mod process;
