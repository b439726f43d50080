//! Accounts that are added, changed and disabled.

use axum::http::StatusCode;

use super::{WRONG, events, problem, set_password, user};
use crate::{
    model::access::identity::Role,
    tests::support::{Actor, PASSWORD, TestApp},
};

/// Name, role and scope of a user that isn't added, and the form's mistake.
const REFUSED: [(&str, &str, &str, &str); 8] = [
    ("mi ra", "operator", "*", "user-name-invalid"),
    ("viewer", "operator", "*", "user-name-taken"),
    ("VIEWER", "operator", "*", "user-name-taken"),
    ("Keystream", "operator", "*", "user-name-taken"),
    ("mira", "root", "*", "role-missing"),
    ("mira", "", "*", "role-missing"),
    ("mira", "operator", "orders-*", "scope-invalid"),
    ("mira", "operator", "", "scope-invalid"),
];

#[tokio::test]
async fn an_administrator_adds_users_and_changes_them() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let new = async |name: &'static str, role: &'static str, scope: &'static str| {
        administrator.post("/api/add-user", &[("user_name", name), ("role", role), ("scope", scope)]).await
    };
    for (name, role, scope, expected) in REFUSED {
        let answer = new(name, role, scope).await;
        assert_eq!((answer.status, problem(&answer)), (StatusCode::SEE_OTHER, expected), "{name} {role} {scope}");
        let page = administrator.get(answer.location()).await.body;
        assert!(
            page.contains(&format!("value=\"{name}\"")) && page.contains(&format!("value=\"{scope}\"")),
            "what was typed is kept: {page}"
        );
    }
    assert_eq!(app.store.users().await.unwrap().len(), 4);
    let added = new("mira", "operator", "111122223333/eu-west-1/orders-*").await;
    let id = user(&app, "mira").await.id;
    let page = format!("/settings/users/{id}?done=user-added");
    assert_eq!((added.status, added.location()), (StatusCode::SEE_OTHER, page.as_str()));
    set_password(&app, &added, PASSWORD).await;
    let mira = app.anonymous().signed_in("mira", PASSWORD).await;
    let page = administrator.get(&format!("/settings/users/{id}")).await.body;
    assert!(page.contains("<h1>mira<") && page.contains("value=\"111122223333/eu-west-1/orders-*\""), "{page}");

    // A role counts from the next request on.
    let path = "/streams/111122223333/eu-west-1/orders-prod/disable";
    app.known("orders-prod").await;
    assert_eq!(mira.get(path).await.status, StatusCode::OK);
    let set = administrator.post("/api/set-user-rights", &[("id", &id), ("role", "viewer"), ("scope", "*")]).await;
    assert_eq!(set.location(), format!("/settings/users/{id}?done=rights-saved"));
    assert!(administrator.get(set.location()).await.body.contains("Role and streams saved."));
    assert_eq!(mira.get(path).await.status, StatusCode::FORBIDDEN);
    // A password ends the sessions.
    let made = administrator.post("/api/make-password-link", &[("id", &id)]).await;
    set_password(&app, &made, "another password of mira's").await;
    assert_eq!(mira.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(problem(&mira.sign_in("mira", PASSWORD).await), "sign-in-failed");
    let mira = app.anonymous().signed_in("mira", "another password of mira's").await;
    // Disabled, and back.
    administrator.post("/api/disable-user", &[("id", &id)]).await;
    assert_eq!(mira.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(problem(&mira.sign_in("mira", "another password of mira's").await), "sign-in-failed");
    administrator.post("/api/enable-user", &[("id", &id)]).await;
    app.anonymous().signed_in("mira", "another password of mira's").await;

    let about_mira: Vec<_> =
        events(&app).await.into_iter().filter(|event| event.target == "mira" && event.actor == "admin").collect();
    let told: Vec<_> = about_mira
        .iter()
        .map(|event| (event.action.name(), event.before.as_str(), event.after.split("valid until").next().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("user.added", "", "operator, scope 111122223333/eu-west-1/orders-*"),
            ("user.link-made", "", ""),
            ("user.rights-set", "operator, scope 111122223333/eu-west-1/orders-*", "viewer, scope *"),
            ("user.link-made", "", ""),
            ("user.disabled", "active", "disabled"),
            ("user.enabled", "disabled", "active"),
        ]
    );
    assert!(about_mira.iter().all(|event| event.address == "127.0.0.1"));
}

#[tokio::test]
async fn nobody_is_left_without_an_administrator() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let id = user(&app, "admin").await.id;
    let demoted = administrator.post("/api/set-user-rights", &[("id", &id), ("role", "viewer"), ("scope", "*")]).await;
    assert_eq!(problem(&demoted), "last-admin");
    let disabled = administrator.post("/api/disable-user", &[("id", &id)]).await;
    assert_eq!(problem(&disabled), "last-admin");
    assert!(
        administrator.get(disabled.location()).await.body.contains("This would leave nobody to administer Keystream.")
    );
    let other = user(&app, "viewer").await.id;
    administrator.post("/api/set-user-rights", &[("id", &other), ("role", "admin"), ("scope", "*")]).await;
    administrator.post("/api/disable-user", &[("id", &id)]).await;
    assert_eq!(administrator.get("/streams").await.status, StatusCode::SEE_OTHER, "two were enough");
}

