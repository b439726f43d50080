//! Keys that streams use or still need: until when, which key an alias meant, and what KMS says of each.

use serde_json::{Value, json};

use super::support::{ACCOUNT, Actor, REGION, TestApp, until};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        change::{
            Change, End, Ending,
            refusal::{Precondition, RefusalKind},
        },
        keys::KeyLook,
        stream::encryption::KeyId,
        time::{HOUR_MS, MINUTE_MS},
    },
    view::{pages::KeyCard, refusal},
};

const OTHER: &str = "0f0e0d0c-0b0a-4a0b-8c0d-0e0f0a0b0c0d";
const OTHER_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/0f0e0d0c-0b0a-4a0b-8c0d-0e0f0a0b0c0d";

async fn order(app: &TestApp, path: &str, mut order: Value) {
    order["account"] = json!(ACCOUNT);
    order["region"] = json!(REGION);
    app.control(path, order).await;
}

async fn operator(app: &TestApp) -> Actor<'_> {
    app.known("orders-prod").await;
    app.actor(Role::Operator).await
}

/// A page's text without the escapes of HTML.
fn plain(page: &str) -> String {
    page.replace("&#x27;", "'").replace("&#39;", "'")
}

async fn settled(app: &TestApp, id: &str) -> Change {
    let change = app.change_when(id, |change| !change.is_active()).await;
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    change
}

fn cards(app: &TestApp) -> Vec<KeyCard> {
    app.state.changes.keys.cards(&app.state.inventory, &Scope::parse("111122223333/eu-west-1/orders-prod").unwrap())
}

/// The ARN that `alias/orders` is seen to mean while orders-prod uses it.
async fn arn_in_use(app: &TestApp) -> String {
    until(|| async { cards(app).into_iter().find(|card| card.using == 1).and_then(|card| card.arn) }).await
}

async fn point_elsewhere(app: &TestApp) {
    order(app, "keys", json!({"alias": "alias/orders", "id": OTHER})).await;
    // What KMS said is remembered for a minute.
    app.clock.advance(2 * MINUTE_MS);
}

fn alarms(app: &TestApp) -> Vec<String> {
    app.state.changes.keys.alarms(&Scope::everything()).into_iter().map(|alarm| alarm.text).collect()
}

async fn alarm_with(app: &TestApp, words: &str) -> String {
    app.clock.advance(6 * MINUTE_MS);
    until(|| async { alarms(app).into_iter().find(|alarm| alarm.contains(words)) }).await
}

#[tokio::test]
async fn a_retention_that_grows_moves_the_date_wherever_it_stands() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let stream = app.known("orders-prod").await;
    let change = settled(&app, &operator.disable("orders-prod").await).await;
    let needed = || app.state.inventory.stream(&stream).unwrap().0.needed_keys;
    let before = until(|| async { needed().first().cloned() }).await.until;
    let page = operator.get(&change.path()).await.body;
    assert!(page.contains(&format!(" until {}", before.day_and_minute())), "{page}");

    order(&app, "streams", json!({"name": "orders-prod", "retention_hours": 168})).await;
    app.clock.advance(MINUTE_MS);
    let after = until(|| async { needed().first().filter(|needed| needed.until > before).cloned() }).await.until;
    assert_eq!(after.millis_since(before), 144 * HOUR_MS);
    for path in [change.path(), stream.path(), "/streams?cols=needed-keys".to_owned(), "/keys".to_owned()] {
        let page = operator.get(&path).await.body;
        assert!(page.contains(&after.day_and_minute()), "{path}: {page}");
        assert!(
            !page.contains(&format!("until {}", before.day_and_minute())),
            "{path} still has the former date: {page}"
        );
    }
    let page = operator.get(&change.path()).await.body;
    assert!(page.contains(&format!(" until {}", after.day_and_minute())), "{page}");
}

