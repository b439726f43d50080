//! Changes that wait for a stream that is UPDATING for another reason.

use axum::http::StatusCode;
use serde_json::json;

use super::{
    crash::Moment,
    support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, hidden_fields, until, with},
};
use crate::{
    model::{
        access::identity::Role,
        change::{
            Change, End, Ending,
            refusal::{Precondition, Refusal, RefusalKind},
        },
        inventory::StreamRow,
        stream::StreamStatus,
        time::MINUTE_MS,
    },
    server::adapters::store::Page,
};

pub(super) async fn reshard(app: &TestApp, millis: u64) {
    app.known("orders-prod").await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "reshard_ms": millis}))
        .await;
}

/// The completed confirmation form of a waiting change.
async fn filled(operator: &Actor<'_>) -> Vec<(String, String)> {
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
    assert!(
        page.contains("The stream is UPDATING (not started by Keystream).") && page.contains(">Send when ACTIVE<"),
        "{page}"
    );
    assert!(!page.contains(">Disable encryption</button>"), "{page}");
    let mut fields = hidden_fields(&page);
    for (name, value) in [("typed_name", "orders-prod"), ("reason", "OPS-7"), ("wait_minutes", "15")] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    fields
}

/// Arms a disable and returns the id of its change.
pub(super) async fn arm(operator: &Actor<'_>) -> String {
    let answer = operator.post("/api/disable", &borrowed(&filled(operator).await)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().strip_prefix("/changes/").unwrap().to_owned()
}

fn how(change: &Change) -> Option<&End> {
    change.end.as_ref().map(|ending| &ending.how)
}

#[tokio::test]
async fn an_armed_change_is_sent_once_when_the_stream_is_active() {
    let app = TestApp::start().await;
    reshard(&app, 3_000).await;
    let operator = app.actor(Role::Operator).await;
    let id = arm(&operator).await;
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(
        page.contains(
            "Nothing has been sent to AWS. The stream is UPDATING (not started by Keystream). This change \
            will be sent once"
        ),
        "{page}"
    );
    assert!(page.contains("action=\"/api/cancel-change\""), "{page}");
    assert!(!app.actor(Role::Viewer).await.get(&format!("/changes/{id}")).await.body.contains("/api/cancel-change"));
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    let settled = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&settled), Some(&End::Settled));
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn a_cancelled_change_is_never_sent_and_a_sent_one_not_cancelled() {
    let app = TestApp::start().await;
    reshard(&app, 2_500).await;
    let operator = app.actor(Role::Operator).await;
    let id = arm(&operator).await;
    let answer = operator.post("/api/cancel-change", &[("id", &id)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, format!("/changes/{id}").as_str()));
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(
        page.contains("<strong>Expired")
            && page.contains("Cancelled by operator at ")
            && page.contains("Never sent, so it changed nothing."),
        "{page}"
    );
    assert!(!page.contains("/api/cancel-change"));
    // A new change of the same stream is possible at once. Once sent, it can't be cancelled.
    until(|| async {
        app.state.inventory.stream(&app.known("orders-prod").await).filter(|(row, _)| row.change.is_none()).map(|_| ())
    })
    .await;
    let second = arm(&operator).await;
    app.change_when(&second, |change| change.evidence.sent_at.is_some()).await;
    assert_eq!(operator.post("/api/cancel-change", &[("id", &second)]).await.status, StatusCode::SEE_OTHER);
    let settled = app.change_when(&second, |change| !change.is_active()).await;
    assert_eq!(how(&settled), Some(&End::Settled));
    assert_eq!(app.calls("StopStreamEncryption").await, 1, "of the second change");
    assert_eq!(operator.post("/api/cancel-change", &[("id", "nosuchchange0000")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_change_that_waited_in_vain_expires() {
    let app = TestApp::start().await;
    reshard(&app, 3_600_000).await;
    let operator = app.actor(Role::Operator).await;
    let id = arm(&operator).await;
    app.clock.advance(16 * MINUTE_MS);
    let expired = app.change_when(&id, |change| !change.is_active()).await;
    assert!(matches!(expired.end, Some(Ending { how: End::Expired, .. })), "{expired:?}");
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    let page = app.actor(Role::Operator).await.get(&format!("/changes/{id}")).await.body;
    assert!(
        page.contains("Waited until ")
            && page.contains(" for the stream to be ACTIVE.")
            && page.contains("Never sent, so it changed nothing."),
        "{page}"
    );
}

#[tokio::test]
async fn what_became_of_the_stream_meanwhile_rejects_it_unsent() {
    for (order, is_expected) in [
        (
            json!({"key": "", "status": "ACTIVE"}),
            (|p: &Precondition| *p == Precondition::AlreadyNotEncrypted) as fn(&Precondition) -> bool,
        ),
        (json!({"key": "alias/other"}), |p| matches!(p, Precondition::Changed { .. })),
        (json!({"recreate": true, "key": "alias/orders"}), |p| matches!(p, Precondition::Replaced { .. })),
    ] {
        let app = TestApp::start().await;
        reshard(&app, 60_000).await;
        let id = arm(&app.actor(Role::Operator).await).await;
        let mut order = order;
        for (name, value) in [("account", ACCOUNT), ("region", REGION), ("name", "orders-prod")] {
            order[name] = json!(value);
        }
        app.control("streams", order.clone()).await;
        let ended = app.change_when(&id, |change| !change.is_active()).await;
        let Some(End::Rejected(Refusal { kind: RefusalKind::Precondition(precondition), .. })) = how(&ended) else {
            panic!("{order}: {ended:?}");
        };
        assert!(is_expected(precondition), "{order}: {precondition:?}");
        assert_eq!(app.calls("StopStreamEncryption").await, 0, "{order}");
    }
}

#[tokio::test]
async fn an_armed_change_survives_a_restart() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    reshard(&app, 4_000).await;
    let id = arm(&app.actor(Role::Operator).await).await;
    let app = app.killed_and_started_again().await;
    assert!(app.store.change(&id).await.unwrap().unwrap().is_waiting(), "still waiting, not expired");
    let settled = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&settled), Some(&End::Settled));
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn a_wait_that_is_none_leads_back_and_records_nothing() {
    let app = TestApp::start().await;
    reshard(&app, 60_000).await;
    let operator = app.actor(Role::Operator).await;
    let fields = filled(&operator).await;
    for wait in ["0", "241", "-5", "soon"] {
        let answer = operator.post("/api/disable", &borrowed(&with(&fields, "wait_minutes", wait))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location().contains("/disable?problem=wait-invalid&draft="), "{wait}: {}", answer.location());
    }
    // Another mistake keeps all choices.
    let changed = with(&with(&fields, "typed_name", "orders"), "wait_minutes", "60");
    let answer = operator.post("/api/disable", &borrowed(&changed)).await;
    let page = operator.get(answer.location()).await.body;
    let chosen = page.split("<option ").find(|option| option.contains("selected")).unwrap_or_else(|| panic!("{page}"));
    assert!(chosen.contains("value=\"60\""), "{page}");
    // Without a wait, it is as before: rejected, because the stream isn't ACTIVE.
    let answer = operator.post("/api/disable", &borrowed(&with(&fields, "wait_minutes", ""))).await;
    let page = operator.get(answer.location()).await.body;
    assert!(
        page.contains("<strong>Rejected") && page.contains("is UPDATING, not ACTIVE, as AWS reported just now."),
        "{page}"
    );
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn a_server_that_is_read_only_sends_nothing_that_waits() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    reshard(&app, 2_000).await;
    let operator = app.actor(Role::Operator).await;
    let id = arm(&operator).await;
    let cookie = operator.cookie.clone();
    let app = app.killed_and_started_read_only().await;
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&ended), Some(&End::Expired));
    let page = Actor { cookie, ..app.anonymous() }.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains("Never sent, so it changed nothing.") && !page.contains("Waited until"), "{page}");
    // AWS is ready for it, and still nothing comes.
    until(|| async {
        let key = app.known("orders-prod").await;
        let is_active =
            |row: &StreamRow| row.status.as_ref().is_some_and(|status| status.value == StreamStatus::Active);
        app.state.inventory.stream(&key).filter(|(row, _)| is_active(row))
    })
    .await;
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn what_was_said_not_to_be_sent_is_not_sent_though_it_is_on_disk() {
    for millis in [0, 2_000] {
        let app = TestApp::start().await;
        reshard(&app, millis).await;
        let operator = app.actor(Role::Operator).await;
        let fields = if millis == 0 { operator.confirmation("orders-prod").await } else { filled(&operator).await };
        *app.crash.loses_answer_of.lock() = Some(Moment::Intent);
        let answer = operator.post("/api/disable", &borrowed(&fields)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
        assert!(answer.body.contains("Nothing was sent."), "{}", answer.body);
        let recorded = until(|| async { app.store.changes(Page { skip: 0, take: 1 }).await.unwrap().pop() }).await;
        let ended = app.change_when(&recorded.id, |change| !change.is_active()).await;
        assert_eq!(how(&ended), Some(&End::Expired), "{millis}");
        tokio::time::sleep(std::time::Duration::from_millis(millis + 500)).await;
        assert_eq!(app.calls("StopStreamEncryption").await, 0, "{millis}");
    }
}
