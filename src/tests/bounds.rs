//! What AWS and clients say is kept and shown only up to a length.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    fleet::target,
    support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, until, with},
};
use crate::{
    model::{
        access::identity::Role,
        change::Action,
        inventory::StreamRow,
        stream::{StreamId, StreamName},
    },
    server::adapters::{
        aws::{SendOutcome, StreamRef, targets},
        clock::{Clock, Freshness, SystemClock},
    },
};

const MEGABYTE: usize = 1 << 20;
/// The longest answer of AWS that is read.
const LONGEST_ANSWER: usize = 16 * MEGABYTE;
/// More than any page of these tests takes when nothing on it is long.
const LONGEST_PAGE: usize = 100_000;

fn long(character: &str) -> String {
    character.repeat(MEGABYTE)
}

/// Makes every call of an operation go wrong.
async fn always(app: &TestApp, operation: &str, fault: Value) {
    app.control("faults", json!({"operation": operation, "times": 100_000, "fault": fault})).await;
}

fn row(app: &TestApp, id: &StreamId) -> StreamRow {
    app.state.inventory.stream(id).unwrap().0
}

/// The longest text of the audit chain, and the length of the chain.
async fn longest_in_audit(app: &TestApp) -> usize {
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    rows.iter().map(|row| serde_json::to_string(&row.event).unwrap().len()).max().unwrap()
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_length_and_given_up_beyond_it() {
    let app = TestApp::start().await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let target = targets::load(&[target(&app.simulator, ACCOUNT, REGION)], &clock, None).await.unwrap().remove(0);
    let orders: StreamName = "orders-prod".parse().unwrap();
    let too_long = "AWS's answer (HTTP 200) is longer than 16 MiB";
    for (fault, why) in [
        (json!({"pad-to": LONGEST_ANSWER}), None),
        (json!({"pad-to": LONGEST_ANSWER + 1}), Some(too_long)),
        (json!("endless-body"), Some(too_long)),
    ] {
        let armed =
            json!({"operation": "DescribeStreamSummary", "stream": "orders-prod", "times": 100_000, "fault": fault});
        app.control("faults", armed).await;
        let read = target.read(&orders).await;
        app.forget_faults().await;
        assert_eq!(read.err().map(|failure| failure.why).as_deref(), why, "{fault}");
    }
    // Whether a call took effect whose answer was given up isn't known.
    always(&app, "StopStreamEncryption", json!("endless-body")).await;
    let (stream, key) = (StreamRef::Name(orders), "alias/orders".parse().unwrap());
    let sent = target.kinesis.change_encryption(Action::Disable, &stream, &key, &Freshness::begin(&clock)).await;
    assert_eq!(sent, SendOutcome::Unknown { why: "an answer (HTTP 200) that is longer than 16 MiB".to_owned() });
}

#[tokio::test]
async fn a_refusal_of_a_megabyte_is_kept_and_shown_in_part() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let refusal = json!({"refuse": {"code": format!("New{}", long("c")), "message": format!("Because {}", long("m"))}});
    always(&app, "StopStreamEncryption", refusal).await;
    let id = operator.disable("orders-prod").await;
    let change = app.change_when(&id, |change| !change.is_active()).await;
    let kept = serde_json::to_string(&change).unwrap();
    assert!(kept.len() < 10_000, "{} bytes are kept", kept.len());
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(page.len() < LONGEST_PAGE, "{} bytes are shown", page.len());
    assert!(page.contains("Because mmm") && page.contains("shortened from 1048584 characters"), "{page}");
    assert!(page.contains("shortened from 1048579 characters"), "the code: {page}");
    assert!(longest_in_audit(&app).await < 10_000);
}

#[tokio::test]
async fn reads_that_fail_with_a_megabyte_make_no_row_and_no_page_long() {
    let app = TestApp::start().await;
    let id = app.known("orders-prod").await;
    let refusal = json!({"refuse": {"code": "AccessDeniedException", "message": long("m")}});
    for operation in ["DescribeStreamSummary", "ListStreams", "GetResources", "DescribeKey", "ListAliases"] {
        always(&app, operation, refusal.clone()).await;
    }
    let problem = until(|| async {
        app.clock.advance(60_000);
        row(&app, &id).problem.map(|problem| problem.why)
    });
    let problem = problem.await;
    assert!(problem.len() < 3_000 && problem.contains("shortened from"), "{} bytes: {problem:.99}", problem.len());
    let operator = app.actor(Role::Operator).await;
    for path in ["/streams".to_owned(), "/settings".to_owned(), id.path(), format!("{}/disable", id.path())] {
        let page = operator.get(&path).await;
        assert!(page.body.len() < LONGEST_PAGE, "{path}: {} bytes", page.body.len());
    }
}

