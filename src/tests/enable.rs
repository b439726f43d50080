//! Enables: what KMS and AWS have against one, what is known of keys, and AWS's 25 a day.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, until, with};
use crate::{
    model::{
        access::identity::Role,
        change::{
            Action, Change, End, Ending, Rung, RungState,
            refusal::{KeyTrouble, Precondition, Refusal, RefusalKind},
        },
        stream::encryption::EncryptionState,
    },
    view::{ladder, refusal, summary},
};

const ARN_OF_NOBODY: &str = "arn:aws:kms:eu-west-1:444455556666:key/1d3c5b7a-9e8f-4a6b-8c2d-0f1e2d3c4b5a";

async fn ended(app: &TestApp, id: &str) -> Change {
    app.change_when(id, |change| !change.is_active()).await
}

fn rejected(change: &Change) -> &Refusal {
    match &change.end {
        Some(Ending { how: End::Rejected(refusal), .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

/// Orders something of a stream or a key of the one target.
async fn order(app: &TestApp, path: &str, mut order: Value) {
    order["account"] = json!(ACCOUNT);
    order["region"] = json!(REGION);
    app.control(path, order).await;
}

async fn operator(app: &TestApp) -> Actor<'_> {
    app.known("web-clicks").await;
    app.known("orders-prod").await;
    app.actor(Role::Operator).await
}

#[tokio::test]
async fn an_enable_walks_the_ladder_and_the_audit_chain_names_both_states() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let id = operator.enable("web-clicks", "alias/orders").await;
    let change = ended(&app, &id).await;
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    assert_eq!(change.intent.resolved.as_ref().map(|resolved| resolved.arn.account.as_str()), Some(ACCOUNT));
    assert_eq!((app.calls("StartStreamEncryption").await, app.calls("StopStreamEncryption").await), (1, 0));
    let (row, _) = app.state.inventory.stream(&app.known("web-clicks").await).unwrap();
    assert_eq!(row.encryption, EncryptionState::Encrypted);
    let page = operator.get("/audit?stream=web-clicks").await.body;
    assert!(page.contains("NONE") && page.contains("KMS alias/orders"), "{page}");
}

#[tokio::test]
async fn each_of_kms_six_errors_is_told_in_words_and_changed_nothing() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let codes = [
        ("KMSAccessDeniedException", KeyTrouble::AccessDenied, "allow kms:GenerateDataKey and kms:Decrypt"),
        ("KMSDisabledException", KeyTrouble::Disabled, "The key is disabled in KMS"),
        ("KMSInvalidStateException", KeyTrouble::InvalidState, "pending deletion or import"),
        ("KMSNotFoundException", KeyTrouble::NotFound, "KMS does not find the key or the alias"),
        ("KMSOptInRequired", KeyTrouble::OptInRequired, "not subscribed to KMS"),
        ("KMSThrottlingException", KeyTrouble::Throttling, "KMS is throttling requests"),
    ];
    for (code, trouble, words) in codes {
        let fault = json!({"operation": "StartStreamEncryption", "fault": {"refuse": {"code": code, "message": "as AWS says it"}}});
        app.control("faults", fault).await;
        let change = ended(&app, &operator.enable("web-clicks", "alias/orders").await).await;
        let refusal = rejected(&change);
        assert_eq!(refusal.kind, RefusalKind::Key(trouble));
        let text = refusal::sentence(refusal, &change);
        assert!(text.contains(words) && text.contains("This request changed nothing."), "{text}");
        assert_eq!(
            refusal.aws.as_ref().map(|aws| (aws.code.as_str(), aws.message.as_str())),
            Some((code, "as AWS says it"))
        );
    }
    assert_eq!(app.calls("StartStreamEncryption").await, 6, "none was sent twice");
}

#[tokio::test]
async fn a_lost_answer_to_an_enable_is_settled_by_reading() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("faults", json!({"operation": "StartStreamEncryption", "fault": "drop-answer"})).await;
    let change = ended(&app, &operator.enable("web-clicks", "alias/orders").await).await;
    assert!(change.evidence.outcome_unknown.is_some() && change.evidence.accepted.is_none());
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    assert_eq!(app.calls("StartStreamEncryption").await, 1);
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/ledger")).await.body;
    assert!(page.contains("0 to 1 of 25 used") || page.contains("1 of 25 used"), "{page}");
}

#[tokio::test]
async fn a_key_that_aws_reports_in_another_form_is_recognised() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"canonical_keys": true})).await;
    let change = ended(&app, &operator.enable("web-clicks", "alias/orders").await).await;
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    let (row, _) = app.state.inventory.stream(&app.known("web-clicks").await).unwrap();
    assert!(row.key_id.unwrap().as_str().starts_with("arn:aws:kms:"));
}

