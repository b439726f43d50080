//! Whose sessions this process has changed, for open connections: they look their session up again at once.

use std::{future::pending, sync::Arc};

use tokio::sync::broadcast::{self, error::RecvError};

/// How many changes a listener may be behind. One that is further behind takes it that its user's were among them.
const BACKLOG: usize = 64;

/// Distributes the ids of users whose sessions or rights have changed.
#[derive(Debug)]
pub struct SessionChanges(broadcast::Sender<Arc<str>>);

impl Default for SessionChanges {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl SessionChanges {
    /// Tells that sessions or rights of a user have changed, once that is committed.
    pub fn tell(&self, user_id: &str) {
        // Fails only if nobody listens.
        let _ = self.0.send(user_id.into());
    }

    /// Listens to one user's changes from now on.
    pub fn of(&self, user_id: &str) -> SessionListener {
        SessionListener { user_id: user_id.to_owned(), changes: self.0.subscribe() }
    }
}

/// Hears of changes to one user's sessions.
#[derive(Debug)]
pub struct SessionListener {
    user_id: String,
    changes: broadcast::Receiver<Arc<str>>,
}

impl SessionListener {
    /// Waits for the next change. Nothing is lost if this is dropped meanwhile.
    pub async fn changed(&mut self) {
        loop {
            match self.changes.recv().await {
                Ok(user_id) if *user_id != *self.user_id => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn each_hears_of_the_own_sessions_only() {
        let changes = SessionChanges::default();
        changes.tell("anna");
        let (mut anna, mut berta) = (changes.of("anna"), changes.of("berta"));
        assert!(anna.changed().now_or_never().is_none(), "that was before");
        changes.tell("anna");
        assert!(anna.changed().now_or_never().is_some());
        assert!(anna.changed().now_or_never().is_none());
        assert!(berta.changed().now_or_never().is_none());
        for _ in 0..=BACKLOG {
            changes.tell("anna");
        }
        assert!(berta.changed().now_or_never().is_some(), "who has lost some may have lost the own");
    }
}
