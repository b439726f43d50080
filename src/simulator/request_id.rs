//! Request ids in AWS's shape.

use std::sync::atomic::{AtomicU64, Ordering};

/// A request id in AWS's shape, unique within the process.
pub fn next() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("5151a0de-0000-4000-8000-{number:012x}")
}
