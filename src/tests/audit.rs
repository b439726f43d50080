//! The audit chain holds every step, and shows what was done to it.

use std::sync::Arc;

use axum::http::StatusCode;

use super::support::{Actor, Answer, PASSWORD, Setup, TestApp, borrowed, until};
use crate::{
    model::{access::identity::Role, time::HOUR_MS},
    server::{
        adapters::store::Page,
        services::audit::{
            AuditAction, AuditEvent, Verified, append,
            checkpoint::{self, Checkpoints, PublicKey, SigningKey},
            export, verify,
        },
    },
};

/// An event of a version that knows more than this one.
fn event_of(app: &TestApp, action: &str, target: &str) -> AuditEvent {
    let known = AuditEvent::by_server(app.state.clock.now(), AuditAction::ServerStarted, target);
    AuditEvent { action: action.into(), ..known }
}

#[tokio::test]
async fn a_change_leaves_its_whole_trace() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| !change.is_active()).await;
    let Verified::Whole { rows, .. } = verify(&app.state.store).await.unwrap() else { panic!("the chain is broken") };
    let mut lines = Vec::new();
    export(&app.state.store, &mut lines).await.unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let events: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(i64::try_from(events.len()).unwrap(), rows);
    let actions: Vec<&str> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    let milestones: Vec<&&str> = actions.iter().filter(|action| **action != "change.updating").collect();
    assert_eq!(
        milestones,
        [
            &"session.signed-in",
            &"change.requested",
            &"change.sent",
            &"change.accepted",
            &"change.reached",
            &"change.ended"
        ]
    );
    let requested = &events[actions.iter().position(|action| *action == "change.requested").unwrap()];
    assert_eq!(
        (requested["actor"].as_str(), requested["reason"].as_str(), requested["address"].as_str()),
        (Some("operator"), Some("OPS-1"), Some("127.0.0.1"))
    );
}

#[tokio::test]
async fn a_chain_that_was_touched_names_the_first_bad_row() {
    for (damage, expected) in [
        (
            "UPDATE audit SET reason = 'other' WHERE seq = 2",
            Verified::Broken { seq: 2, why: "its content was changed" },
        ),
        ("DELETE FROM audit WHERE seq = 2", Verified::Broken { seq: 3, why: "a row before it is missing" }),
        (
            "UPDATE audit SET seq = seq * 10; UPDATE audit SET seq = 2 WHERE seq = 30; UPDATE audit SET seq = 3 WHERE \
            seq = 20; UPDATE audit SET seq = 1 WHERE seq = 10",
            Verified::Broken { seq: 2, why: "it does not follow the row before it" },
        ),
        (
            "INSERT INTO audit SELECT 0, prev_hash, hash, at, actor, address, user_agent, action, target, reason, \
            before_state, after_state, aws_request_id, result FROM audit WHERE seq = 1",
            Verified::Broken { seq: 0, why: "a row before it is missing" },
        ),
    ] {
        let app = TestApp::start().await;
        for _ in 0..3 {
            app.actor(Role::Viewer).await;
        }
        assert!(matches!(verify(&app.state.store).await.unwrap(), Verified::Whole { rows: 3, .. }));
        app.database().run(damage).await;
        assert_eq!(verify(&app.state.store).await.unwrap(), expected, "{damage}");
    }
}

