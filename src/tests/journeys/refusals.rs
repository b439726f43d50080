//! What AWS refuses, and what is refused before AWS is asked.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;

use super::how;
use crate::{
    model::{
        access::identity::Role,
        change::{
            Acceptance, Action, Change, End, Ending,
            refusal::{Obstacle, RefusalKind},
        },
        stream::encryption::KeyId,
        time::{DAY_MS, MINUTE_MS},
    },
    server::{
        adapters::{
            aws::{SendOutcome, StreamRef, targets},
            clock::{Clock, Freshness, SystemClock},
            store::{Inserted, NewChange},
        },
        config::TargetSettings,
    },
    tests::support::{ACCOUNT, REGION, TestApp, borrowed},
    view::refusal,
};

/// AWS's code and message, what Keystream takes it for, and words of what it says then.
const REFUSALS: [(&str, &str, RefusalKind, &str); 10] = [
    (
        "InvalidArgumentException",
        "KeyId is bad",
        RefusalKind::InvalidArgument,
        "AWS did not accept a value in the request. This request changed nothing. Sent: stream ARN \
        arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod, type KMS, key alias/orders.",
    ),
    (
        "ValidationException",
        "1 validation error detected",
        RefusalKind::InvalidArgument,
        "try another form of the same key.",
    ),
    (
        "LimitExceededException",
        "Rate exceeded for stream",
        RefusalKind::TooFast,
        "AWS is throttling requests in 111122223333, eu-west-1. This request changed nothing. Try again in a \
        minute;",
    ),
    (
        "LimitExceededException",
        "some limit",
        RefusalKind::LimitUnclear { counted: 0 },
        "or 25 disables in 24 hours (counted: 0). This request changed nothing.",
    ),
    (
        "ResourceInUseException",
        "busy",
        RefusalKind::ResourceInUse,
        "The stream was not ACTIVE when the request arrived. This request changed nothing. Read just now: ACTIVE, \
        KMS.",
    ),
    (
        "ResourceNotFoundException",
        "none",
        RefusalKind::ResourceNotFound,
        "This request changed nothing. The stream may be deleted, or the Region or account may be wrong. Read just \
            now: ACTIVE, KMS. The stream exists, so suspect the key",
    ),
    (
        "AccessDeniedException",
        "User is not authorized <b>",
        RefusalKind::AccessDenied,
        "Needed: kinesis:StopStreamEncryption on the stream and on key alias/orders.",
    ),
    (
        "ExpiredTokenException",
        "expired",
        RefusalKind::CredentialsExpired,
        "Credentials expired. AWS refused the credentials. This request changed nothing. Next: renew them",
    ),
    (
        "InvalidSignatureException",
        "Signature expired: 20261122T120000Z is now earlier",
        RefusalKind::ClockDiffers { minutes: Some(10) },
        "clock is off by about 10 min. This request changed nothing. Next: set the clock.",
    ),
    ("NovelException", "what is this", RefusalKind::Other, "AWS refused the request. This request changed nothing."),
];

#[tokio::test]
async fn refusals_of_aws_are_rejected_with_its_words() {
    for (code, message, kind, words) in REFUSALS {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        if code == "InvalidSignatureException" {
            app.clock.advance(10 * MINUTE_MS);
        }
        app.control(
            "faults",
            json!({"operation": "StopStreamEncryption", "fault": {"refuse": {"code": code, "message": message}}}),
        )
        .await;
        let operator = app.actor(Role::Operator).await;
        let id = operator.disable("orders-prod").await;
        // One more read explains some refusals.
        let is_explained = |change: &Change| match how(change.end.as_ref()) {
            Some(End::Rejected(refusal)) => refusal.read_after.is_some() || !words.contains("Read just now"),
            _ => false,
        };
        let change = app.change_when(&id, is_explained).await;
        let Some(End::Rejected(rejected)) = how(change.end.as_ref()) else { panic!("{code}: {change:?}") };
        assert_eq!(rejected.kind, kind, "{code}");
        let said = rejected.aws.clone().unwrap();
        assert_eq!((said.code.as_str(), said.message.as_str(), said.request_id.unwrap().len()), (code, message, 36));
        let text = refusal::sentence(rejected, &change);
        assert!(text.contains(words), "{code}: {text}");
        let page = operator.get(&format!("/changes/{id}")).await.body;
        assert!(
            page.contains("<strong>Rejected") && page.contains("This request changed nothing.") && page.contains(code),
            "{page}"
        );
        assert_eq!(app.calls("StopStreamEncryption").await, 1, "{code}");
    }
}