#[tokio::test]
async fn a_change_of_key_is_reached_only_with_the_new_key() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1_500})).await;
    let id = operator.enable("orders-prod", "alias/ledger").await;
    let accepted = app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    assert_eq!(accepted.rung(Rung::Reached), RungState::NotYet);
    assert!(
        !ladder::rung(&accepted, Rung::Accepted).contains("still"),
        "a rung below the current one says nothing about now"
    );
    let change = ended(&app, &id).await;
    let page = operator.get(&change.path()).await.body;
    assert!(page.contains(" (alias/orders)") && page.contains("Keep key/"), "{page}");
    let again = operator.try_enable("orders-prod", "alias/ledger").await;
    let again = ended(&app, again.location().strip_prefix("/changes/").unwrap()).await;
    assert!(matches!(rejected(&again).kind, RefusalKind::Precondition(Precondition::AlreadyEncrypted { .. })));
    assert_eq!(app.calls("StartStreamEncryption").await, 1);
}

#[tokio::test]
async fn somebody_elses_key_supersedes_an_enable() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let id = operator.enable("web-clicks", "alias/orders").await;
    app.change_when(&id, |change| change.evidence.reached_at.is_some()).await;
    order(&app, "streams", json!({"name": "web-clicks", "key": "alias/fraud"})).await;
    let change = ended(&app, &id).await;
    assert!(matches!(change.end, Some(Ending { how: End::Superseded { .. }, .. })), "{:?}", change.end);
    let text = summary::summary(&change).unwrap().text_at(app.state.clock.now());
    assert!(text.contains("Before, it was not encrypted."), "{text}");
}

#[tokio::test]
async fn a_disable_and_an_enable_at_once_are_one_change() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 2_000})).await;
    let disable = operator.confirmation("orders-prod").await;
    let enable = operator.enabling("orders-prod", "alias/ledger").await;
    let (disable, enable) = (borrowed(&disable), borrowed(&enable));
    let (one, other) = tokio::join!(operator.post("/api/disable", &disable), operator.post("/api/enable", &enable));
    assert_eq!(
        (one.status, one.location()),
        (other.status, other.location()),
        "both are led to the one that came first"
    );
    ended(&app, one.location().strip_prefix("/changes/").unwrap()).await;
    assert_eq!(app.calls("StartStreamEncryption").await + app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn kms_and_cloudtrail_that_hang_delay_a_confirmation_by_two_seconds_at_most() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    for operation in ["DescribeKey", "ListAliases", "ListKeys", "GetKeyRotationStatus", "LookupEvents"] {
        app.control("faults", json!({"operation": operation, "times": 1_000, "fault": "black-hole"})).await;
    }
    let begun = std::time::Instant::now();
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/fraud")).await;
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    assert_eq!(page.status, StatusCode::OK);
    for words in
        ["The list is incomplete", "CloudTrail could not be read", "cannot be seen from here", "Enable encryption<"]
    {
        assert!(page.body.contains(words), "{words} is missing in {}", page.body);
    }
    let disable = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
    assert!(disable.contains("A disable doesn't need it.") && disable.contains("Disable encryption<"), "{disable}");
}

#[tokio::test]
async fn an_enable_waits_for_its_stream_and_its_key_is_looked_at_again_before_it_is_sent() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    order(&app, "streams", json!({"name": "web-clicks", "reshard_ms": 2_500})).await;
    let mut fields = operator.enabling("web-clicks", "alias/fraud").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let answer = operator.post("/api/enable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
    app.change_when(&id, Change::is_waiting).await;
    order(&app, "keys", json!({"alias": "alias/fraud", "state": "Disabled"})).await;
    let change = ended(&app, &id).await;
    assert!(
        matches!(rejected(&change).kind, RefusalKind::Precondition(Precondition::KeyUnusable { .. })),
        "{:?}",
        change.end
    );
    assert_eq!(app.calls("StartStreamEncryption").await, 0);
}

#[tokio::test]
async fn a_key_that_cannot_be_seen_takes_a_second_press() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let fields = operator.enabling("web-clicks", ARN_OF_NOBODY).await;
    let first = operator.post("/api/enable", &borrowed(&fields)).await;
    assert!(first.location().contains("problem=key-unseen"), "{}", first.location());
    let other = operator.post("/api/enable", &borrowed(&with(&fields, "warned_key", "alias/orders"))).await;
    assert!(other.location().contains("problem=key-unseen"), "the warning was of another key");
    let second = operator.post("/api/enable", &borrowed(&with(&fields, "warned_key", ARN_OF_NOBODY))).await;
    assert!(second.location().starts_with("/changes/"), "{}", second.location());
}

