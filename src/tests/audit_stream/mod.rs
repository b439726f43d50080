//! The stream of the audit chain: every row once and in order, whatever happens to Keystream and the receiver.

mod files;
mod instances;
mod receiver;
mod schema;
mod urls;

use std::{path::Path, time::Duration};

use super::support::{Setup, TestApp, until};
use crate::{
    model::time::Timestamp,
    server::{
        adapters::store::Store,
        config::{StreamPlace, StreamSettings},
        services::audit::{AuditAction, AuditEvent, append_alone, export, stream::id_of},
    },
};

/// How often the process is killed.
const KILLS: usize = 12;

/// Settings of a stream to a place.
fn to(place: &str) -> StreamSettings {
    StreamSettings { place: place.parse().unwrap(), authorization: None, ca_file: None }
}

fn to_file(path: &Path) -> StreamSettings {
    to(&format!("file:{}", path.display()))
}

/// An application that streams, and can be killed.
fn streaming(settings: StreamSettings) -> Setup {
    Setup { is_mortal: true, audit_stream: Some(settings), ..Setup::default() }
}

/// Adds so many rows.
async fn add_rows(store: &Store, rows: usize) {
    for _ in 0..rows {
        let event = AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::ServerStarted, "test");
        append_alone(store, event).await.unwrap();
    }
}

/// All rows of the chain, as an export has them.
async fn exported(app: &TestApp) -> String {
    let mut text = Vec::new();
    export(&app.store, &mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

/// The numbers of the rows in a text.
fn seqs(text: &str) -> Vec<i64> {
    let row = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("{line}"));
    text.lines().map(|line| row(line)["seq"].as_i64().unwrap()).collect()
}

/// Waits until the database knows that all rows have arrived.
async fn caught_up(app: &TestApp, place: &StreamPlace) {
    let id = id_of(place);
    until(|| async {
        let at = app.store.last_streamed(&id).await.unwrap().unwrap_or_default();
        let (head, _) = app.store.audit_head().await.unwrap().unwrap_or_default();
        (at.seq == head).then_some(())
    })
    .await;
}

/// Kills the process again and again while rows are streamed, each time a little later after they were added.
async fn killed_while_rows_are_streamed(mut app: TestApp) -> TestApp {
    for kill in 0..KILLS {
        add_rows(&app.store, 10).await;
        tokio::time::sleep(Duration::from_millis(u64::try_from(kill * 60).unwrap())).await;
        app = app.killed_and_started_again().await;
    }
    app
}