#[tokio::test]
async fn a_limit_after_25_disables_is_the_quota() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    app.control(
        "faults",
        json!({"operation": "StopStreamEncryption", "fault": {"refuse": {"code": "X", "message": "x"}}}),
    )
    .await;
    let first = operator.disable("orders-prod").await;
    let model = app.change_when(&first, |change| !change.is_active()).await;
    let now = app.state.clock.now();
    let mut tx = app.store.write().await.unwrap();
    for number in 0..25 {
        let mut change = model.clone();
        change.id = format!("earlier{number:09}");
        change.evidence.sent_at = Some(now.plus_millis(-1_000 * (number + 1)));
        change.evidence.accepted = Some(Acceptance { at: now, request_id: None });
        change.end = Some(Ending { at: now, how: End::Settled });
        let request_id = format!("r{number}");
        let new =
            NewChange { change: &mut change, user_id: "u", request_id: &request_id, form_hash: "h", intent_mac: "" };
        assert!(matches!(app.store.insert_change(&mut tx, new).await.unwrap(), Inserted::Recorded { .. }));
    }
    tx.commit().await.unwrap();
    let limit = json!({
        "operation": "StopStreamEncryption",
        "fault": {"refuse": {"code": "LimitExceededException", "message": "a limit"}},
    });
    app.control("faults", limit).await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
    assert!(page.contains("25 of 25 disables of this stream in the last 24 hours are used."), "{page}");
    let mut fields = operator.confirmation("orders-prod").await;
    let refused = operator.post("/api/disable", &borrowed(&fields)).await;
    assert!(refused.location().contains("problem=quota-used"), "{}", refused.location());
    fields.push(("quota_reason".to_owned(), "the key is gone".to_owned()));
    let sent = operator.post("/api/disable", &borrowed(&fields)).await;
    let id = sent.location().strip_prefix("/changes/").unwrap().to_owned();
    let change = app.change_when(&id, |change| !change.is_active()).await;
    let Some(End::Rejected(refusal)) = how(change.end.as_ref()) else { panic!("{change:?}") };
    assert_eq!(refusal.kind, RefusalKind::QuotaUsed { next_frees_at: now.plus_millis(DAY_MS) });
}

#[tokio::test]
async fn what_cannot_have_left_was_not_sent() {
    let app = TestApp::start().await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let plain = app.simulator.replace("http://", "https://");
    for (endpoint, key, expected) in [
        ("http://127.0.0.1:9", Some(ACCOUNT), Obstacle::ConnectionRefused),
        ("http://nowhere.invalid", Some(ACCOUNT), Obstacle::NameNotResolved),
        (plain.as_str(), Some(ACCOUNT), Obstacle::TlsFailed),
    ] {
        let settings = TargetSettings {
            account: Some(ACCOUNT.parse().unwrap()),
            region: Some(REGION.parse().unwrap()),
            endpoint: Some(endpoint.to_owned()),
            simulator_access_key: key.map(ToOwned::to_owned),
            ..TargetSettings::default()
        };
        let targets = targets::load(&[settings], &clock, None).await.unwrap();
        let arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod".parse().unwrap();
        let (stream, key, read) =
            (StreamRef::Arn(arn), KeyId::as_reported("alias/orders").unwrap(), Freshness::begin(&clock));
        let outcome = targets[0].kinesis.change_encryption(Action::Disable, &stream, &key, &read).await;
        let SendOutcome::Rejected(refusal) = outcome else { panic!("{endpoint}: {outcome:?}") };
        let RefusalKind::NotSent { obstacle, detail } = &refusal.kind else { panic!("{endpoint}: {refusal:?}") };
        assert_eq!(*obstacle, expected, "{endpoint}: {detail}");
        assert!(refusal.aws.is_none());
        let failure = targets[0].read(&"orders-prod".parse().unwrap()).await.unwrap_err();
        assert!(failure.why.starts_with(&format!("AWS could not be reached: {} (", expected.name())), "{failure}");
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn what_changed_since_the_form_was_shown_is_refused_without_a_call() {
    let orders = [
        ("NotActive", json!({"reshard_ms": 60_000})),
        ("AlreadyNotEncrypted", json!({"key": ""})),
        ("Changed", json!({"key": "alias/other"})),
        ("EncryptionUnstated", json!({"hides_encryption": true})),
        ("Replaced", json!({"recreate": true, "key": "alias/orders"})),
    ];
    for (what, mut order) in orders {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        let operator = app.actor(Role::Operator).await;
        let fields = operator.confirmation("orders-prod").await;
        for (name, value) in [("account", ACCOUNT), ("region", REGION), ("name", "orders-prod")] {
            order[name] = json!(value);
        }
        app.control("streams", order).await;
        let answer = operator.post("/api/disable", &borrowed(&fields)).await;
        let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
        let change = app.store.change(&id).await.unwrap().unwrap();
        let Some(End::Rejected(refusal)) = how(change.end.as_ref()) else { panic!("{what}: {change:?}") };
        let RefusalKind::Precondition(precondition) = &refusal.kind else { panic!("{what}: {refusal:?}") };
        assert!(format!("{precondition:?}").starts_with(what), "{what}: {precondition:?}");
        assert!(operator.get(answer.location()).await.body.contains("This request changed nothing."), "{what}");
        assert_eq!(app.calls("StopStreamEncryption").await, 0, "{what}");
        // By wasm the same refusal comes as words for the open dialog.
        let by_wasm = operator
            .call(
                "/api/disable",
                &borrowed(&crate::tests::support::with(&fields, "request_id", "ffffffffffffffffffff")),
            )
            .await;
        assert_eq!(by_wasm.status, StatusCode::OK);
        assert!(by_wasm.body.starts_with("{\"Rejected\":"), "{what}: {}", by_wasm.body);
    }
}
