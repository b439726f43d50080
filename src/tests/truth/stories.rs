//! Faults found earlier, each as a script that ends the same way every time. The scripts say what happens, never what a
//! page should say: the oracle must find the mistakes itself.

use serde_json::{Value, json};

use super::{
    super::support::{ACCOUNT, REGION, TestApp, until},
    log::STREAM,
    stage::{Watch, begin, place},
};

/// KMS refuses every call.
fn kms_denied() -> (&'static str, Value) {
    let denied =
        json!({"refuse": {"code": "AccessDeniedException", "message": "not authorized to perform: kms:DescribeKey"}});
    ("faults", json!({"operation": "DescribeKey", "times": 1_000_000, "fault": denied}))
}

const START: &str = "StartStreamEncryption";
const STOP: &str = "StopStreamEncryption";
const READ: &str = "DescribeStreamSummary";

#[track_caller]
fn assert_true(watch: &Watch<'_>) {
    if let Err(why) = watch.verdict() {
        panic!("{why}");
    }
}

/// A settled disable of the stream.
async fn settled_disable(watch: &Watch<'_>) -> String {
    let id = watch.change("disable", None).await.expect("a disable is offered");
    watch.app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    id
}

async fn has_read(app: &TestApp, encryption: &str) {
    until(|| async {
        let calls = app.call_log().await;
        let last = calls.iter().rev().find(|call| call["operation"] == READ && call["described"].is_object())?;
        (last["described"]["encryption"] == encryption && last["described"]["status"] == "ACTIVE").then_some(())
    })
    .await;
}

/// Points an alias at another key.
async fn repoint(watch: &Watch<'_>, alias: &str) {
    watch.key(json!({"id": "0b0b0b0b-1111-4222-8333-444455556666", "alias": alias})).await;
}

