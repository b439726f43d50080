//! Background parts that panic by order.

use std::convert::Infallible;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::server::services::supervisor::{Companion, Part};

/// Makes background parts panic.
#[derive(Debug, Default)]
pub struct Breakdowns(watch::Sender<Option<String>>);

impl Breakdowns {
    /// Makes the part of this name panic now.
    pub fn break_part(&self, name: &str) {
        self.0.send_replace(Some(name.to_owned()));
    }
}

#[async_trait]
impl Companion for Breakdowns {
    async fn accompany(&self, part: &Part) -> Infallible {
        let mut broken = self.0.subscribe();
        broken.mark_unchanged();
        loop {
            broken.changed().await.expect("its sender lives as long as this");
            assert!(*broken.borrow() != Some(part.name()), "broken by a test");
        }
    }
}
