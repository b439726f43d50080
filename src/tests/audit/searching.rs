//! Searches of a long chain: each looks at a part of it, and none keeps anybody from working.

use axum::http::StatusCode;

use super::event_of;
use crate::{
    model::access::identity::Role,
    server::services::audit::append_alone,
    tests::{
        database::Kind,
        support::{Actor, Setup, TestApp},
    },
};

/// Appends many events of somebody else.
async fn fill(app: &TestApp, count: u32) {
    let now = app.state.clock.now().as_millis();
    let fillers = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO audit (seq, prev_hash, hash, at, actor, address, user_agent, action, target, reason,
                            before_state, after_state, aws_request_id, result)
         SELECT i + (SELECT MAX(seq) FROM audit), '', '', {now}, 'filler', '', '', 'test.filler', 'number ' || i, '',
                '', '', '', '' FROM n"
    );
    app.database().run(&fillers).await;
}

async fn user_id(app: &TestApp, role: Role) -> String {
    let name = role.into_str();
    app.store.users().await.unwrap().into_iter().find(|user| user.name == name).unwrap().id
}

/// Follows a search to its end. Returns its pages.
async fn pages(actor: &Actor<'_>, path: &str) -> Vec<String> {
    let (mut path, mut pages) = (path.to_owned(), Vec::new());
    loop {
        let page = actor.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        pages.push(page.body);
        let next = pages.last().unwrap().split("rel=\"next\" href=\"").nth(1);
        let Some(next) = next else { return pages };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
    }
}

#[tokio::test]
async fn a_search_looks_at_a_part_of_a_long_chain_and_says_how_far_it_came() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let app = TestApp::with(Setup { database, ..Setup::default() }).await;
        append_alone(&app.store, event_of(&app, "test.needle", "deep below")).await.unwrap();
        fill(&app, 120_000).await;
        for (role, finds) in [(Role::Auditor, true), (Role::Viewer, false)] {
            let actor = app.actor(role).await;
            let pages = pages(&actor, "/audit?q=deep").await;
            assert_eq!(pages.len(), 3, "{database:?} {role}");
            for page in &pages[..2] {
                assert!(page.contains("No match so far.") && page.contains("Searched back to "), "{page}");
                assert!(page.contains(">Search further back</a>"), "{page}");
            }
            assert!(!pages[2].contains("Searched back to ") && !pages[2].contains("rel=\"next\""), "{}", pages[2]);
            assert_eq!(pages[2].contains("deep below"), finds, "{database:?} {role}");
            let export = actor.get("/audit/export?format=jsonl&q=deep").await;
            assert_eq!(export.body.contains("deep below"), finds, "{database:?} {role}");
        }
    }
}

#[tokio::test]
async fn a_person_searches_once_at_a_time_and_all_together_twice() {
    let app = TestApp::start().await;
    let (auditor, admin) = (app.actor(Role::Auditor).await, app.actor(Role::Admin).await);
    let viewer = app.actor(Role::Viewer).await;
    let searches = &app.state.audit.searches;
    let first = searches.place(&user_id(&app, Role::Auditor).await).await.unwrap();
    let refused = auditor.get("/audit?q=x").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "5"));
    assert!(refused.body.contains("Another search or export of yours is still running."), "{}", refused.body);
    assert_eq!(admin.get("/audit?q=x").await.status, StatusCode::OK, "others may");
    let second = searches.place(&user_id(&app, Role::Admin).await).await.unwrap();
    let refused = viewer.get("/audit?q=x").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert!(refused.body.contains("Other people are searching the audit chain right now."), "{}", refused.body);
    drop(first);
    assert_eq!(viewer.get("/audit?q=x").await.status, StatusCode::OK);
    drop(second);

    let export = searches.begin_export(&user_id(&app, Role::Auditor).await).unwrap();
    let rows = app.store.audit_rows(0, 1_000).await.unwrap().len();
    let refused = auditor.get("/audit/export?format=csv").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "5"));
    assert!(refused.body.contains("Another search or export of yours is still running."), "{}", refused.body);
    assert_eq!(app.store.audit_rows(0, 1_000).await.unwrap().len(), rows, "no export, no event");
    drop(export);
    for _ in 0..2 {
        assert_eq!(auditor.get("/audit/export?format=csv").await.status, StatusCode::OK, "its place is given up");
    }
}

#[tokio::test]
async fn searches_that_hold_all_their_connections_keep_nobody_from_confirming() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let app = TestApp::with(Setup { database, ..Setup::default() }).await;
        app.known("orders-prod").await;
        let held = app.store.hold_search_connections().await;
        let operator = app.actor(Role::Operator).await;
        assert_eq!(operator.get("/streams").await.status, StatusCode::OK, "{database:?}");
        let id = operator.disable("orders-prod").await;
        app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
        assert_eq!(operator.get(&format!("/changes/{id}")).await.status, StatusCode::OK, "{database:?}");
        assert_eq!(operator.get("/audit").await.status, StatusCode::SERVICE_UNAVAILABLE, "{database:?}");
        drop(held);
        assert_eq!(operator.get("/audit").await.status, StatusCode::OK, "{database:?}");
    }
}