#[tokio::test]
async fn case_1_a_key_change_whose_answer_is_lost_and_somebody_elses_reshard() {
    let app = begin(vec![kms_denied()]).await;
    let mut watch = Watch::of(&app).await;
    watch.fault(START, 1, json!("drop-request")).await;
    let id = watch.change("enable", Some("alias/ledger")).await.expect("an enable over the top is offered");
    app.change_when(&id, |change| change.evidence.outcome_unknown.is_some()).await;
    watch.stream(json!({"reshard_ms": 400})).await;
    watch.look_until_ended(&id, 4_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_1_a_key_change_that_aws_accepts_and_that_keeps_the_old_key() {
    let app = begin(vec![kms_denied()]).await;
    let mut watch = Watch::of(&app).await;
    watch.fault(START, 1, json!("keep-state")).await;
    let id = watch.change("enable", Some("alias/ledger")).await.expect("an enable over the top is offered");
    watch.look_until_ended(&id, 4_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_2_an_enable_with_the_name_of_before_that_is_over_before_the_first_read() {
    let app = begin(vec![("settings", json!({"transition_ms": 1}))]).await;
    let mut watch = Watch::of(&app).await;
    // The previous key is known.
    watch.filled("disable", "", None).await;
    repoint(&watch, "alias/orders").await;
    let id = watch.change("enable", Some("alias/orders")).await.expect("an enable is offered");
    watch.look_until_ended(&id, 8_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_2_two_minutes_in_which_the_stream_was_updating_too() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    watch.fault(STOP, 1, json!("drop-request")).await;
    let id = watch.change("disable", None).await.expect("a disable is offered");
    watch.look_for(2_000).await;
    watch.stream(json!({"reshard_ms": 4_000})).await;
    watch.look_until_ended(&id, 8_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_3_a_disable_with_another_form_of_the_key_that_is_lost() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    watch.fault(STOP, 1, json!({"refuse": {"code": "InvalidArgumentException", "message": "no such key"}})).await;
    let id = watch.change("disable", None).await.expect("a disable is offered");
    app.change_when(&id, |change| !change.is_active()).await;
    watch.fault(STOP, 1, json!("drop-request")).await;
    let arn = app.call_log().await.iter().find_map(|call| call["found_key"]["arn"].as_str().map(ToOwned::to_owned));
    let id = watch.change("disable", arn.as_deref()).await.expect("a disable with another form is offered");
    watch.look_until_ended(&id, 8_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_5_somebody_disables_the_stream_while_kms_is_asked_before_an_enable() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    for nth in 1..=4 {
        watch.history.push(format!("asked for the {nth}. time"));
        if let Some(id) = watch.enable_asleep("alias/ledger", nth).await {
            watch.look_until_ended(&id, 4_000).await;
        }
        watch.look().await;
        app.forget_orders().await;
        watch.stream(json!({"key": "alias/orders"})).await;
        watch.read_afresh().await;
        watch.pass(300).await;
    }
    assert_true(&watch);
}

#[tokio::test]
async fn case_7_two_stale_reads_with_many_of_the_wanted_state_between_them() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    settled_disable(&watch).await;
    for _ in 0..2 {
        watch.look_for(1_500).await;
        watch.when("before", READ, json!({"key": "alias/orders"})).await;
        watch.when("after", READ, json!({"key": ""})).await;
        watch.look_for(1_500).await;
        has_read(&app, "NONE").await;
    }
    watch.look_for(1_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_8_an_undo_that_kms_refuses() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    let id = settled_disable(&watch).await;
    watch.look().await;
    watch.fault(START, 1, json!({"refuse": {"code": "KMSAccessDeniedException", "message": "not authorized"}})).await;
    let fields =
        watch.filled("enable", &format!("?undo={id}"), Some("alias/orders")).await.expect("an undo is offered");
    let undo = watch.confirm("enable", &fields).await.expect("it leads to its change");
    watch.look_until_ended(&undo, 4_000).await;
    watch.look_for(1_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_11_the_page_of_a_settled_disable_after_its_undo() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    settled_disable(&watch).await;
    let undo = watch.change("enable", Some("alias/orders")).await.expect("an undo is offered");
    watch.look_until_ended(&undo, 4_000).await;
    has_read(&app, "KMS").await;
    watch.look_for(1_000).await;
    assert_true(&watch);
}

async fn settled_disable_and_then(order: Value) {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    settled_disable(&watch).await;
    watch.stream(order).await;
    watch.read_afresh().await;
    watch.pass(1_000).await;
    watch.look_for(1_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_11_the_page_of_a_settled_disable_after_the_stream_was_deleted() {
    settled_disable_and_then(json!({"delete": true})).await;
}

#[tokio::test]
async fn case_11_the_page_of_a_settled_disable_after_the_stream_was_made_anew() {
    settled_disable_and_then(json!({"recreate": true, "key": "alias/orders"})).await;
}

#[tokio::test]
async fn case_11_the_page_of_a_settled_disable_while_its_target_is_paused() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    settled_disable(&watch).await;
    has_read(&app, "NONE").await;
    let paused = [("id", format!("{ACCOUNT}/{REGION}")), ("minutes", "240".to_owned())];
    let paused = paused.each_ref().map(|(name, value)| (*name, value.as_str()));
    watch.operator.post("/api/pause-target", &paused).await;
    watch.pass(4_500).await;
    watch.look_for(1_500).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_12_retention_that_is_raised_after_settled() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    settled_disable(&watch).await;
    watch.look().await;
    watch.stream(json!({"retention_hours": 168})).await;
    watch.read_afresh().await;
    watch.pass(800).await;
    watch.look_for(1_000).await;
    assert_true(&watch);
}

#[tokio::test]
async fn case_16_a_key_that_its_alias_meant_before() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    watch.filled("disable", "", None).await;
    let former =
        app.call_log().await.iter().find_map(|call| call["found_key"]["arn"].as_str().map(ToOwned::to_owned)).unwrap();
    repoint(&watch, "alias/orders").await;
    watch.change("enable", Some("alias/orders")).await.expect("an enable is offered");
    watch.look_for(2_000).await;
    // Back to the previous key, which AWS never mentioned.
    watch.change("enable", Some(former.as_str())).await;
    watch.look_for(600).await;
    watch.stream(json!({"key": ""})).await;
    watch.read_afresh().await;
    has_read(&app, "NONE").await;
    watch.look_for(1_500).await;
    assert_true(&watch);
}

#[tokio::test]
async fn a_quiet_stream_is_told_as_it_is() {
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    watch.look_for(600).await;
    // A stream that someone else created.
    app.control("streams", place(json!({"name": STREAM, "key": "alias/other", "is_called": true}))).await;
    watch.look_for(600).await;
    watch.read_afresh().await;
    watch.look_for(1_500).await;
    assert_true(&watch);
}
