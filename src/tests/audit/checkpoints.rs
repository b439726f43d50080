//! Checkpoints of the chain.

use crate::{
    model::{access::identity::Role, time::HOUR_MS},
    server::services::audit::{
        AuditAction, AuditEvent, Verified, append,
        checkpoint::{self, Checkpoints, PublicKey, SigningKey},
        verify,
    },
    tests::support::{Setup, TestApp, until},
};

/// A file in a directory of its own, a key in it, and checkpoints of this chain.
fn checkpoints() -> (tempfile::TempDir, Checkpoints) {
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::create(&directory.path().join("key.pem")).unwrap();
    let file = directory.path().join("checkpoints.jsonl");
    (directory, Checkpoints { key, file })
}

/// As if the application had no file of its own.
async fn forget_files(app: &TestApp) {
    app.database().run("DELETE FROM checkpoint_files").await;
}

#[tokio::test]
async fn checkpoints_show_an_end_that_was_cut_off_and_a_chain_that_was_written_anew() {
    let app = TestApp::start().await;
    forget_files(&app).await;
    let store = &app.store;
    let now = app.state.clock.now();
    let (_directory, checkpoints) = checkpoints();
    let public = PublicKey::parse(&checkpoints.key.public()).unwrap();
    let hold = || checkpoint::verify(store, &checkpoints.file, &public);
    checkpoints.add(store, now).await.unwrap();
    for _ in 0..3 {
        app.actor(Role::Viewer).await;
    }
    checkpoints.add(store, now.plus_millis(HOUR_MS)).await.unwrap();
    checkpoints.add(store, now.plus_millis(4 * HOUR_MS)).await.unwrap();
    app.actor(Role::Viewer).await;
    let held = hold().await.unwrap();
    assert_eq!((held.rows, held.checkpoints, held.last), (4, 3, Some((now.plus_millis(4 * HOUR_MS), 1))));
    assert_eq!(held.gaps, [(now.plus_millis(HOUR_MS), now.plus_millis(4 * HOUR_MS))]);

    // What came after the last checkpoint can be cut off unseen, and nothing before it.
    app.database().run("DELETE FROM audit WHERE seq > 3").await;
    hold().await.unwrap();
    app.database().run("DELETE FROM audit WHERE seq > 2").await;
    assert!(
        matches!(verify(store).await.unwrap(), Verified::Whole { rows: 2, .. }),
        "the chain alone does not show it"
    );
    let said = hold().await.unwrap_err().to_string();
    assert!(
        said.ends_with(
            "checkpoints.jsonl, line 2: the chain had 3 rows then and has 2 now: its end was removed, or an older \
            database was put back"
        ),
        "{said}"
    );

    // Written anew, with every hash right.
    app.database().run("DELETE FROM audit").await;
    let mut tx = store.write().await.unwrap();
    for _ in 0..5 {
        append(&mut tx, AuditEvent::by_server(now, AuditAction::SessionSignedIn, "nobody")).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(matches!(verify(store).await.unwrap(), Verified::Whole { rows: 5, .. }));
    let said = hold().await.unwrap_err().to_string();
    assert!(
        said.ends_with(
            "line 2: row 3 of the chain isn't the one it was: rows were rewritten, or an older database was put back"
        ),
        "{said}"
    );

    // A row that was touched is still named first.
    app.database().run("UPDATE audit SET target = 'x' WHERE seq = 2").await;
    assert_eq!(hold().await.unwrap_err().to_string(), "the audit chain is broken at row 2: its content was changed");
}

#[tokio::test]
async fn checkpoints_themselves_cannot_be_touched() {
    let app = TestApp::start().await;
    forget_files(&app).await;
    let store = &app.store;
    let (_directory, checkpoints) = checkpoints();
    let public = PublicKey::parse(&checkpoints.key.public()).unwrap();
    for hour in 0..3 {
        app.actor(Role::Viewer).await;
        checkpoints.add(store, app.state.clock.now().plus_millis(hour * HOUR_MS)).await.unwrap();
    }
    let written = std::fs::read_to_string(&checkpoints.file).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    let (first, second, third) = (lines[0], lines[1], lines[2]);
    let later = second.replace("\"seq\":2", "\"seq\":1");
    let unknown = second.replace("{\"seq\"", "{\"more\":1,\"seq\"");
    for (text, expected) in [
        (format!("{first}\n{third}\n"), "line 2: it does not follow the line before it: a line is missing"),
        (format!("{second}\n{third}\n"), "line 1: it does not follow the line before it: a line is missing"),
        (format!("{second}\n{first}\n"), "line 1: it does not follow the line before it: a line is missing"),
        (format!("{first}\n{later}\n{third}\n"), "line 2: this key has not signed it"),
        (format!("{first}\n{unknown}\n"), "line 2: this is not a checkpoint"),
        (format!("{first}\n\n{second}\n"), "line 2: this is not a checkpoint"),
    ] {
        std::fs::write(&checkpoints.file, &text).unwrap();
        let said = checkpoint::verify(store, &checkpoints.file, &public).await.unwrap_err().to_string();
        assert!(said.ends_with(expected), "{said}");
    }
    std::fs::write(&checkpoints.file, &written).unwrap();
    let (_other_directory, other) = self::checkpoints();
    let stranger = PublicKey::parse(&other.key.public()).unwrap();
    let said = checkpoint::verify(store, &checkpoints.file, &stranger).await.unwrap_err().to_string();
    assert!(said.ends_with("line 1: this key has not signed it"), "{said}");
    checkpoint::verify(store, &checkpoints.file, &public).await.unwrap();
}

#[tokio::test]
async fn a_key_that_others_may_read_or_that_is_none_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.pem");
    let made = SigningKey::create(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(SigningKey::read(&path).unwrap().public(), made.public());
    assert!(SigningKey::create(&path).is_err(), "a key is never overwritten");
    let pem = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("Checkpoints of Keystream\n{}", pem.replace('\n', "\r\n"))).unwrap();
    assert_eq!(SigningKey::read(&path).unwrap().public(), made.public(), "as other programs write PEM");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(SigningKey::read(&path).unwrap_err().to_string().contains("chmod 600"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    for text in ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(SigningKey::read(&path).unwrap_err().to_string().contains("keystream audit key"), "{text}");
    }
    for text in ["", "zz", &"0".repeat(62), &"0".repeat(66)] {
        assert!(PublicKey::parse(text).is_none(), "{text}");
    }
}

#[tokio::test]
async fn a_running_server_writes_checkpoints_at_the_start_every_hour_and_at_the_end() {
    let app = TestApp::with(Setup { pace: 3_600, ..Setup::default() }).await;
    let lines = || std::fs::read_to_string(&app.checkpoints).unwrap().lines().count();
    assert!(lines() >= 1, "before anything else");
    until(|| async { (lines() >= 3).then_some(()) }).await;
    let before = lines();
    app.drain().await;
    assert!(lines() > before, "one more at the end");
    assert!(app.state.read_only.alarm().is_none());
}
