//! The page of the audit chain, and its exports.

use axum::http::StatusCode;

use super::event_of;
use crate::{
    model::access::identity::Role,
    server::services::audit::{AuditAction, AuditEvent, append, append_alone},
    tests::support::{Actor, TestApp},
};

/// The names of the events that the page shows.
async fn shown(actor: &Actor<'_>, query: &str) -> Vec<String> {
    let page = actor.get(&format!("/audit{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{query}");
    let cells = page.body.split("data-label=\"Event\"").skip(1).map(|cell| cell.split("<code").nth(1).unwrap());
    cells.map(|code| code.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()).collect()
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
    crate::server::services::audit::append_alone(&app.store, event).await.unwrap();
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

    let mut tx = app.store.write().await.unwrap();
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
    assert!(page.contains(">Change requested<") && page.contains(">Signed in<"), "events in words: {page}");
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
    // A name proves nothing where the target is no user.
    let paused = AuditEvent::by_server(app.state.clock.now(), AuditAction::TargetPaused, "viewer");
    append_alone(&app.store, paused).await.unwrap();
    assert_eq!(shown(&viewer, "?action=target.paused").await, [""; 0]);
    assert_eq!(shown(&app.actor(Role::Admin).await, "?action=target.paused").await.len(), 1);
}

#[tokio::test]
async fn exports_are_whole_neutral_and_written_down() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let auditor = app.actor(Role::Auditor).await;
    let formula = "=HYPERLINK(\"http://evil.example\",\"x\")";
    let mut tx = app.store.write().await.unwrap();
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

    for query in ["?format=", "?format=xml", "?format=csv&from=yesterday", "?format=csv&before=0"] {
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
