//! Traces of changes: one for each, whichever processes work on it, and nothing private in them. What
//! becomes of the spans is tested beside the exporter, and with a receiver that others wrote in end2end/traces.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::json;
use strum::VariantArray;
use tokio::sync::mpsc::Receiver;

use super::support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, until};
use crate::{
    model::{access::identity::Role, trace_parent::TraceParent},
    server::adapters::traces::{Attribute, Kind, Sampler, Span, TraceId, channel},
};

/// What a client says about its own trace.
const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// An application whose spans come out of the receiver.
async fn traced(setup: Setup) -> (TestApp, Receiver<Span>) {
    let (traces, spans) = channel(Sampler::Always, 1_000);
    (TestApp::with(Setup { traces, ..setup }).await, spans)
}

/// Waits for the root, which comes last.
async fn whole_trace(spans: &mut Receiver<Span>) -> Vec<Span> {
    let mut trace = Vec::new();
    loop {
        let span = tokio::time::timeout(Duration::from_secs(60), spans.recv()).await;
        trace.push(span.unwrap().unwrap());
        if trace.last().is_some_and(|span| span.parent.is_none()) {
            return trace;
        }
    }
}

/// Confirms a disable with a header `traceparent` and returns the id of its change.
async fn disable(operator: &Actor<'_>, caller: &str) -> String {
    let fields = operator.confirmation("orders-prod").await;
    confirm(operator, &fields, caller).await
}

async fn confirm(operator: &Actor<'_>, fields: &[(String, String)], caller: &str) -> String {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(borrowed(fields)).finish();
    let request = operator
        .request(Method::POST, "/api/disable", "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONTENT_LENGTH, body.len())
        .header("traceparent", caller);
    let answer = operator.app.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().strip_prefix("/changes/").unwrap().to_owned()
}

fn value(span: &Span, wanted: Attribute) -> Option<&str> {
    span.attributes.iter().find(|(attribute, _)| *attribute == wanted).map(|(_, value)| value.as_str())
}

fn named<'a>(trace: &'a [Span], name: &str) -> &'a Span {
    trace.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {trace:#?}"))
}

/// One trace with one root, which spans everything.
fn check_one_trace(trace: &[Span], change_id: &str) {
    let root = trace.last().unwrap();
    for span in trace {
        assert_eq!(span.trace, TraceId::of_change(change_id), "{span:?}");
        assert_eq!(value(span, Attribute::ChangeId), Some(change_id), "{span:?}");
        assert!(root.begin <= span.begin && span.begin <= span.end && span.end <= root.end, "{span:?} in {root:?}");
        if span != root {
            assert_eq!(span.parent, Some(root.id), "{span:?}");
        }
    }
    let mut names = BTreeMap::new();
    for span in trace {
        assert_eq!(*names.entry(span.id.0).or_insert(span.name), span.name, "two spans with one id");
    }
}

