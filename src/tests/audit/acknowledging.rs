//! An administrator acknowledges the alarm.

use axum::http::StatusCode;

use super::{add_rows, alarmed, finding};
use crate::{
    model::{access::identity::Role, time::MINUTE_MS},
    server::services::audit::checkpoint::{self, PublicKey, SigningKey},
    tests::{
        database::TestDatabase,
        support::{Actor, Answer, PASSWORD, TestApp},
    },
};

async fn acknowledge(actor: &Actor<'_>, reason: &str) -> Answer {
    let number = actor.app.state.read_only.alarm().map_or(1, |alarm| alarm.number).to_string();
    actor.post("/api/acknowledge-alarm", &[("number", &number), ("reason", reason)]).await
}

fn public_key(app: &TestApp) -> PublicKey {
    let key = SigningKey::read(&app.checkpoints.with_file_name("key.pem")).unwrap();
    PublicKey::parse(&key.public()).unwrap()
}

#[tokio::test]
async fn only_an_administrator_acknowledges_with_a_reason_and_a_fresh_password() {
    let app = alarmed().await;
    for role in [Role::Viewer, Role::Operator, Role::Auditor] {
        let actor = app.actor(role).await;
        let page = actor.get("/settings").await.body;
        assert!(page.contains("A Keystream administrator can acknowledge it here."), "{page}");
        assert!(!page.contains("/api/acknowledge-alarm"), "{page}");
        assert_eq!(acknowledge(&actor, "OPS-1").await.status, StatusCode::FORBIDDEN, "{role}");
    }
    let admin = app.actor(Role::Admin).await;
    let page = admin.get("/streams").await.body;
    assert!(page.contains("href=\"/settings#audit-chain\""), "{page}");
    let page = admin.get("/settings").await.body;
    assert!(page.contains("id=\"audit-chain\"") && page.contains("action=\"/api/acknowledge-alarm\""), "{page}");
    for (reason, code) in [(" ", "reason-missing"), ("x".repeat(501).as_str(), "reason-too-long")] {
        let answer = acknowledge(&admin, reason).await;
        assert!(answer.location().starts_with(&format!("/settings?problem={code}&draft=")), "{}", answer.location());
        let page = admin.get(answer.location()).await.body;
        assert!(page.contains("id=\"alarm-reason-mistake\""), "{page}");
    }
    for number in ["", "0", "7", "-1", "99999999999999999999"] {
        let answer = admin.post("/api/acknowledge-alarm", &[("number", number), ("reason", "OPS-1")]).await;
        assert!(answer.location().starts_with("/settings?problem=alarm-other&draft="), "{number}");
    }
    app.clock.advance(11 * MINUTE_MS);
    let asked = acknowledge(&admin, "backup of \"Monday\" put back, OPS-1").await;
    assert!(asked.location().starts_with("/confirm-identity?next=%2Fsettings%3Fdraft%3D"), "{}", asked.location());
    assert!(app.state.read_only.is_on());
    let page = admin.get(asked.location()).await.body;
    let next = page.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let right = admin.post("/api/confirm-identity", &[("password", PASSWORD), ("next", &next)]).await;
    let admin = Actor { cookie: Some(right.cookie()), ..admin };
    let page = admin.get(&next).await.body;
    assert!(page.contains("value=\"backup of &quot;Monday&quot; put back, OPS-1\""), "{page}");
    let answer = acknowledge(&admin, "backup of \"Monday\" put back, OPS-1").await;
    assert_eq!(answer.location(), "/settings?done=alarm-acknowledged");
    assert!(!app.state.read_only.is_on());
    let page = admin.get(answer.location()).await.body;
    assert!(page.contains("Acknowledged. Checkpoints start over") && !page.contains("id=\"audit-chain\""), "{page}");
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    let row = rows.iter().find(|row| row.event.action.name() == "audit.alarm-acknowledged").unwrap();
    assert_eq!((row.event.actor.as_str(), row.event.target.as_str()), ("admin", "audit chain"));
    assert_eq!(row.event.reason, "backup of \"Monday\" put back, OPS-1");
    assert_eq!(row.event.before, "The checkpoint file has 0 checkpoints, and the database knows of 1.");
}

#[tokio::test]
async fn checkpoints_begin_anew_and_changes_are_sent_again() {
    let app = alarmed().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    acknowledge(&app.actor(Role::Admin).await, "OPS-1").await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
    let app = app.killed_and_started_again().await;
    assert_eq!(finding(&app), None);
    let held = checkpoint::verify(&app.store, &app.checkpoints, &public_key(&app)).await.unwrap();
    let (begun_after, _) = held.begun_after.unwrap();
    assert_eq!((begun_after.by.as_str(), begun_after.reason.as_str(), held.checkpoints), ("admin", "OPS-1", 2));
    assert_eq!(begun_after.finding, "The checkpoint file has 0 checkpoints, and the database knows of 1.");

    // What was acknowledged excuses no further loss.
    let file = app.checkpoints.clone();
    let app = app.killed_and_started_after(async move |_: &TestDatabase| std::fs::write(file, "").unwrap()).await;
    let expected = "The checkpoint file has 0 checkpoints, and the database knows of 2.";
    assert_eq!(finding(&app).as_deref(), Some(expected));
    assert_eq!(app.state.read_only.alarm().unwrap().number, 2);
}

#[tokio::test]
async fn the_acknowledgement_stands_in_the_file_and_nobody_removes_what_was_before_it() {
    let app = alarmed().await;
    std::fs::write(&app.checkpoints, "what was left of it\n").unwrap();
    acknowledge(&app.actor(Role::Admin).await, "OPS-1").await;
    let text = std::fs::read_to_string(&app.checkpoints).unwrap();
    assert!(text.starts_with("what was left of it\n{") && text.lines().count() == 2, "{text}");
    checkpoint::verify(&app.store, &app.checkpoints, &public_key(&app)).await.unwrap();
    let file = app.checkpoints.clone();
    let cut = text.lines().nth(1).unwrap().to_owned();
    let act = async move |_: &TestDatabase| std::fs::write(file, format!("another text\n{cut}\n")).unwrap();
    let app = app.killed_and_started_after(act).await;
    assert_eq!(finding(&app).as_deref(), Some("Line 1 of the checkpoint file: this is not a checkpoint."));
}

#[tokio::test]
async fn a_row_that_was_touched_and_acknowledged_is_no_alarm_again() {
    let app = alarmed().await;
    add_rows(&app, 2).await;
    app.database().run("UPDATE audit SET target = 'x' WHERE seq = 1").await;
    acknowledge(&app.actor(Role::Admin).await, "OPS-1").await;
    let held = checkpoint::verify(&app.store, &app.checkpoints, &public_key(&app)).await.unwrap();
    assert!(held.begun_after.is_some_and(|(_, seq)| seq > 1));
    let app = app.killed_and_started_again().await;
    assert_eq!(finding(&app), None);
    app.database().run("UPDATE audit SET target = 'x' WHERE seq = (SELECT MAX(seq) FROM audit)").await;
    add_rows(&app, 1).await;
    let broken = checkpoint::verify(&app.store, &app.checkpoints, &public_key(&app)).await.unwrap_err();
    assert!(broken.to_string().contains("its content was changed"), "{broken}");
}