/// The cells of the page's rows: action and target.
async fn shown(actor: &Actor<'_>, query: &str) -> Vec<String> {
    let page = actor.get(&format!("/audit{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{query}");
    let cells = page.body.split("data-label=\"Event\"").skip(1);
    cells.map(|cell| cell.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_page_is_searched_filtered_and_paged() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| !change.is_active()).await;
    let auditor = app.actor(Role::Auditor).await;
    app.anonymous().sign_in("viewer", "wrong wrong wrong").await;
    assert_eq!(shown(&auditor, "?action=session").await, ["session.refused", "session.signed-in", "session.signed-in"]);
    assert_eq!(shown(&auditor, "?action=session.refused").await, ["session.refused"]);
    assert_eq!(shown(&auditor, "?action=ses").await, [""; 0], "whole words");
    assert_eq!(shown(&auditor, "?actor=OPERATOR").await, ["change.requested", "session.signed-in"]);
    assert_eq!(shown(&auditor, "?q=ops-1&actor=operator").await, ["change.requested"]);
    assert_eq!(shown(&auditor, "?q=%25").await, [""; 0], "no pattern of SQL's");
    assert_eq!(shown(&auditor, "?q=ORDERS_PROD").await, [""; 0]);
    assert!(shown(&auditor, "?q=ORDERS-PROD").await.len() >= 5);
    assert_eq!(shown(&auditor, "?q=127.0.0.1&action=session").await.len(), 3, "addresses are searched");
    let event = AuditEvent { reason: "\u{dc}berpr\u{fc}fung".to_owned(), ..event_of(&app, "test.word", "x") };
    crate::server::services::audit::append_alone(&app.state.store, event).await.unwrap();
    assert_eq!(shown(&auditor, "?q=%C3%9Cberpr%C3%BCfung").await, ["test.word"], "as it was typed");
    let today = app.state.clock.now().rfc3339()[..10].to_owned();
    assert!(shown(&auditor, &format!("?from={today}&to={today}")).await.len() >= 8);
    assert_eq!(shown(&auditor, "?to=2020-01-01").await, [""; 0]);
    assert_eq!(shown(&auditor, "?from=2100-01-01").await, [""; 0]);
    let page = auditor.get("/audit?from=yesterday&action=%3Cscript%3E&before=-1").await.body;
    assert!(
        page.contains("from \u{201c}yesterday\u{201d} was ignored")
            && page.contains("before \u{201c}-1\u{201d} was ignored"),
        "{page}"
    );
    assert!(!page.contains("<script>\u{201d}"));

    let mut tx = app.state.store.write().await.unwrap();
    for number in 0..250 {
        let event = event_of(&app, "test.filler", &format!("number {number}"));
        append(&mut tx, event).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (mut path, mut sizes) = ("/audit?action=test&q=number".to_owned(), Vec::new());
    loop {
        let page = auditor.get(&path).await.body;
        sizes.push(page.matches("data-label=\"Event\"").count());
        let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
        assert!(path.starts_with("/audit?before=") && path.ends_with("&q=number&action=test"), "{path}");
    }
    assert_eq!(sizes, [100, 100, 50]);
}

#[tokio::test]
async fn who_is_no_auditor_sees_what_was_done_to_streams_and_the_own_acts_without_addresses() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor_at(Role::Operator, [198, 51, 100, 7]).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| !change.is_active()).await;
    let viewer = app.actor(Role::Viewer).await;
    let seen = shown(&viewer, "").await;
    assert!(
        seen.contains(&"change.requested".to_owned())
            && seen.iter().filter(|action| *action == "session.signed-in").count() == 1,
        "{seen:?}"
    );
    let page = viewer.get("/audit").await.body;
    assert!(page.contains("OPS-1") && page.contains("operator") && page.contains("127.0.0.1"), "{page}");
    assert!(!page.contains("198.51.100.7"), "another's address");
    for query in ["?q=198.51.100.7", "?q=198.51"] {
        assert_eq!(shown(&viewer, query).await, [""; 0], "nor by asking for it");
    }
    let export = viewer.get("/audit/export?format=jsonl").await;
    assert!(export.body.contains("change.requested") && !export.body.contains("198.51.100.7"), "{}", export.body);
    for line in export.body.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((row["hash"].as_str(), row["prev_hash"].as_str()), (Some(""), Some("")));
    }
    // Everybody sees who tried to sign in as them.
    app.anonymous().sign_in("viewer", "wrong wrong wrong").await;
    assert_eq!(shown(&viewer, "?action=session.refused").await.len(), 1);
    assert_eq!(shown(&operator, "?action=session.refused").await.len(), 0);
    assert_eq!(shown(&app.actor(Role::Admin).await, "?q=198.51.100.7").await.len(), 2);
}

