//! Two processes on one Postgres, as in a rolling upgrade or behind a load balancer.

use axum::http::StatusCode;

use super::{
    database::Kind,
    support::{Actor, Setup, TestApp, borrowed, until, with},
};
use crate::{
    model::{
        access::identity::Role,
        change::{End, Ending},
        inventory::StreamRow,
        stream::{StreamStatus, encryption::EncryptionState},
        time::HOUR_MS,
    },
    server::adapters::store::Page,
};

async fn two() -> (TestApp, TestApp) {
    let setup = Setup { database: Kind::Postgres, is_mortal: true, ..Setup::default() };
    let first = TestApp::with(setup).await;
    let second = first.another().await;
    for app in [&first, &second] {
        app.known("orders-prod").await;
    }
    (first, second)
}

/// Someone's browser, routed to the other process.
fn led_to<'a>(app: &'a TestApp, actor: &Actor<'_>) -> Actor<'a> {
    Actor { cookie: actor.cookie.clone(), ..app.anonymous() }
}

#[tokio::test]
async fn what_one_does_the_other_shows_and_takes_over_when_it_dies() {
    let (first, second) = two().await;
    first.control("settings", serde_json::json!({"transition_ms": 4_000})).await;
    let here = first.actor(Role::Operator).await;
    let cookie = here.cookie.clone();
    let id = here.disable("orders-prod").await;
    let there = Actor { cookie, ..second.anonymous() };
    // The row of the list, which the other process serves from its memory.
    until(|| async { there.get("/streams").await.body.contains(&format!("/changes/{id}")).then_some(()) }).await;
    first.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    // AWS's reports meanwhile, which the first process reads for its watch.
    let key = second.known("orders-prod").await;
    let is_updating =
        |row: &StreamRow| row.status.as_ref().is_some_and(|status| status.value == StreamStatus::Updating);
    until(|| async { second.state.inventory.stream(&key).filter(|(row, _)| is_updating(row)) }).await;
    drop(first);
    let ended = second.change_when(&id, |change| !change.is_active()).await;
    assert!(matches!(ended.end, Some(Ending { how: End::Settled, .. })), "{ended:?}");
    assert!(ended.evidence.outcome_unknown.is_none(), "its acceptance was written");
    assert_eq!(second.calls("StopStreamEncryption").await, 1);
    let page = there.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains("<strong>Settled"), "{page}");
}

#[tokio::test]
async fn a_clock_that_is_off_on_one_of_them_shortens_no_wait() {
    for ahead in [HOUR_MS, -HOUR_MS] {
        let first = TestApp::with(Setup { database: Kind::Postgres, is_mortal: true, ..Setup::default() }).await;
        first.known("orders-prod").await;
        first.control("settings", serde_json::json!({"transition_ms": 1})).await;
        let second = first.another_ahead_by(ahead).await;
        let id = first.actor(Role::Operator).await.disable("orders-prod").await;
        let sent =
            first.change_when(&id, |change| change.evidence.reached_at.is_some()).await.evidence.sent_at.unwrap();
        drop(first);
        let ended = second.change_when(&id, |change| !change.is_active()).await;
        assert!(matches!(ended.end, Some(Ending { how: End::Settled, .. })), "{ended:?}");
        let waited = ended.evidence.settled_at.unwrap().millis_since(ended.evidence.reached_at.unwrap());
        assert!((5_000..60_000).contains(&waited), "{ahead}: {waited} ms");
        assert_eq!(ended.evidence.slow, None, "{ahead}");
        let own = second.actor(Role::Operator).await.enable("orders-prod", "alias/orders").await;
        let own = second.change_when(&own, |change| !change.is_active()).await;
        assert!(own.evidence.settled_at.is_some(), "it is not too late by a clock that is off: {own:?}");
        assert!(
            (0..60_000).contains(&own.intent.requested_at.millis_since(sent)),
            "{ahead}: both are dated by one clock"
        );
    }
}

#[tokio::test]
async fn what_one_has_settled_the_other_reads_at_once() {
    let (first, second) = two().await;
    let id = first.actor(Role::Operator).await.disable("orders-prod").await;
    let ended = first.change_when(&id, |change| !change.is_active()).await;
    assert!(matches!(ended.end, Some(Ending { how: End::Settled, .. })), "{ended:?}");
    let key = second.known("orders-prod").await;
    let begun = second.state.clock.steady();
    until(|| async {
        second.state.inventory.stream(&key).filter(|(row, _)| row.encryption == EncryptionState::NotEncrypted)
    })
    .await;
    let took = second.state.clock.steady().saturating_sub(begun);
    assert!(took < std::time::Duration::from_secs(20), "not only when its turn comes: {took:?}");
}

#[tokio::test]
async fn disables_of_one_stream_at_once_on_both_are_one_change() {
    let (first, second) = two().await;
    let here = first.actor(Role::Operator).await;
    let there = led_to(&second, &here);
    let fields = here.confirmation("orders-prod").await;
    let answers = futures_util::future::join_all((0..20).map(|number| {
        let (here, there, fields) = (&here, &there, &fields);
        async move {
            let fields = with(fields, "request_id", &format!("request{number:016}"));
            let actor = if number % 2 == 0 { here } else { there };
            actor.post("/api/disable", &borrowed(&fields)).await
        }
    }))
    .await;
    let all = first.store.changes(Page { skip: 0, take: 100 }).await.unwrap();
    let sent: Vec<_> = all.iter().filter(|change| change.evidence.sent_at.is_some()).collect();
    assert_eq!(sent.len(), 1);
    assert!(answers.iter().all(|answer| answer.status == StatusCode::SEE_OTHER));
    let joined = answers.iter().filter(|answer| answer.location() == format!("/changes/{}", sent[0].id)).count();
    assert!(joined >= 2, "others join the page of the one that is active: {joined}");
    first.change_when(&sent[0].id, |change| !change.is_active()).await;
    assert_eq!(first.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn a_session_is_good_on_both_and_over_on_both() {
    let (first, second) = two().await;
    let here = first.actor(Role::Operator).await;
    let there = led_to(&second, &here);
    assert_eq!(there.get("/streams").await.status, StatusCode::OK);
    there.post("/api/sign-out", &[]).await;
    assert_eq!(here.get("/streams").await.status, StatusCode::SEE_OTHER);
}
