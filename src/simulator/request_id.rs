//! Request ids in AWS's shape.

/// Hands out request ids.
#[derive(Debug, Default)]
pub struct RequestIds(u64);

impl RequestIds {
    /// A request id in AWS's shape, unique within the simulated world.
    pub fn next_id(&mut self) -> String {
        self.0 += 1;
        format!("5151a0de-0000-4000-8000-{:012x}", self.0)
    }
}