#[tokio::test]
async fn exports_are_whole_neutral_and_written_down() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let auditor = app.actor(Role::Auditor).await;
    let formula = "=HYPERLINK(\"http://evil.example\",\"x\")";
    let mut tx = app.state.store.write().await.unwrap();
    for number in 0..1_200 {
        let event = event_of(&app, "test.filler", &format!("number {number}"));
        append(&mut tx, AuditEvent { reason: formula.to_owned(), ..event }).await.unwrap();
    }
    tx.commit().await.unwrap();
    let lines = auditor.get("/audit/export?format=jsonl&action=test").await;
    assert_eq!(lines.header("content-type"), "application/jsonl; charset=utf-8");
    assert_eq!(lines.header("content-disposition"), "attachment; filename=\"keystream-audit.jsonl\"");
    let rows: Vec<serde_json::Value> = lines.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 1_200);
    assert!(
        rows.iter().zip(rows.iter().skip(1)).all(|(row, next)| row["hash"] == next["prev_hash"]),
        "oldest first, and held together"
    );
    assert_eq!(rows[7]["reason"], formula);

    let table = auditor.get("/audit/export?format=csv&action=test&q=number+7").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    let mut reader = csv::Reader::from_reader(table.body.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 111, "7, 70 to 79, 700 to 799");
    assert!(rows.iter().all(|row| row.get(7) == Some(&format!("'{formula}"))), "{:?}", rows[0]);

    for query in ["", "?format=xml", "?format=csv&from=yesterday", "?format=csv&before=0"] {
        let refused = auditor.get(&format!("/audit/export{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(refused.header("content-disposition"), "", "{query}");
    }
    let written = auditor.get("/audit/export?format=jsonl&action=audit").await.body;
    let told: Vec<serde_json::Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let what: Vec<_> = told
        .iter()
        .map(|row| (row["actor"].as_str().unwrap(), row["result"].as_str().unwrap(), row["after"].as_str().unwrap()))
        .collect();
    assert_eq!(
        what,
        [
            ("auditor", "JsonLines", "action=test"),
            ("auditor", "Csv", "q=number 7 action=test"),
            ("auditor", "JsonLines", "action=audit")
        ]
    );
    let empty = auditor.get("/audit/export?format=csv&action=nothing").await.body;
    assert!(empty.starts_with("seq,at,actor,") && empty.lines().count() == 1, "{empty}");
}

#[tokio::test]
async fn refusals_of_signed_in_people_are_written_and_a_script_fills_no_disk() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    for _ in 0..60 {
        assert_eq!(viewer.call("/api/disable", &[("reason", "x")]).await.status, StatusCode::FORBIDDEN);
    }
    let rows = app.state.store.audit_rows(0, 1_000).await.unwrap();
    let refused: Vec<_> = rows.iter().filter(|row| row.event.action.name() == "request.refused").collect();
    assert!((20..=30).contains(&refused.len()), "{}", refused.len());
    let event = &refused[0].event;
    assert_eq!(
        (event.actor.as_str(), event.target.as_str(), event.result.as_str()),
        ("viewer", "POST /api/disable", "the role viewer does not allow it")
    );
}

/// A file in a directory of its own, a key in it, and checkpoints of this chain.
fn checkpoints() -> (tempfile::TempDir, Checkpoints) {
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::create(&directory.path().join("key.pem")).unwrap();
    let file = directory.path().join("checkpoints.jsonl");
    (directory, Checkpoints { key, file })
}

#[tokio::test]
async fn checkpoints_show_an_end_that_was_cut_off_and_a_chain_that_was_written_anew() {
    let app = TestApp::start().await;
    let store = &app.state.store;
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
        said.ends_with("checkpoints.jsonl, line 2: the chain had 3 rows then and has 2 now: its end was cut off"),
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
    assert!(said.ends_with("line 2: row 3 is another one than it was: the chain was written anew"), "{said}");

    // A row that was touched is still named first.
    app.database().run("UPDATE audit SET target = 'x' WHERE seq = 2").await;
    assert_eq!(hold().await.unwrap_err().to_string(), "the audit chain is broken at row 2: its content was changed");
}

#[tokio::test]
async fn checkpoints_themselves_cannot_be_touched() {
    let app = TestApp::start().await;
    let store = &app.state.store;
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
    let (_directory, checkpoints) = checkpoints();
    let file = checkpoints.file.clone();
    let stop = tokio_util::sync::CancellationToken::new();
    let running =
        tokio::spawn(Arc::new(checkpoints).run(app.state.store.clone(), app.state.clock.clone(), stop.clone()));
    let lines = || std::fs::read_to_string(&file).unwrap_or_default().lines().count();
    until(|| async { (lines() >= 3).then_some(()) }).await;
    let before = lines();
    stop.cancel();
    running.await.unwrap();
    assert!(lines() > before, "one more at the end");
}

