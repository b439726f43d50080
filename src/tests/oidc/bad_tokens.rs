//! Bad tokens: each ends at sign-in with one sentence, one audit event and no session.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Company, company,
    keys::Key,
    provider::{DISCOVERY, SECRET},
};

const INVALID: &str = "provider-answer-invalid";
const GROUP: &str = "not-in-group";

/// Tries to sign in with tokens whose header and claims have these members.
async fn fails(company: &Company, (header, claims): (Value, Value), problem: &str, reason: &str) {
    {
        let mut script = company.provider.script.lock();
        (script.header, script.claims) = (header, claims);
    }
    let rows = company.rows().await.len();
    let answer = company.go(&company.app.anonymous(), "/auth/oidc/start?next=%2Fkeys").await;
    assert!(answer.location().ends_with("&next=%2Fkeys"), "{}", answer.location());
    company.assert_failed(&answer, problem, reason, rows).await;
    assert!(company.app.store.users().await.unwrap().iter().all(|user| user.of_provider.is_none()), "{reason}");
}

#[tokio::test]
async fn tokens_that_say_something_wrong() {
    let company = company().await;
    let now = company.app.state.clock.now().as_millis() / 1_000;
    for (claims, reason) in [
        (json!({"iss": "https://evil.example"}), "Invalid issuer"),
        (json!({"iss": format!("{}/", company.provider.issuer)}), "Invalid issuer"),
        (json!({"aud": "another-client"}), "Invalid audience"),
        (json!({"aud": ["keystream-client", "another-client"]}), "Invalid audience"),
        (json!({"aud": []}), "Invalid audience"),
        (json!({"nonce": "another"}), "nonce mismatch"),
        (json!({"nonce": null}), "missing nonce"),
        (json!({"azp": "another-client"}), "its azp is another-client"),
        (json!({"exp": now - 61}), "Expired"),
        (json!({"iat": now + 120}), "issued in the future"),
        (json!({"nbf": now + 120}), "isn't valid yet"),
        (json!({"auth_time": now + 120}), "its auth_time is in the future"),
        (json!({"exp": null}), "no usable ID token"),
        (json!({"sub": null}), "no usable ID token"),
        (json!({"sub": "\u{e4}"}), "the claim sub"),
        (json!({"sub": "x".repeat(256)}), "the claim sub"),
        (json!({"preferred_username": "a\nb", "email": null, "sub": "a/b"}), "no claim can be used as a name"),
    ] {
        fails(&company, (json!({}), claims), INVALID, reason).await;
    }
    // A minute of difference between clocks is allowed.
    company.provider.script.lock().claims =
        json!({"exp": now - 30, "iat": now + 30, "azp": "keystream-client", "aud": ["keystream-client"]});
    company.signed_in().await;
}

#[tokio::test]
async fn tokens_that_are_signed_wrong() {
    let company = company().await;
    let sign_with = |key: Key| company.provider.script.lock().signer = Some(Arc::new(key));
    sign_with(Key::None);
    fails(&company, (json!({}), json!({})), INVALID, "").await;
    fails(&company, (json!({"alg": "NONE"}), json!({})), INVALID, "").await;
    sign_with(Key::Secret(SECRET));
    fails(&company, (json!({}), json!({})), INVALID, "algorithm").await;
    fails(&company, (json!({"alg": "RS256"}), json!({})), INVALID, "Signature verification failed").await;
    // A stranger's key under the provider's name.
    sign_with(Key::rsa());
    fails(&company, (json!({}), json!({})), INVALID, "Signature verification failed").await;
    fails(&company, (json!({"crit": ["exp"]}), json!({})), INVALID, "critical").await;
    fails(&company, (json!({"typ": "logout+jwt"}), json!({})), INVALID, "JWT type").await;
    sign_with(Key::ec());
    fails(&company, (json!({"alg": "RS256"}), json!({})), INVALID, "Signature verification failed").await;
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_and_then_refused() {
    let company = company().await;
    let key = Arc::new(Key::ec());
    company.provider.script.lock().signer = Some(key.clone());
    for _ in 0..3 {
        fails(&company, (json!({"kid": "two"}), json!({})), INVALID, "a key that the provider doesn't publish").await;
    }
    assert_eq!(company.provider.calls("/jwks"), 2, "at the start, and once for the unknown key");
    // A new key of the provider is found after a minute.
    company.provider.script.lock().keys.push(("two", key));
    company.app.clock.advance(61_000);
    company.signed_in().await;
}

#[tokio::test]
async fn groups_that_give_nothing() {
    let company = company().await;
    let many: Vec<String> = (0..500).map(|n| format!("group-{n}")).collect();
    let too_many: Vec<String> = (0..2_001).map(|n| format!("group-{n}")).collect();
    for (groups, reason) in [
        (json!(null), "has no claim groups"),
        (json!([]), "no rule names one of the 0 groups"),
        (json!(["Stream-Operators", "stream-operators-2", "everyone"]), "no rule names one of the 3 groups"),
        (json!(many), "no rule names one of the 500 groups"),
        (json!(too_many), "more than 2000 groups"),
        (json!({"stream-operators": true}), "neither a text nor a list of texts"),
        (json!(["stream-operators", 7]), "neither a text nor a list of texts"),
        (json!(7), "neither a text nor a list of texts"),
        (json!("stream-operators,stream-admins"), "no rule names one of the 1 groups"),
    ] {
        fails(&company, (json!({}), json!({"groups": groups})), GROUP, reason).await;
    }
    let overage = json!({"groups": null, "_claim_names": {"groups": "src1"}});
    fails(&company, (json!({}), overage), GROUP, "because there are too many").await;
    assert_eq!(company.provider.calls(DISCOVERY), 1);
}
