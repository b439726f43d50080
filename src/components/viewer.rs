//! For whom and when something is rendered.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        inventory::{ROW_IS_FRESH_MS, TargetHealth},
        stream::StreamId,
        time::Timestamp,
    },
    view::pages::Frame,
};

/// For whom and when a page or a fragment of one is rendered.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// Ages count up to this time.
    pub now: Timestamp,
    /// Everything committed up to this revision is included.
    pub rev: i64,
    /// Whether the user may request changes.
    pub may_change: bool,
    /// The health of the targets in the user's scope.
    pub health: Arc<Vec<TargetHealth>>,
}

impl Viewer {
    /// Returns the viewer of the page being rendered.
    pub fn current() -> Self {
        use_context().unwrap_or_default()
    }

    /// Returns the health of a stream's target.
    pub fn target(&self, of: &StreamId) -> Option<&TargetHealth> {
        self.health.iter().find(|target| target.account == of.account && target.region == of.region)
    }

    /// Returns how old a stream's state may be, in milliseconds, before it counts as "last known".
    pub fn stale_after(&self, of: &StreamId) -> i64 {
        self.target(of).map_or(3 * ROW_IS_FRESH_MS, |target| target.stale_after_ms)
    }
}

impl From<&Frame> for Viewer {
    fn from(frame: &Frame) -> Self {
        Self {
            now: frame.now,
            rev: frame.rev,
            may_change: frame.user.as_ref().is_some_and(|user| user.may_change),
            health: Arc::new(frame.targets.clone()),
        }
    }
}