#[tokio::test]
async fn long_words_tags_and_aliases_are_kept_in_part() {
    let id = StreamId::parse(ACCOUNT, REGION, "orders-prod").unwrap();
    let tag = |n: i32| json!({"Key": format!("{n}{}", "k".repeat(500)), "Value": "v".repeat(500)});
    let tags: Vec<Value> = (0..500).map(tag).collect();
    let tagged = json!([{"ResourceARN": id.arn().to_string(), "Tags": tags}]);
    let word = "W".repeat(50_000);
    let described = json!({
        "StreamStatus": word, "EncryptionType": word, "KeyId": word, "StreamModeDetails": {"StreamMode": word},
    });
    let alias = json!([{"AliasName": format!("alias/{word}"), "TargetKeyId": "12345678-1234-1234-1234-123456789012"}]);
    let patched = [
        ("GetResources", json!({"ResourceTagMappingList": tagged})),
        ("DescribeStreamSummary", json!({"StreamDescriptionSummary": described})),
        ("ListAliases", json!({"Aliases": alias})),
    ];
    let fault =
        |(operation, patch)| ("faults", json!({"operation": operation, "times": 100_000, "fault": {"patch": patch}}));
    let before = patched.map(fault).to_vec();
    let app = TestApp::with(Setup { before, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let row = until(|| async {
        let row = row(&app, &id);
        let has_tags = row.tags.as_ref().is_some_and(|tags| tags.len() > 20);
        (has_tags && row.mode.is_some()).then_some(row)
    });
    let row = row.await;
    let kept = serde_json::to_string(&row).unwrap().len();
    assert!(kept < 100_000, "{kept} bytes");
    let mode = row.mode.unwrap();
    assert!(mode.starts_with('W') && mode.ends_with("(shortened from 50000 characters)"), "{mode}");
    let operator = app.actor(Role::Operator).await;
    for path in ["/streams".to_owned(), id.path(), format!("{}/enable", id.path())] {
        let page = operator.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.len() < 2 * LONGEST_PAGE, "{path}: {} bytes", page.body.len());
    }
}

/// The size of the draft that a form leads back with.
async fn draft_behind(actor: &Actor<'_>, location: &str, user: &str) -> usize {
    let query = location.split_once('?').unwrap().1;
    let id = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "draft").unwrap().1.into_owned();
    let store = &actor.app.store;
    let user = store.users().await.unwrap().into_iter().find(|known| known.name == user);
    let user_id = user.map_or_else(String::new, |user| user.id);
    store.draft(&id, &user_id, actor.app.state.clock.now()).await.unwrap().expect("a draft is kept").len()
}

#[tokio::test]
async fn drafts_keep_no_more_of_a_field_than_its_form_takes_and_few_of_one_person() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let administrator = app.actor(Role::Admin).await;
    let text = "x".repeat(50_000);
    let fields = administrator.confirmation("orders-prod").await;
    for field in ["reason", "typed_name", "quota_reason", "wait_minutes", "key"] {
        let mut form = with(&fields, field, &text);
        if !form.iter().any(|(name, _)| name == field) {
            form.push((field.to_owned(), text.clone()));
        }
        let back = administrator.post("/api/disable", &borrowed(&form)).await;
        let kept = draft_behind(&administrator, back.location(), "admin").await;
        assert!(kept < 10_000, "{field}: {kept} bytes");
    }
    for field in ["user_name", "role", "scope"] {
        let back = administrator.post("/api/add-user", &[(field, &text), ("password", "a")]).await;
        let kept = draft_behind(&administrator, back.location(), "admin").await;
        assert!(kept < 10_000, "{field}: {kept} bytes");
    }
    let next = format!("/streams?q={text}");
    for field in [("user_name", &text), ("next", &next)] {
        let back = app.anonymous().post("/api/sign-in", &[(field.0, field.1), ("password", "a")]).await;
        let kept = draft_behind(&app.anonymous(), back.location(), "").await;
        assert!(kept < 10_000, "sign-in, {}: {kept} bytes", field.0);
    }
    let name = "n".repeat(65);
    let back = administrator.post("/api/add-user", &[("user_name", name.as_str()), ("role", "viewer")]).await;
    let page = administrator.get(back.location()).await.body;
    assert!(page.contains(&format!("value=\"{name}\"")), "what was refused comes back, not a valid part of it: {page}");

    let search = [with(&fields, "name", "orders-prod"), vec![("keys".to_owned(), text.clone())]].concat();
    let found = administrator.post("/api/choose-key", &borrowed(&search)).await;
    assert!(found.location().contains("&keys=xxx") && found.location().len() < 1_000, "{}", found.location());

    let mut locations = Vec::new();
    for _ in 0..40 {
        let back = administrator.post("/api/disable", &borrowed(&with(&fields, "reason", ""))).await;
        locations.push(back.location().to_owned());
        app.clock.advance(1);
    }
    let mut kept = Vec::new();
    let user = app.store.users().await.unwrap().into_iter().find(|user| user.name == "admin").unwrap().id;
    for location in &locations {
        let id = location.rsplit_once("draft=").unwrap().1;
        kept.push(app.store.draft(id, &user, app.state.clock.now()).await.unwrap().is_some());
    }
    assert_eq!(kept, [vec![false; 20], vec![true; 20]].concat(), "the newest are kept");
}

#[tokio::test]
async fn refused_paths_and_browsers_are_written_down_in_part() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let refused = viewer.get(&format!("/settings/users/{}", "x".repeat(60_000))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    let row = rows.iter().find(|row| row.event.action.name() == "request.refused").unwrap();
    assert!(row.event.target.starts_with("GET /settings/users/xxx"), "{}", row.event.target);
    assert!(row.event.target.len() < 1_000, "{} bytes", row.event.target.len());
    assert!(row.event.target.ends_with("(shortened from 60020 characters)"), "{}", row.event.target);
    let path = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    assert_eq!(viewer.get(&path).await.status, StatusCode::FORBIDDEN);
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    assert!(rows.iter().any(|row| row.event.target == format!("GET {path}")), "a short one is whole");
}
