//! What a start finds: active changes, another server's lock, a demo's database.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::json;

use super::support::{ACCOUNT, Actor, REGION, Setup, TestApp, until};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        change::{Action, Change, ChangeForm, End, Ending, Rung, RungState},
        stream::StreamId,
    },
    server::{
        adapters::{
            aws::targets,
            clock::{Clock, SystemClock},
            store::{Opener, Store, StoreError, User, users},
            telemetry::LostLines,
        },
        cli::serve,
        config::{Flags, Settings, TargetSettings},
        services::inventory::Inventory,
    },
    simulator,
};

async fn mortal() -> TestApp {
    TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await
}

#[tokio::test]
async fn what_was_sent_without_a_known_answer_is_unknown_and_settled_by_reading() {
    let app = mortal().await;
    app.known("orders-prod").await;
    // The call takes effect, and its answer arrives only after the "restart".
    app.control("faults", json!({"operation": "StopStreamEncryption", "fault": {"hold-answer-ms": 3_000}})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.sent_at.is_some()).await;
    let app = app.killed_and_started_again().await;
    let unknown = app.change_when(&id, |change| change.evidence.outcome_unknown.is_some()).await;
    assert_eq!(
        unknown.evidence.outcome_unknown.unwrap().why,
        "the Keystream that sent it stopped, or was cut off, before it wrote the answer down"
    );
    app.change_when(&id, |change| change.evidence.reached_at.is_some()).await;
    assert_eq!(app.calls("StopStreamEncryption").await, 1, "nothing is sent again");
}

#[tokio::test]
async fn a_proof_that_a_crash_cuts_off_says_so_and_may_be_asked_for_again() {
    let app = mortal().await;
    app.known("orders-prod").await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    app.control("faults", json!({"operation": "PutRecords", "fault": {"hold-answer-ms": 60_000}})).await;
    operator.post("/api/prove-by-write", &[("id", &id), ("agreed", "yes")]).await;
    until(|| async { (app.calls("PutRecords").await == 1).then_some(()) }).await;
    let cookie = operator.cookie.clone();
    let app = app.killed_and_started_again().await;
    let result =
        |change: &Change| change.evidence.proof.as_ref().and_then(|proof| proof.write.as_ref()?.result.clone());
    let cut_off = app.change_when(&id, |change| result(change).is_some()).await;
    let why = result(&cut_off).unwrap().outcome.unwrap_err();
    assert_eq!(
        why,
        "Keystream stopped before it finished; marked records may have been written, and asking again writes more"
    );
    let operator = Actor { cookie, ..app.anonymous() };
    operator.post("/api/prove-by-write", &[("id", &id), ("agreed", "yes")]).await;
    let proven = app.change_when(&id, |change| matches!(change.rung(Rung::Proven), RungState::Lit(_))).await;
    assert!(result(&proven).unwrap().outcome.is_ok());
    let page = operator.get("/audit?stream=orders-prod").await.body;
    assert!(
        page.contains("change.proof-done") && page.contains("cut off") && page.contains("PutRecords answered NONE"),
        "{page}"
    );
}

#[tokio::test]
async fn what_was_never_sent_expires() {
    let app = mortal().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    // Recorded but not sent, as if the server had stopped in between.
    app.control(
        "faults",
        json!({"operation": "StopStreamEncryption", "fault": {"refuse": {"code": "X", "message": "x"}}}),
    )
    .await;
    let id = operator.disable("orders-prod").await;
    let mut change = app.change_when(&id, |change| !change.is_active()).await;
    change.id = "neversent0000000".to_owned();
    (change.evidence.sent_at, change.end) = (None, None);
    let mut tx = app.store.write().await.unwrap();
    let new = crate::server::adapters::store::NewChange {
        change: &mut change,
        user_id: "u",
        request_id: "r",
        form_hash: "h",
        intent_mac: "",
    };
    app.store.insert_change(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    let calls = app.calls("StopStreamEncryption").await;
    let cookie = operator.cookie.clone();
    let app = app.killed_and_started_again().await;
    let operator = Actor { cookie, ..app.anonymous() };
    let expired = app.change_when("neversent0000000", |change| !change.is_active()).await;
    assert!(matches!(expired.end, Some(Ending { how: End::Expired, .. })));
    assert_eq!(app.calls("StopStreamEncryption").await, calls);
    let page = operator.get("/changes/neversent0000000").await.body;
    assert!(page.contains("<strong>Expired") && page.contains("Never sent, so it changed nothing."), "{page}");
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_and_commands_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("k.db").display());
    let first = Store::open(&url, Opener::Server).await.unwrap();
    assert!(matches!(Store::open(&url, Opener::Server).await, Err(StoreError::InUse(_))));
    let command = Store::open(&url, Opener::Command).await.unwrap();
    assert!(command.users().await.unwrap().is_empty());
    drop(first);
    assert!(Store::open(&url, Opener::Server).await.is_ok(), "the lock goes with its holder");
}