#[tokio::test]
async fn who_changes_the_own_password_stays_signed_in_here_only() {
    let app = TestApp::start().await;
    let here = app.actor(Role::Viewer).await;
    let elsewhere = app.actor(Role::Viewer).await;
    let change = |present: &'static str, new: &'static str| {
        let here = &here;
        async move { here.post("/api/change-password", &[("present_password", present), ("new_password", new)]).await }
    };
    for (present, new, expected) in [
        (WRONG, "a new password of mine", "password-wrong"),
        (PASSWORD, "short", "password-length"),
        (PASSWORD, "viewer-viewer-viewer", "password-common"),
    ] {
        let answer = change(present, new).await;
        assert_eq!((problem(&answer), answer.headers.contains_key("set-cookie")), (expected, false), "{new}");
        assert!(here.get(answer.location()).await.body.contains("role=\"alert\""), "{new}");
    }
    let changed = change(PASSWORD, "a new password of mine").await;
    assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, "/settings?done=password-changed"));
    let still_here = Actor { cookie: Some(changed.cookie()), ..here };
    assert_ne!(still_here.cookie, here.cookie, "another id");
    assert_eq!(still_here.get("/streams").await.status, StatusCode::OK);
    assert_eq!(here.get("/streams").await.status, StatusCode::SEE_OTHER, "the former id is dead");
    assert_eq!(elsewhere.get("/streams").await.status, StatusCode::SEE_OTHER);
    app.anonymous().signed_in("viewer", "a new password of mine").await;
}

#[tokio::test]
async fn fields_that_a_form_does_not_have_change_nothing() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let own = user(&app, "viewer").await;
    let fields = [
        ("present_password", PASSWORD),
        ("new_password", "a new password of mine"),
        ("id", &user(&app, "admin").await.id),
        ("user_id", &user(&app, "admin").await.id),
        ("role", "admin"),
        ("scope", "*"),
        ("is_break_glass", "1"),
    ];
    assert_eq!(viewer.post("/api/change-password", &fields).await.location(), "/settings?done=password-changed");
    let after = user(&app, "viewer").await;
    assert_eq!((after.role, after.is_break_glass, after.scope), (own.role, false, own.scope));
    app.anonymous().signed_in("admin", PASSWORD).await;
    let sign_in = [
        ("user_name", "viewer"),
        ("password", "a new password of mine"),
        ("role", "admin"),
        ("user_id", "x"),
        ("sudo_until", "1"),
    ];
    let answer = app.anonymous().post("/api/sign-in", &sign_in).await;
    let smuggler = Actor { cookie: Some(answer.cookie()), ..app.anonymous() };
    assert_eq!(smuggler.get("/settings/users").await.status, StatusCode::FORBIDDEN);
}
