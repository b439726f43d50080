//! Local accounts beside a provider, and people of the provider in user management.

use axum::http::StatusCode;
use serde_json::json;

use super::{company, company_with};
use crate::{
    model::{
        access::{actor::Actor, credentials::UserName, identity::Role, scope::Scope},
        forms::{FormMistake, Outcome},
    },
    server::{
        config::LocalSignIn,
        services::accounts::{NewUser, passwords},
    },
    tests::support::{PASSWORD, Setup},
};

#[tokio::test]
async fn only_emergency_accounts_sign_in_with_a_password_where_that_is_configured() {
    let setup = Setup { local_sign_in: LocalSignIn::BreakGlass, ..Setup::default() };
    let company = company_with(setup).await;
    let new = NewUser {
        name: UserName::parse("glass").unwrap(),
        role: Role::Admin,
        scope: Scope::everything(),
        is_break_glass: true,
    };
    let accounts = company.app.state.users.managed_by(Actor::default());
    let added = accounts.add(new, passwords::hash_now(&PASSWORD.into()).unwrap()).await.unwrap();
    assert_eq!(added, Outcome::Done(()));
    // The provider is down, as in the emergency.
    company.provider.fault(super::provider::DISCOVERY, super::provider::Fault::Status(503));
    let anonymous = company.app.anonymous();
    let wrong = anonymous.sign_in("nobody", PASSWORD).await;
    let refused = anonymous.sign_in("admin", PASSWORD).await;
    for answer in [&wrong, &refused] {
        assert!(answer.location().starts_with("/sign-in?problem=sign-in-failed&draft="), "{}", answer.location());
    }
    let page = anonymous.get(refused.location()).await.body;
    assert!(page.contains("<details open") && page.contains("<summary>Emergency account</summary>"), "{page}");
    let folded = anonymous.get("/sign-in").await.body;
    assert!(folded.contains("<details><summary>"), "{folded}");
    assert!(folded.find("Sign in with Example ID") < folded.find("Emergency account"), "{folded}");
    let glass = anonymous.signed_in("glass", PASSWORD).await;
    assert_eq!(glass.get("/settings/users").await.status, StatusCode::OK);
}

#[tokio::test]
async fn administrators_disable_people_of_the_provider_and_change_nothing_else() {
    let company = company().await;
    let browser = company.signed_in().await;
    let user = company.app.store.user_named("MIRA").await.unwrap().unwrap();
    let administrator = company.app.actor(Role::Admin).await;
    let page = administrator.get(&format!("/settings/users/{}", user.id)).await.body;
    assert!(page.contains("decide the role and the streams"), "{page}");
    for action in ["set-user-rights", "make-password-link"] {
        assert!(!page.contains(action), "{action}: {page}");
        let fields = [("id", user.id.as_str()), ("role", "admin"), ("scope", "*")];
        let answer = administrator.post(&format!("/api/{action}"), &fields).await;
        assert!(answer.location().contains("problem=user-of-provider"), "{action}: {}", answer.location());
    }
    let accounts = company.app.state.users.managed_by(Actor::default());
    let set = accounts.set_password(&user.id, "hash").await.unwrap();
    assert_eq!(set, Outcome::Mistake(FormMistake::UserOfProvider));
    let own = [("present_password", "x"), ("new_password", PASSWORD)];
    assert_eq!(browser.post("/api/change-password", &own).await.status, StatusCode::NOT_FOUND);

    administrator.post("/api/disable-user", &[("id", &user.id)]).await;
    assert_eq!(browser.get("/streams").await.location(), "/sign-in");
    let rows = company.rows().await.len();
    let answer = company.go(&company.app.anonymous(), "/auth/oidc/start").await;
    company.assert_failed(&answer, "provider-user-disabled", "the user is disabled", rows).await;
    administrator.post("/api/enable-user", &[("id", &user.id)]).await;
    company.signed_in().await;
}

#[tokio::test]
async fn a_name_of_the_provider_opens_no_local_account() {
    let company = company().await;
    company.provider.claims(json!({"preferred_username": "admin", "groups": "stream-viewers"}));
    let browser = company.signed_in().await;
    let settings = browser.get("/settings").await.body;
    assert!(settings.contains("<dd>admin (subject-1)</dd>") && settings.contains("<dd>viewer</dd>"), "{settings}");
    // Nor does a password open the account of the provider.
    let answer = company.app.anonymous().sign_in("admin (subject-1)", PASSWORD).await;
    assert!(answer.location().contains("problem=sign-in-failed"), "{}", answer.location());
}
