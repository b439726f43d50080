//! A checkpoint file that was lost, replaced or damaged, and keys that don't fit.

use std::path::{Path, PathBuf};

use super::{add_rows, alarmed, finding};
use crate::{
    server::{
        adapters::store::{Opener, Store},
        services::{
            audit::checkpoint::{ChainWatch, Checkpoints, SigningKey},
            read_only::ReadOnly,
        },
    },
    tests::{
        database::{Kind, TestDatabase},
        support::{Setup, TestApp},
    },
};

/// An application with three checkpoints, of two rows.
async fn with_checkpoints() -> TestApp {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    add_rows(&app, 2).await;
    let app = app.killed_and_started_again().await;
    let app = app.killed_and_started_again().await;
    assert_eq!((finding(&app), lines_of(&app.checkpoints).len()), (None, 3));
    app
}

fn lines_of(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap().lines().map(ToOwned::to_owned).collect()
}

/// What is found after something was done to the file while the application was stopped.
async fn found_after(act: impl FnOnce(PathBuf)) -> Option<String> {
    let app = with_checkpoints().await;
    let file = app.checkpoints.clone();
    let app = app.killed_and_started_after(async move |_: &TestDatabase| act(file)).await;
    assert_eq!(app.state.read_only.is_on(), finding(&app).is_some());
    finding(&app)
}

#[tokio::test]
async fn a_file_that_was_lost_or_shortened_is_noticed() {
    let lost = "The checkpoint file has 0 checkpoints, and the database knows of 3.";
    assert_eq!(found_after(|file| std::fs::remove_file(file).unwrap()).await.as_deref(), Some(lost));
    assert_eq!(found_after(|file| std::fs::write(file, "").unwrap()).await.as_deref(), Some(lost));
    let shortened = found_after(|file| {
        let lines = lines_of(&file);
        std::fs::write(&file, format!("{}\n{}\n", lines[0], lines[1])).unwrap();
    });
    let expected = "The checkpoint file has 2 checkpoints, and the database knows of 3.";
    assert_eq!(shortened.await.as_deref(), Some(expected));
}

#[tokio::test]
async fn a_file_that_was_replaced_or_touched_is_noticed() {
    let replaced = found_after(|file| {
        let lines = lines_of(&file);
        std::fs::write(&file, format!("{}\n{}\n{}\n", lines[0], lines[1], lines[1])).unwrap();
    });
    let expected = "The checkpoint file is another one: its line 3 isn't the one that the database knows.";
    assert_eq!(replaced.await.as_deref(), Some(expected));
    // Also in the middle, which the database doesn't know.
    let touched = found_after(|file| {
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen("\"seq\":2", "\"seq\":1", 1)).unwrap();
    });
    let expected = "Line 3 of the checkpoint file: it does not follow the line before it: a line is missing.";
    assert_eq!(touched.await.as_deref(), Some(expected));
    let damaged = found_after(|file| {
        let text = std::fs::read(&file).unwrap();
        std::fs::write(&file, [b"\xff\xfe\n".as_slice(), &text].concat()).unwrap();
    });
    assert!(damaged.await.is_some());
}

#[tokio::test]
async fn what_a_broken_write_left_is_no_checkpoint_and_is_removed() {
    let app = with_checkpoints().await;
    let file = app.checkpoints.clone();
    let tear = async move |_: &TestDatabase| {
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}{{\"seq\":2,\"he")).unwrap();
    };
    let app = app.killed_and_started_after(tear).await;
    assert_eq!((finding(&app), lines_of(&app.checkpoints).len()), (None, 4));
    assert!(lines_of(&app.checkpoints)[3].contains("\"signature\""));
}

#[tokio::test]
async fn another_key_is_noticed() {
    let another = found_after(|file| {
        let key = file.with_file_name("key.pem");
        std::fs::remove_file(&key).unwrap();
        SigningKey::create(&key).unwrap();
    });
    let expected = "Line 3 of the checkpoint file: this key has not signed it.";
    assert_eq!(another.await.as_deref(), Some(expected));
}

#[tokio::test]
async fn a_file_from_before_the_database_knew_any_is_taken_as_it_is() {
    let app = with_checkpoints().await;
    let forget = async |database: &TestDatabase| database.run("DELETE FROM checkpoint_files").await;
    let app = app.killed_and_started_after(forget).await;
    assert_eq!((finding(&app), lines_of(&app.checkpoints).len()), (None, 4));
}

#[tokio::test]
async fn a_place_that_cannot_be_used_is_an_error_and_no_alarm() {
    let app = TestApp::start().await;
    let directory = app.checkpoints.parent().unwrap();
    std::fs::create_dir(directory.join("directory")).unwrap();
    for file in ["missing/checkpoints.jsonl", "directory"] {
        let key = SigningKey::read(&directory.join("key.pem")).unwrap();
        let checkpoints = Checkpoints { key, file: directory.join(file) };
        let error = checkpoints.add(&app.store, app.state.clock.now()).await.unwrap_err();
        assert!(error.finding().is_none() && error.to_string().contains(file), "{error}");
    }
    assert_eq!(finding(&app), None);
}

#[tokio::test]
async fn a_second_file_is_one_of_another_instance_only_while_one_runs() {
    for (kind, is_lost) in [(Kind::Sqlite, true), (Kind::Postgres, false)] {
        let app = TestApp::with(Setup { database: kind, ..Setup::default() }).await;
        let store = Store::open(&app.database_url, Opener::Command).await.unwrap();
        let key = SigningKey::read(&app.checkpoints.with_file_name("key.pem")).unwrap();
        let checkpoints = Checkpoints { key, file: app.checkpoints.with_file_name("second.jsonl") };
        let added = checkpoints.add(&store, app.state.clock.now()).await;
        let found = added.err().and_then(|error| error.finding());
        let lost = "The checkpoint file is empty or new, and the database knows of checkpoints in another file.";
        assert_eq!(found.as_deref(), is_lost.then_some(lost), "{kind:?}");
    }
}

#[tokio::test]
async fn instances_must_have_the_same_key() {
    let app = TestApp::with(Setup { database: Kind::Postgres, ..Setup::default() }).await;
    let store = Store::open(&app.database_url, Opener::Server).await.unwrap();
    let key = SigningKey::create(&app.checkpoints.with_file_name("other.pem")).unwrap();
    let checkpoints = Checkpoints { key, file: app.checkpoints.with_file_name("other.jsonl") };
    let begun = ChainWatch::begin(store, checkpoints, app.state.clock.clone(), ReadOnly::default()).await;
    let error = begun.unwrap_err().to_string();
    assert!(error.starts_with("KEYSTREAM_CHECKPOINT_KEY: an instance that is running"), "{error}");
}

#[tokio::test]
async fn while_an_alarm_is_open_no_checkpoint_is_added() {
    let app = alarmed().await;
    let key = SigningKey::read(&app.checkpoints.with_file_name("key.pem")).unwrap();
    let checkpoints = Checkpoints { key, file: app.checkpoints.clone() };
    let error = checkpoints.add(&app.store, app.state.clock.now()).await.unwrap_err().to_string();
    assert!(error.starts_with("an alarm about the audit chain is open"), "{error}");
    assert_eq!(std::fs::read_to_string(&app.checkpoints).unwrap(), "");
}
