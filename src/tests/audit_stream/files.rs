//! A stream to a file: what it ends with says how far it came.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{add_rows, caught_up, exported, killed_while_rows_are_streamed, seqs, streaming, to_file};
use crate::{
    server::services::audit::stream::id_of,
    tests::{
        database::TestDatabase,
        support::{TestApp, until},
    },
};

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    (directory, path)
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Waits until a file has as many rows as the chain, and checks that they are the chain's.
async fn assert_whole(app: &TestApp, path: &Path) {
    let expected = exported(app).await;
    until(|| async { (text_of(path).len() >= expected.len()).then_some(()) }).await;
    assert_eq!(text_of(path), expected);
}

#[tokio::test]
async fn each_row_is_in_the_file_once_however_often_keystream_is_killed() {
    let (_directory, path) = place();
    let app = TestApp::with(streaming(to_file(&path))).await;
    let app = killed_while_rows_are_streamed(app).await;
    assert_whole(&app, &path).await;
    assert!(seqs(&text_of(&path)).len() >= 100);
}

#[tokio::test]
async fn a_torn_line_is_written_anew() {
    let (_directory, path) = place();
    let settings = to_file(&path);
    let app = TestApp::with(streaming(settings.clone())).await;
    add_rows(&app.store, 5).await;
    caught_up(&app, &settings.place).await;
    // What a kill can leave: a whole line that the database doesn't know of, and a part of another.
    let tear = async |database: &TestDatabase| {
        database.run("UPDATE audit_streams SET last_seq = 0, last_hash = ''").await;
        fs::write(&path, format!("{}{{\"seq\":6,\"prev_h", text_of(&path))).unwrap();
    };
    let app = app.killed_and_started_after(tear).await;
    add_rows(&app.store, 5).await;
    assert_whole(&app, &path).await;
}

#[tokio::test]
async fn a_file_that_was_rotated_or_removed_is_followed_by_a_new_one() {
    let (directory, path) = place();
    let settings = to_file(&path);
    let app = TestApp::with(streaming(settings.clone())).await;
    let mut parts = String::new();
    for rotation in 0..3 {
        add_rows(&app.store, 5).await;
        caught_up(&app, &settings.place).await;
        let rotated = directory.path().join(format!("audit.jsonl.{rotation}"));
        fs::rename(&path, &rotated).unwrap();
        parts.push_str(&text_of(&rotated));
    }
    // Also while Keystream doesn't run.
    let app = app.killed_and_started_again().await;
    add_rows(&app.store, 5).await;
    caught_up(&app, &settings.place).await;
    assert_eq!(format!("{parts}{}", text_of(&path)), exported(&app).await);
    fs::remove_file(&path).unwrap();
    add_rows(&app.store, 1).await;
    caught_up(&app, &settings.place).await;
    assert_eq!(text_of(&path).lines().count(), 1);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_tried_until_it_can_be() {
    let (directory, _) = place();
    let path = directory.path().join("missing/audit.jsonl");
    let app = TestApp::with(streaming(to_file(&path))).await;
    add_rows(&app.store, 5).await;
    fs::create_dir(directory.path().join("missing")).unwrap();
    assert_whole(&app, &path).await;
    // Something else is in its place.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    add_rows(&app.store, 5).await;
    fs::remove_dir(&path).unwrap();
    until(|| async { (text_of(&path).lines().count() >= 5).then_some(()) }).await;
    assert_eq!(seqs(&text_of(&path)), [6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn a_file_with_something_else_is_left_as_it_is_until_it_is_moved_away() {
    let (_directory, path) = place();
    let ahead = "{\"seq\":90,\"prev_hash\":\"\",\"hash\":\"of another chain\"}\n";
    for text in ["notes of mine\n", ahead] {
        fs::write(&path, text).unwrap();
        let settings = to_file(&path);
        let app = TestApp::with(streaming(settings.clone())).await;
        add_rows(&app.store, 5).await;
        until(|| async { app.store.last_streamed(&id_of(&settings.place)).await.unwrap() }).await;
        assert_eq!(text_of(&path), text);
        fs::remove_file(&path).unwrap();
        assert_whole(&app, &path).await;
        fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn after_an_older_database_was_put_back_its_new_rows_are_streamed() {
    let (directory, path) = place();
    let settings = to_file(&path);
    let app = TestApp::with(streaming(settings.clone())).await;
    add_rows(&app.store, 5).await;
    caught_up(&app, &settings.place).await;
    let kept = directory.path().join("kept.jsonl");
    // The end of the chain is gone, and so is what the database knew of the stream.
    let put_back = async |database: &TestDatabase| {
        let hash: serde_json::Value = serde_json::from_str(text_of(&path).lines().nth(1).unwrap()).unwrap();
        let hash = hash["hash"].as_str().unwrap().to_owned();
        database.run("DELETE FROM audit WHERE seq > 2").await;
        database.run(&format!("UPDATE audit_streams SET last_seq = 2, last_hash = '{hash}'")).await;
        fs::rename(&path, &kept).unwrap();
    };
    let app = app.killed_and_started_after(put_back).await;
    add_rows(&app.store, 2).await;
    let (head, _) = app.store.audit_head().await.unwrap().unwrap();
    caught_up(&app, &settings.place).await;
    assert_eq!(seqs(&text_of(&path)), (3..=head).collect::<Vec<_>>());
    assert_eq!(seqs(&text_of(&kept)), [1, 2, 3, 4, 5]);
}