#[tokio::test]
async fn the_twenty_sixth_takes_a_reason_which_stands_in_the_audit_chain() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    order(&app, "streams", json!({"name": "web-clicks", "starts_today": 25})).await;
    let fields = operator.enabling("web-clicks", "alias/orders").await;
    let refused = operator.post("/api/enable", &borrowed(&fields)).await;
    assert!(refused.location().contains("problem=quota-used"), "{}", refused.location());
    assert_eq!(app.calls("StartStreamEncryption").await, 0);
    let mut fields = fields;
    fields.push(("quota_reason".to_owned(), "the auditors wait".to_owned()));
    let sent = operator.post("/api/enable", &borrowed(&fields)).await;
    let change = ended(&app, sent.location().strip_prefix("/changes/").unwrap()).await;
    assert!(matches!(rejected(&change).kind, RefusalKind::QuotaUsed { .. }), "{:?}", change.end);
    let audit = operator.get("/audit?stream=web-clicks").await.body;
    assert!(audit.contains("with 25 counted in 24 h: the auditors wait"), "{audit}");
    let quota = app
        .state
        .changes
        .quotas
        .of_stream(Action::Enable, &change.intent.arn, crate::server::services::changes::Asking::FromMemory)
        .await
        .unwrap();
    assert_eq!((quota.count.least, quota.count.refused_at.is_some()), (25, true));
}

#[tokio::test]
async fn cloudtrail_is_asked_once_a_minute_however_many_open_the_confirmation() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let page = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    let pages = (0..10).map(|_| operator.get(&page));
    futures_util::future::join_all(pages).await;
    operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod")).await;
    assert_eq!(app.calls("LookupEvents").await, 1);
}

#[tokio::test]
async fn keys_are_shown_to_those_who_reach_their_streams() {
    let app = TestApp::with(Setup::default()).await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    ended(&app, &operator.disable("orders-prod").await).await;
    let card = until(|| async {
        let keys =
            app.state.changes.keys.cards(&app.state.inventory, &crate::model::access::scope::Scope::everything());
        keys.into_iter().find(|card| card.names == ["alias/orders"] && card.arn.is_some())
    });
    let card = card.await;
    assert_eq!((card.using, card.needing, card.free_at.is_some()), (0, 1, true));
    let page = operator.get(&card.path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("orders-prod") && page.body.contains(card.arn.as_deref().unwrap()), "{}", page.body);
    for path in ["/keys/none", "/keys/arn%3Aaws%3Akms%3Aeu-west-1%3A111122223333%3Akey%2F0"] {
        assert_eq!(operator.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let narrow = crate::model::access::scope::Scope::parse("111122223333/eu-west-1/web-*").unwrap();
    let cards = app.state.changes.keys.cards(&app.state.inventory, &narrow);
    assert!(cards.is_empty(), "{cards:?}");
}

#[tokio::test]
async fn five_hundred_shards_are_verified_in_one_call_and_a_closed_shard_is_called_closed() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    order(&app, "streams", json!({"name": "orders-prod", "shards": 500})).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    let asked = operator.post("/api/prove-by-write", &[("id", &id), ("agreed", "yes")]).await;
    assert_eq!(asked.location(), format!("/changes/{id}"));
    let proven = app.change_when(&id, |change| matches!(change.rung(Rung::Proven), RungState::Lit(_))).await;
    assert!(
        ladder::rung(&proven, Rung::Proven).contains("NONE on 500 of 500 shards."),
        "{}",
        ladder::rung(&proven, Rung::Proven)
    );
    assert_eq!(app.calls("PutRecords").await, 1);

    order(&app, "streams", json!({"name": "orders-prod", "shards": 2, "busy_shards": 1})).await;
    operator.post("/api/prove-by-read", &[("id", &id)]).await;
    until(|| async { (app.calls("GetShardIterator").await == 2).then_some(()) }).await;
    order(&app, "streams", json!({"name": "orders-prod", "shards": 1})).await;
    let read = app
        .change_when(&id, |change| {
            change
                .evidence
                .proof
                .as_ref()
                .is_some_and(|proof| proof.read.as_ref().is_some_and(|read| read.result.is_some()))
        })
        .await;
    let words = ladder::rung(&read, Rung::Proven);
    assert!(words.contains("2 shards closed meanwhile, unproven"), "{words}");
}

#[tokio::test]
async fn proof_is_refused_before_settling_to_viewers_and_for_nonsense() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 60_000})).await;
    let id = operator.disable("orders-prod").await;
    for path in ["/api/prove-by-write", "/api/prove-by-read", "/api/report-proof"] {
        let early =
            operator.call(path, &[("id", &id), ("agreed", "yes"), ("answer", "{\"EncryptionType\": \"NONE\"}")]).await;
        assert_eq!(early.status, StatusCode::NOT_FOUND, "{path}");
        let viewer = app.actor(Role::Viewer).await.call(path, &[("id", &id), ("agreed", "yes")]).await;
        assert_eq!(viewer.status, StatusCode::FORBIDDEN, "{path}");
        let nonsense = operator.post(path, &[("id", "../../x"), ("agreed", "yes"), ("answer", "{}")]).await;
        assert_eq!(nonsense.status, StatusCode::NOT_FOUND, "{path} {}", nonsense.location());
    }
    assert_eq!(app.calls("PutRecords").await + app.calls("ListShards").await, 0);
}
