//! `check-config` with a provider.

use serde_json::json;

use super::{
    Company, company,
    provider::{CLIENT, DISCOVERY, Fault, SECRET},
};
use crate::{
    server::{
        cli::check_config,
        config::{Flags, Settings},
    },
    tests::{
        fleet::target,
        support::{ACCOUNT, REGION},
    },
};

async fn check(company: &Company) -> (String, Option<String>) {
    let mut settings =
        Settings::load(&Flags([("database_url".to_owned(), company.app.database_url.clone())].into()), None).unwrap();
    settings.fleet.targets = vec![target(&company.app.simulator, ACCOUNT, REGION)];
    settings.oidc.oidc_issuer = Some(company.provider.issuer.clone());
    settings.oidc.oidc_client_id = Some(CLIENT.to_owned());
    settings.oidc.oidc_client_secret = Some(SECRET.parse().unwrap());
    settings.oidc.rules = company.provider.settings().rules;
    let mut said = Vec::new();
    let checked = check_config::run(&settings, &mut said).await;
    (String::from_utf8(said).unwrap(), checked.err().map(|error| error.to_string()))
}

#[tokio::test]
async fn the_provider_is_tried_and_what_it_needs_is_said() {
    let company = company().await;
    let (said, failed) = check(&company).await;
    assert_eq!(failed, None, "{said}");
    let issuer = &company.provider.issuer;
    for line in [
        format!("provider {issuer}: 3 rules"),
        "  discovery                      ok".to_owned(),
        "  keys                           ok: 1".to_owned(),
        "  clock                          ok".to_owned(),
        "  redirect URI                   http://127.0.0.1:3000/auth/oidc/callback must be registered".to_owned(),
        "  end of its session             announced".to_owned(),
        "  claims                         an ID token needs sub and groups (the groups)".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    assert!(!said.contains(SECRET), "{said}");
    for (path, fault, line) in [
        (DISCOVERY, Fault::Status(404), "discovery                      failed: the provider answered 404"),
        (DISCOVERY, Fault::Json(json!({"issuer": "https://x"})), "failed: the provider calls itself https://x"),
        (
            "/jwks",
            Fault::Json(json!({"keys": []})),
            "keys                           failed: the provider publishes none",
        ),
    ] {
        company.provider.script.lock().faults = [(path, fault)].into();
        let (said, failed) = check(&company).await;
        assert!(said.contains(line), "{line}: {said}");
        assert_eq!(failed.as_deref(), Some("the provider failed; the lines above say why"));
    }
}