#[tokio::test]
async fn serve_refuses_a_database_of_the_demo() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("k.db").display());
    let store = Store::open(&url, Opener::Server).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let name = crate::model::access::credentials::UserName::parse("viewer").unwrap();
    let user = User { is_demo: true, ..User::new(&name, Role::Viewer, None) };
    users::insert(&mut tx, &user, &name, SystemClock.now()).await.unwrap();
    tx.commit().await.unwrap();
    drop(store);
    let flags = Flags([("database_url".to_owned(), url), ("listen".to_owned(), "127.0.0.1:0".to_owned())].into());
    let error = serve::run(Settings::load(&flags, None).unwrap(), LostLines::default()).await.unwrap_err().to_string();
    assert!(error.contains("was made by the demo"), "{error}");
}

#[tokio::test]
async fn the_list_is_whole_at_once_after_a_restart() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    // Wait until the row is written.
    until(|| async {
        let stored = app.store.streams().await.unwrap();
        stored.iter().any(|stream| stream.id.name.as_str() == "orders-prod" && stream.report.is_some()).then_some(())
    })
    .await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let nowhere = TargetSettings {
        account: Some(ACCOUNT.parse().unwrap()),
        region: Some(REGION.parse().unwrap()),
        endpoint: Some("http://127.0.0.1:9".to_owned()),
        simulator_access_key: Some(ACCOUNT.to_owned()),
        ..TargetSettings::default()
    };
    let targets = targets::load(&[nowhere], &clock, None).await.unwrap();
    let inventory = Inventory::open(&app.store, targets, clock).await.unwrap();
    let key = StreamId::parse(ACCOUNT, REGION, "orders-prod").unwrap();
    let (row, report) = inventory.stream(&key).unwrap();
    assert!(report.is_some() && row.read_at.is_some(), "with the age of its read, before any call of AWS");
}

#[tokio::test]
async fn fifty_at_once_are_one_change_and_one_call() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).unwrap().1.clone();
    let requests = (0..50).map(|number| {
        let form = ChangeForm {
            account: value("account"),
            region: value("region"),
            name: value("name"),
            request_id: format!("request{number:013}"),
            shown_arn: value("shown_arn"),
            shown_created: value("shown_created"),
            shown_type: value("shown_type"),
            shown_key: value("shown_key"),
            typed_name: "orders-prod".to_owned(),
            reason: "OPS-1".to_owned(),
            ..ChangeForm::default()
        };
        let requester = crate::model::access::requester::Requester {
            user_id: format!("user{number}"),
            user_name: format!("user{number}"),
            role: Role::Operator,
            scope: Scope::everything(),
            address: String::new(),
            user_agent: String::new(),
            session_hash: String::new(),
            signed_in_at: SystemClock.now(),
            last_human_at: SystemClock.now(),
            sudo_until: None,
            break_glass_at: None,
            rights_until: None,
            is_remembered: false,
        };
        app.state.changes.requests.submit(requester, Action::Disable, form, None)
    });
    // More at once than the reserve allows to read within 3 s. Those are refused before anything is recorded as active.
    let answers = futures_util::future::join_all(requests).await;
    assert!(answers.iter().all(Result::is_ok));
    let active = app.store.changes(crate::server::adapters::store::Page { skip: 0, take: 100 }).await.unwrap();
    let sent = active.iter().filter(|change| change.evidence.sent_at.is_some()).count();
    assert_eq!(sent, 1);
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn the_simulator_never_listens_beyond_loopback() {
    let settings = simulator::Settings {
        transition: Duration::from_millis(1),
        enforces_rates: true,
        ..simulator::Settings::default()
    };
    assert!(simulator::start(SocketAddr::from(([0, 0, 0, 0], 0)), settings).await.is_err());
}
