//! What the chain holds, and that it shows where it was touched.

use axum::http::StatusCode;

use crate::{
    model::access::identity::Role,
    server::services::audit::{Verified, export, verify},
    tests::support::TestApp,
};

#[tokio::test]
async fn a_change_leaves_its_whole_trace() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| !change.is_active()).await;
    let Verified::Whole { rows, .. } = verify(&app.store).await.unwrap() else { panic!("the chain is broken") };
    let mut lines = Vec::new();
    export(&app.store, &mut lines).await.unwrap();
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
        assert!(matches!(verify(&app.store).await.unwrap(), Verified::Whole { rows: 3, .. }));
        app.database().run(damage).await;
        assert_eq!(verify(&app.store).await.unwrap(), expected, "{damage}");
    }
}

#[tokio::test]
async fn refusals_of_signed_in_people_are_written_and_a_script_fills_no_disk() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    for _ in 0..60 {
        assert_eq!(viewer.call("/api/disable", &[("reason", "x")]).await.status, StatusCode::FORBIDDEN);
    }
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    let refused: Vec<_> = rows.iter().filter(|row| row.event.action.name() == "request.refused").collect();
    assert!((20..=30).contains(&refused.len()), "{}", refused.len());
    let event = &refused[0].event;
    assert_eq!(
        (event.actor.as_str(), event.target.as_str(), event.result.as_str()),
        ("viewer", "POST /api/disable", "the role viewer does not allow it")
    );
}
