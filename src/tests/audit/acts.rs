//! Acts while the chain can't be written.

use axum::http::StatusCode;

use crate::{
    model::access::identity::Role,
    server::adapters::store::Page,
    tests::support::{Actor, Answer, PASSWORD, TestApp, borrowed},
};

/// Every act of a person that changes something, by its form; each in words.
async fn acts<'a>(
    app: &'a TestApp,
    administrator: &Actor<'a>,
    leaving: &Actor<'a>,
    session: &str,
) -> Vec<(&'static str, Answer)> {
    let id = |name: &'static str| async move {
        app.store.users().await.unwrap().into_iter().find(|user| user.name == name).unwrap().id
    };
    let (viewer, disabled) = (id("viewer").await, id("operator").await);
    let fields = administrator.confirmation("orders-prod").await;
    let new_user = [("user_name", "mira"), ("role", "viewer"), ("scope", "*")];
    let rights = [("id", viewer.as_str()), ("role", "operator"), ("scope", "*")];
    let own = [("present_password", PASSWORD), ("new_password", "another password of mine")];
    let pause = [("id", "111122223333/eu-west-1"), ("minutes", "60")];
    vec![
        ("disable", administrator.post("/api/disable", &borrowed(&fields)).await),
        ("add-user", administrator.post("/api/add-user", &new_user).await),
        ("set-user-rights", administrator.post("/api/set-user-rights", &rights).await),
        ("unlock-user", administrator.post("/api/unlock-user", &[("id", &viewer)]).await),
        ("make-password-link", administrator.post("/api/make-password-link", &[("id", &viewer)]).await),
        ("disable-user", administrator.post("/api/disable-user", &[("id", &viewer)]).await),
        ("enable-user", administrator.post("/api/enable-user", &[("id", &disabled)]).await),
        ("pause-target", administrator.post("/api/pause-target", &pause).await),
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
    let store = &app.store;
    let session = other_session(&administrator).await;
    let operator = store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    assert!(
        administrator.post("/api/disable-user", &[("id", &operator)]).await.location().ends_with("?done=user-disabled")
    );
    // So that there is something to unlock.
    app.anonymous().sign_in("viewer", "wrong wrong wrong wrong").await;
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