#[tokio::test]
async fn an_enable_with_a_re_pointed_alias_leaves_the_former_key_needed_and_uses_the_new_one() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let stream = app.known("orders-prod").await;
    // AWS reports the keys themselves: with the alias in both reports nobody could tell that the enable took effect.
    app.control("settings", json!({"transition_ms": 2_000, "canonical_keys": true})).await;
    let former = arn_in_use(&app).await;
    point_elsewhere(&app).await;
    let enabled = settled(&app, &operator.enable("orders-prod", "alias/orders").await).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let disabled = settled(&app, &operator.disable("orders-prod").await).await;

    let uses = || app.state.inventory.key_history(&stream).uses;
    let before = uses();
    assert_eq!(before.len(), 2, "{before:?}");
    app.state.inventory.note_key_change(&enabled);
    assert_eq!(uses(), before, "what is known already changes nothing");
    let mut nobodys = enabled.clone();
    nobodys.intent.arn = enabled.intent.arn.to_string().replace("orders-prod", "nobody").parse().unwrap();
    app.state.inventory.note_key_change(&nobodys);
    assert!(app.state.inventory.stream(&nobodys.stream_id()).is_none(), "a change makes no stream");

    let both = |card: &KeyCard| card.arn.as_deref() == Some(former.as_str()) || card.arn.as_deref() == Some(OTHER_ARN);
    let found: Vec<KeyCard> = cards(&app).into_iter().filter(both).collect();
    assert_eq!(found.len(), 2, "{:?}", cards(&app));
    let free =
        |arn: &str| found.iter().find(|card| card.arn.as_deref() == Some(arn)).and_then(|card| card.free_at).unwrap();
    assert!(free(&former) < free(OTHER_ARN), "the former was out of use sooner");
    for path in ["/keys".to_owned(), stream.path()] {
        let page = operator.get(&path).await.body;
        assert!(page.contains(&former) && page.contains(OTHER_ARN), "{path}: {page}");
    }
    for (change, arn) in [(&enabled, former.as_str()), (&disabled, OTHER_ARN)] {
        let page = operator.get(&change.path()).await.body;
        assert!(page.contains(&format!(" until {}", free(arn).day_and_minute())), "{page}");
    }
    order(&app, "keys", json!({"id": OTHER, "state": "Disabled"})).await;
    assert!(alarm_with(&app, "is disabled").await.starts_with("key/0f0e\u{2026}0c0d"));
}

#[tokio::test]
async fn an_alias_that_was_re_pointed_while_in_use_keeps_both_keys() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let stream = app.known("orders-prod").await;
    let former = arn_in_use(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    point_elsewhere(&app).await;
    // Accepted and applied, and AWS reports what it reported before.
    let id = operator.enable("orders-prod", "alias/orders").await;
    app.change_when(&id, |change| change.evidence.accepted.is_some() && change.tallies.unjudged_since.is_some()).await;
    app.clock.advance(6 * MINUTE_MS);
    app.change_when(&id, Change::can_be_closed).await;
    operator.post("/api/close-change", &[("id", &id), ("reason", "OPS-1")]).await;
    app.change_when(&id, |change| !change.is_active()).await;
    settled(&app, &operator.disable("orders-prod").await).await;
    let arns: Vec<String> = cards(&app).into_iter().filter_map(|card| card.arn).collect();
    assert!(arns.contains(&former) && arns.contains(&OTHER_ARN.to_owned()), "{arns:?}");
    let page = operator.get(&stream.path()).await.body;
    assert!(page.contains(&former) && page.contains(OTHER_ARN), "{page}");
    order(&app, "keys", json!({"id": OTHER, "state": "Disabled"})).await;
    assert!(alarm_with(&app, "is disabled").await.starts_with("key/0f0e\u{2026}0c0d"));
}