/// Nothing that a person typed or is called, and no key.
fn check_privacy(trace: &[Span]) {
    let text = format!("{trace:?}");
    for private in ["OPS-1", "operator", "alias/", "127.0.0.1"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
}

#[tokio::test]
async fn a_change_is_one_trace_from_the_form_to_settled() {
    let (app, mut spans) = traced(Setup::default()).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = disable(&operator, CALLER).await;
    let trace = whole_trace(&mut spans).await;
    check_one_trace(&trace, &id);
    check_privacy(&trace);
    // Whether a read sees it UPDATING is a matter of luck.
    let names: Vec<&str> = trace.iter().map(|span| span.name).filter(|name| *name != "updating").collect();
    let call = "Kinesis.StopStreamEncryption";
    assert_eq!(names, ["requested", "sent", "accepted", call, "reached", "settled", "disable encryption"]);

    let linked: Vec<&Span> = trace.iter().filter(|span| span.caller.is_some()).collect();
    assert_eq!(linked, [named(&trace, "requested")], "the caller is a link, and no parent");
    assert_eq!((linked[0].caller, linked[0].kind), (TraceParent::parse(CALLER), Kind::Server));

    let change = app.store.change(&id).await.unwrap().unwrap();
    let accepted = change.evidence.accepted.unwrap();
    let call = named(&trace, call);
    assert_eq!((call.kind, call.end), (Kind::Client, accepted.at));
    assert_eq!(value(call, Attribute::AwsRequestId), accepted.request_id.as_deref());
    assert_eq!(named(&trace, "settled").end, change.evidence.settled_at.unwrap());

    let root = trace.last().unwrap();
    assert_eq!((root.begin, root.failure), (change.intent.requested_at, None));
    assert_eq!(value(root, Attribute::ChangeEnd), Some("settled"));
    assert_eq!(value(root, Attribute::StreamName), Some("orders-prod"));
}

#[tokio::test]
async fn a_restart_continues_the_trace() {
    let (app, mut spans) = traced(Setup { is_mortal: true, ..Setup::default() }).await;
    app.known("orders-prod").await;
    app.control("faults", json!({"operation": "StopStreamEncryption", "fault": {"hold-answer-ms": 3_000}})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    until(|| async { (app.calls("StopStreamEncryption").await == 1).then_some(()) }).await;
    let app = app.killed_and_started_again().await;
    let trace = whole_trace(&mut spans).await;
    check_one_trace(&trace, &id);
    let resumed = named(&trace, "resumed");
    assert_eq!(value(resumed, Attribute::ChangeRung), Some("sent"));
    // The first process may have been killed before it delivered what it knew.
    let sent: Vec<&Span> = trace.iter().filter(|span| span.name == "sent").collect();
    assert!(sent.len() == 2 && sent[0] == sent[1], "{sent:?}");
    let call = named(&trace, "Kinesis.StopStreamEncryption");
    assert_eq!(value(call, Attribute::ErrorType), Some("outcome_unknown"));
    assert_eq!(call.failure, Some("the answer was lost"));
    assert_eq!(trace.last().unwrap().failure, None, "it settled");
    drop(app);
}

#[tokio::test]
async fn a_change_that_had_just_ended_is_exported_again_after_a_restart() {
    let (app, mut spans) = traced(Setup { is_mortal: true, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let id = disable(&app.actor(Role::Operator).await, CALLER).await;
    let by_id = |mut trace: Vec<Span>| {
        // Only the process that took the form knows when it was recorded, and by whom.
        trace.retain(|span| span.name != "requested");
        trace.sort_by_key(|span| span.id.0);
        trace
    };
    let trace = whole_trace(&mut spans).await;
    let app = app.killed_and_started_again().await;
    let again = whole_trace(&mut spans).await;
    check_one_trace(&again, &id);
    assert_eq!(by_id(again), by_id(trace));
    drop(app);
}

#[tokio::test]
async fn a_form_that_is_refused_ends_with_its_change() {
    let (app, mut spans) = traced(Setup::default()).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": ""})).await;
    let id = confirm(&operator, &fields, CALLER).await;
    let trace = whole_trace(&mut spans).await;
    check_one_trace(&trace, &id);
    let names: Vec<&str> = trace.iter().map(|span| span.name).collect();
    assert_eq!(names, ["requested", "disable encryption"]);
}

#[tokio::test]
async fn a_refusal_is_a_failure_with_its_code() {
    let (app, mut spans) = traced(Setup::default()).await;
    app.known("orders-prod").await;
    let refuse = json!({"refuse": {"code": "LimitExceededException", "message": "alias/private is mentioned"}});
    app.control("faults", json!({"operation": "StopStreamEncryption", "fault": refuse})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let trace = whole_trace(&mut spans).await;
    check_one_trace(&trace, &id);
    check_privacy(&trace);
    let call = named(&trace, "Kinesis.StopStreamEncryption");
    assert_eq!(value(call, Attribute::ErrorType), Some("LimitExceededException"));
    assert_eq!(call.failure, Some("AWS refused the call"));
    let root = trace.last().unwrap();
    assert_eq!((root.failure, value(root, Attribute::ChangeEnd)), (Some("Rejected"), Some("rejected")));
}

/// As the table in docs/operations.md has them, in order.
#[test]
fn the_documents_list_every_attribute() {
    let document = include_str!("../../docs/operations.md");
    let (_, table) = document.split_once("\n| attribute | of | value |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let documented: Vec<String> = rows.map(|row| row.split('|').nth(1).unwrap().trim().replace('`', "")).collect();
    let declared: Vec<&str> = Attribute::VARIANTS.iter().map(|attribute| attribute.name()).collect();
    assert_eq!(documented, declared);
}
