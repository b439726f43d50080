//! How an instance hears at once of what others on the same Postgres commit: each commit that others show notifies all.
//!
//! A notification says nothing but that. What happened is read from the database, so whoever else may notify on the
//! channel can only have it read once more. One that is lost costs time: followers also look by themselves.

use std::{sync::Arc, time::Duration};

use sqlx::{
    Postgres, Transaction,
    postgres::{PgConnectOptions, PgListener},
};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{error::StoreError, postgres};
use crate::server::adapters::{
    clock::{sleep, timeout},
    tasks::spawn,
};

const CHANNEL: &str = "keystream_commits";
/// How long nothing may be heard before the connection is checked.
const TRIED_EVERY: Duration = Duration::from_secs(5);
/// A connection that takes longer to answer has broken.
const PATIENCE: Duration = Duration::from_secs(2);
/// The shortest time between two commits that a follower is told of, however many there are.
const APART: Duration = Duration::from_millis(20);
/// The pause before a connection that broke is opened again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Listens on a connection of its own, opened again whenever that breaks, until dropped.
#[derive(Debug)]
pub struct CommitListener {
    /// Whether it listens. Also sent, unchanged, for each notification.
    heard: Arc<watch::Sender<bool>>,
    _end: DropGuard,
}

impl CommitListener {
    /// Begins to listen, as soon as Postgres lets it.
    pub fn begin(options: PgConnectOptions) -> Self {
        let heard = Arc::new(watch::Sender::new(false));
        let end = CancellationToken::new();
        let (telling, ended) = (heard.clone(), end.clone());
        spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = listen_again_and_again(&options, &telling) => {}
            }
        });
        Self { heard, _end: end.drop_guard() }
    }

    /// Tells a follower of commits from now on.
    pub fn subscribe(&self) -> Commits {
        Commits(Some(self.heard.subscribe()))
    }
}

/// Tells one follower of commits.
#[derive(Debug)]
pub struct Commits(Option<watch::Receiver<bool>>);

impl Commits {
    /// Commits of which nobody tells.
    pub const fn without_notifications() -> Self {
        Self(None)
    }

    /// Returns whether each is told now.
    #[cfg(test)]
    pub fn is_listening(&self) -> bool {
        self.0.as_ref().is_some_and(|heard| *heard.borrow())
    }

    /// Waits for a commit, at most about `listening` while each is told, else at most `deaf`. None that comes between
    /// two calls is missed.
    pub async fn next(&mut self, listening: Duration, deaf: Duration) {
        let Some(heard) = &mut self.0 else { return sleep(deaf).await };
        let at_most = if *heard.borrow() { listening } else { deaf };
        match timeout(at_most, heard.changed()).await {
            Ok(Ok(())) => sleep(APART).await,
            // The listener has ended.
            Ok(Err(_)) => sleep(deaf).await,
            Err(_) => {}
        }
    }
}

async fn listen_again_and_again(options: &PgConnectOptions, heard: &watch::Sender<bool>) {
    let mut is_logged = false;
    loop {
        let ended = listen(options, heard).await;
        let has_listened = heard.send_replace(false);
        if has_listened || !is_logged {
            is_logged = true;
            let why = ended.map_or_else(|error| error.to_string(), |()| "the connection ended".to_owned());
            tracing::warn!(why, "not notified of other instances' commits, polling instead: {why}");
        }
        sleep(AGAIN_AFTER).await;
    }
}

/// Listens until the connection breaks.
async fn listen(options: &PgConnectOptions, heard: &watch::Sender<bool>) -> Result<(), StoreError> {
    let pool = postgres::open(options, 1).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // It would open the connection again without a word, and what was committed meanwhile would be missed.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    heard.send_replace(true);
    loop {
        // Its payload is never looked at.
        while let Ok(received) = timeout(TRIED_EVERY, listener.try_recv()).await {
            if received?.is_none() {
                return Ok(());
            }
            heard.send_replace(true);
        }
        let answered = timeout(PATIENCE, sqlx::query("SELECT 1").execute(&mut listener)).await;
        answered.map_err(|_| StoreError::Silent)??;
    }
}

/// Commits a transaction, and notifies all instances. Postgres does that with the commit, or not at all.
///
/// # Errors
/// When the connection broke or the disk is full.
pub async fn notify_and_commit(mut tx: Transaction<'static, Postgres>) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut *tx).await?;
    tx.commit().await
}