#[tokio::test]
async fn the_key_of_then_is_not_refused_as_the_present_one_when_its_alias_was_re_pointed() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let former = arn_in_use(&app).await;
    let refused = operator.try_enable("orders-prod", &former).await;
    let refused =
        app.change_when(refused.location().strip_prefix("/changes/").unwrap(), |change| !change.is_active()).await;
    let Some(Ending { how: End::Rejected(refusal), .. }) = &refused.end else { panic!("{:?}", refused.end) };
    assert!(matches!(refusal.kind, RefusalKind::Precondition(Precondition::AlreadyEncrypted { .. })), "{refusal:?}");
    let text = refusal::sentence(refusal, &refused);
    assert!(text.contains("AWS reported orders-prod as encrypted with alias/orders just now"), "{text}");
    assert!(text.contains(", which KMS has resolved to key/") && text.contains(" since "), "{text}");

    point_elsewhere(&app).await;
    app.control("settings", json!({"transition_ms": 2_000})).await;
    settled(&app, &operator.enable("orders-prod", &former).await).await;
    // While the alias was in use it was seen to mean both.
    let needed: Vec<Option<String>> = cards(&app).into_iter().map(|card| card.arn).collect();
    assert!(needed.contains(&Some(former)) && needed.contains(&Some(OTHER_ARN.to_owned())), "{needed:?}");
}

