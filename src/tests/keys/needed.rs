//! Keys that are still needed, and until when.

use serde_json::json;

use super::{OTHER, OTHER_ARN, alarm_with, arn_in_use, cards, operator, order, point_elsewhere, settled};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        change::{
            Change, End, Ending,
            refusal::{Precondition, RefusalKind},
        },
        keys::{KeyArn, Meant},
        stream::encryption::KeyId,
        time::{HOUR_MS, MINUTE_MS},
    },
    server::services::inventory::WatchedKey,
    tests::support::{TestApp, until},
    view::{self, pages::KeyCard},
};

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
    app.state.inventory.record_key_change(&enabled);
    assert_eq!(uses(), before, "what is known already changes nothing");
    let mut nobodys = enabled.clone();
    nobodys.intent.arn = enabled.intent.arn.to_string().replace("orders-prod", "nobody").parse().unwrap();
    app.state.inventory.record_key_change(&nobodys);
    assert!(app.state.inventory.stream(&nobodys.stream_id()).is_none(), "a change makes no stream");

    let both = |card: &KeyCard| card.arn.as_deref() == Some(former.as_str()) || card.arn.as_deref() == Some(OTHER_ARN);
    let found: Vec<KeyCard> = cards(&app).into_iter().filter(both).collect();
    assert_eq!(found.len(), 2, "{:?}", cards(&app));
    let free =
        |arn: &str| found.iter().find(|card| card.arn.as_deref() == Some(arn)).and_then(|card| card.free_at).unwrap();
    assert!(free(&former) < free(OTHER_ARN), "the former was out of use sooner");
    let short = |arn: &str| arn.parse::<KeyArn>().unwrap().short();
    let page = operator.get("/keys").await.body;
    assert!(page.contains(&former) && page.contains(OTHER_ARN), "{page}");
    let page = operator.get(&stream.path()).await.body;
    assert!(page.contains(&short(&former)) && page.contains(&short(OTHER_ARN)), "{page}");
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
    let text = view::refusal::sentence(refusal, &refused);
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
    let denied = json!({
        "operation": "DescribeKey", "times": 100_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
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
    let scope = Scope::parse("111122223333/eu-west-1/late").unwrap();
    let cards = view::keys::cards(&app.state.changes.keys.needed(&app.state.inventory, &scope));
    assert_eq!(cards.iter().filter(|card| card.arn.is_some() && card.needing == 1).count(), 2, "{cards:?}");
}

#[tokio::test]
async fn a_key_that_streams_share_is_watched_once() {
    let app = TestApp::start().await;
    for name in ["chargebacks", "invoices", "orders-prod"] {
        app.known(name).await;
    }
    let (inventory, payments): (_, KeyId) = (&app.state.inventory, "alias/payments".parse().unwrap());
    let needs = until(|| async {
        let mut needs = inventory.needed_keys(&Scope::everything(), app.state.clock.now());
        needs.retain(|need| need.key == payments);
        (needs.len() > 1 && needs.iter().all(|need| need.meant.is_some())).then_some(needs)
    });
    let needs = needs.await;
    let mut watched = inventory.watched_keys(app.state.clock.now());
    watched.retain(|watched| watched.key == payments);
    let [WatchedKey { meant, is_in_use: true, .. }] = watched.as_slice() else { panic!("{watched:?}") };
    let arn = |meant: &Option<Meant>| meant.as_ref().map(|meant| meant.arn.clone());
    for need in &needs {
        assert_eq!(arn(&need.meant), arn(meant), "{need:?}");
    }
}