/// Every act of a person that changes something, by its form; each in words.
async fn acts<'a>(
    app: &'a TestApp,
    administrator: &Actor<'a>,
    leaving: &Actor<'a>,
    session: &str,
) -> Vec<(&'static str, Answer)> {
    let id = |name: &'static str| async move {
        app.state.store.users().await.unwrap().into_iter().find(|user| user.name == name).unwrap().id
    };
    let (viewer, disabled) = (id("viewer").await, id("operator").await);
    let fields = administrator.confirmation("orders-prod").await;
    let new_user = [("user_name", "mira"), ("role", "viewer"), ("scope", "*"), ("password", PASSWORD)];
    let rights = [("id", viewer.as_str()), ("role", "operator"), ("scope", "*")];
    let password = [("id", viewer.as_str()), ("password", "another password of mine")];
    let own = [("present_password", PASSWORD), ("new_password", "another password of mine")];
    vec![
        ("disable", administrator.post("/api/disable", &borrowed(&fields)).await),
        ("add-user", administrator.post("/api/add-user", &new_user).await),
        ("set-user-rights", administrator.post("/api/set-user-rights", &rights).await),
        ("set-user-password", administrator.post("/api/set-user-password", &password).await),
        ("disable-user", administrator.post("/api/disable-user", &[("id", &viewer)]).await),
        ("enable-user", administrator.post("/api/enable-user", &[("id", &disabled)]).await),
        ("pause-target", administrator.post("/api/pause-target", &[("id", "111122223333/eu-west-1")]).await),
        ("sign-out", leaving.post("/api/sign-out", &[]).await),
        ("end-session", administrator.post("/api/end-session", &[("id", session)]).await),
        ("end-other-sessions", administrator.post("/api/end-other-sessions", &[]).await),
        ("change-password", administrator.post("/api/change-password", &own).await),
        ("export", administrator.get("/audit/export?format=csv").await),
        ("sign-in", app.anonymous().sign_in("viewer", PASSWORD).await),
        // Last: where the new session cannot be begun, the former one has ended all the same. That is the safe side.
        ("confirm-identity", administrator.post("/api/confirm-identity", &[("password", PASSWORD)]).await),
    ]
}

/// How a person's page names another of the person's sessions.
async fn other_session(actor: &Actor<'_>) -> String {
    let page = actor.get("/settings").await.body;
    let form = page.split("action=\"/api/end-session\"").nth(1).unwrap();
    form.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_is_done_that_cannot_be_written_down() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let administrator = app.actor(Role::Admin).await;
    let (other, leaving) = (app.actor(Role::Admin).await, app.actor(Role::Auditor).await);
    let store = &app.state.store;
    let session = other_session(&administrator).await;
    let operator = store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    assert!(
        administrator.post("/api/disable-user", &[("id", &operator)]).await.location().ends_with("?done=user-disabled")
    );
    let rows_before = store.audit_rows(0, 1_000).await.unwrap().len();
    let users = || async { format!("{:?}", store.users().await.unwrap()) };
    let before = users().await;
    app.database().run("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'no room'); END").await;
    for (act, answer) in acts(&app, &administrator, &leaving, &session).await {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{act}: {}", answer.location());
        assert!(!answer.headers.contains_key("set-cookie") && !answer.header("retry-after").is_empty(), "{act}");
        assert!(!answer.body.contains("no room"), "{act} tells nothing internal");
    }
    assert_eq!(users().await, before);
    assert!(store.pauses().await.unwrap().is_empty());
    assert_eq!(store.audit_rows(0, 1_000).await.unwrap().len(), rows_before);
    assert!(store.changes(Page { skip: 0, take: 9 }).await.unwrap().is_empty());
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    for actor in [&other, &leaving] {
        assert_eq!(actor.get("/streams").await.status, StatusCode::OK, "no session was ended");
    }
    app.database().run("DROP TRIGGER full").await;
    let administrator = app.actor(Role::Admin).await;
    for (act, answer) in acts(&app, &administrator, &leaving, &session)
        .await
        .into_iter()
        .filter(|(act, _)| !matches!(*act, "confirm-identity" | "export" | "sign-in"))
    {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{act}: {}", answer.body);
        assert!(!answer.location().contains("problem="), "{act}: {}", answer.location());
    }
}