#[tokio::test]
async fn what_kms_says_once_it_can_be_seen_is_kept() {
    let app = TestApp::start().await;
    let denied = json!({"operation": "DescribeKey", "times": 100_000, "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}}});
    app.control("faults", denied).await;
    order(&app, "streams", json!({"name": "late", "key": "alias/orders"})).await;
    app.clock.advance(2 * MINUTE_MS);
    let operator = app.actor(Role::Operator).await;
    let stream = app.known("late").await;
    let confirmation = format!("{}/disable", stream.path());
    assert!(operator.get(&confirmation).await.body.contains("be read: "));

    app.forget_faults().await;
    app.clock.advance(MINUTE_MS);
    assert!(operator.get(&confirmation).await.body.contains("(enabled)"));
    point_elsewhere(&app).await;
    settled(&app, &operator.disable("late").await).await;
    let cards =
        app.state.changes.keys.cards(&app.state.inventory, &Scope::parse("111122223333/eu-west-1/late").unwrap());
    assert_eq!(cards.iter().filter(|card| card.arn.is_some() && card.needing == 1).count(), 2, "{cards:?}");
}

#[tokio::test]
async fn every_page_warns_of_a_key_in_use_that_is_not_enabled() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    arn_in_use(&app).await;
    assert_eq!(alarms(&app), [""; 0]);
    let states = [
        ("PendingImport", "is waiting for key material (PendingImport)"),
        ("Unavailable", "is unavailable: its key store is disconnected"),
        ("PendingReplicaDeletion", "is pending deletion, once its replicas are deleted"),
        ("Updating", "is being updated"),
        ("Creating", "is being created"),
        ("Wobbling", "is in the state Wobbling"),
        ("Disabled", "is disabled"),
    ];
    for (state, words) in states {
        order(&app, "keys", json!({"alias": "alias/orders", "state": state})).await;
        let alarm = alarm_with(&app, words).await;
        assert!(alarm.contains("use or still need it") || alarm.contains("uses or still needs it"), "{alarm}");
        let page = operator.get("/streams").await.body;
        assert!(page.contains(words), "{state}: {page}");
        let confirmation = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
        assert!(confirmation.contains(words.strip_prefix("is ").unwrap()), "{state}: {confirmation}");
        assert_eq!(
            plain(&confirmation).contains("You can't go back to this key"),
            state != "Updating",
            "{state}: {confirmation}"
        );
    }
    // That KMS can't be asked any more ends no alarm; it says how old it is.
    let denied = json!({"operation": "DescribeKey", "times": 100_000, "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}}});
    app.control("faults", denied).await;
    alarm_with(&app, "is disabled").await;
    alarm_with(&app, "is disabled (as of ").await;
}

#[tokio::test]
async fn imported_material_that_expires_too_soon_is_warned_of() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    arn_in_use(&app).await;
    order(&app, "keys", json!({"alias": "alias/orders", "material_expires_in_s": 40 * 86_400})).await;
    let alarm = alarm_with(&app, "has imported key material that expires on ").await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/orders")).await.body;
    assert!(page.contains("key material expires on"), "{page}");
    // Out of use it is free long before that.
    app.control("settings", json!({"transition_ms": 1})).await;
    for name in users_of_orders(&app) {
        order(&app, "streams", json!({"name": name, "key": ""})).await;
    }
    app.clock.advance(MINUTE_MS);
    until(|| async { users_of_orders(&app).is_empty().then_some(()) }).await;
    until(|| async { (!alarms(&app).contains(&alarm) && alarms(&app).is_empty()).then_some(()) }).await;
    // Unless it expires within the retention.
    order(&app, "keys", json!({"alias": "alias/orders", "material_expires_in_s": 3_600})).await;
    alarm_with(&app, "has imported key material that expires on ").await;
    // Once expired, KMS waits for it.
    order(&app, "keys", json!({"alias": "alias/orders", "material_expires_in_s": 0})).await;
    alarm_with(&app, "is waiting for key material (PendingImport)").await;
}

fn users_of_orders(app: &TestApp) -> Vec<String> {
    let key: KeyId = "alias/orders".parse().unwrap();
    let rows = app.state.inventory.rows(&Scope::everything());
    rows.into_iter().filter(|row| row.key_id.as_ref() == Some(&key)).map(|row| row.id.name.to_string()).collect()
}

#[tokio::test]
async fn a_key_pending_deletion_is_warned_of_however_late_it_goes() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let arn = arn_in_use(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    for name in users_of_orders(&app) {
        order(&app, "streams", json!({"name": name, "key": ""})).await;
    }
    app.clock.advance(MINUTE_MS);
    until(|| async { users_of_orders(&app).is_empty().then_some(()) }).await;
    // KMS doesn't decrypt with a key that is pending deletion, though it goes long after the last record has left.
    order(&app, "keys", json!({"alias": "alias/orders", "deletion_in_days": 30})).await;
    alarm_with(&app, "is pending deletion on ").await;
    let page = operator
        .get(&format!("/keys/{}", percent_encoding::utf8_percent_encode(&arn, percent_encoding::NON_ALPHANUMERIC)))
        .await
        .body;
    assert!(page.contains("role=\"alert\""), "{page}");
}

#[tokio::test]
async fn an_enable_says_who_will_fail_with_the_key() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.known("web-clicks").await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/aws/kinesis")).await.body;
    for words in [
        "Writers without kms:GenerateDataKey and readers without kms:Decrypt on this key will start failing.",
        "Only principals of account 111122223333 can use alias/aws/kinesis.",
        "Writers and readers in other accounts will fail, and its key policy can't be changed.",
    ] {
        assert!(plain(&page).contains(words), "{words} is missing in {page}");
    }
    assert!(!page.contains("nobody needs more than before"));
}

#[tokio::test]
async fn whoever_asks_for_a_key_that_is_being_looked_at_shares_the_answer() {
    let app = TestApp::start().await;
    let stream = app.known("orders-prod").await;
    let target = app.state.inventory.target(&stream).unwrap();
    // No stream uses it: nothing else asks for it.
    let key: KeyId = "alias/old-ledger".parse().unwrap();
    let asked = async || {
        let calls = app.call_log().await;
        calls.iter().filter(|call| call["operation"] == "DescribeKey" && call["key"] == key.as_str()).count()
    };
    app.control("faults", json!({"operation": "DescribeKey", "times": 100, "fault": {"hold-answer-ms": 300}})).await;
    let keys = &app.state.changes.keys;
    let looks = tokio::join!(keys.look(&target, &key), keys.look(&target, &key), keys.look(&target, &key));
    assert!(matches!(looks.0, KeyLook::Found(_)) && looks.0 == looks.1 && looks.1 == looks.2, "{looks:?}");
    assert_eq!(asked().await, 1);
    // What decides is asked by each.
    tokio::join!(keys.look_now(&target, &key), keys.look_now(&target, &key));
    assert_eq!(asked().await, 3);
}
