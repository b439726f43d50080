//! No false statement: in random scenarios of faults, other people's changes and streams that are replaced, every text of
//! the list's row and of each change's ladder is held against what the simulated AWS had reported by then.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, with};
use crate::{
    model::{change::Change, identity::Role},
    server::{random, store::Stretch},
};

/// The clock goes this many times faster than the machine's.
const PACE: u32 = 20;
const STEPS: usize = 40;
const STREAM: &str = "orders-prod";

/// A call as the simulator logged it.
#[derive(Debug, Clone, Deserialize)]
struct Call {
    operation: String,
    outcome: String,
    described: Option<Described>,
    listed: Vec<(String, String)>,
    at_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Described {
    status: String,
    encryption: Option<String>,
    created: f64,
}

/// What AWS had said by the time that a page was answered.
struct Evidence {
    calls: Vec<Call>,
    /// How many of them stood in the log before the page was asked for.
    before: usize,
}

impl Evidence {
    /// The reads that the page may be of: the last two from before it was asked for (the very last may have been under
    /// way), and all since.
    fn recent<T>(&self, said: impl Fn(&Call) -> Option<T>) -> Vec<T> {
        let mut recent: Vec<T> = self.calls[self.before..].iter().filter_map(&said).collect();
        recent.extend(self.calls[..self.before].iter().rev().filter_map(&said).take(2));
        recent
    }

    fn describes_after(&self, index: usize) -> impl Iterator<Item = (&Call, &Described)> {
        self.calls[index..].iter().filter_map(|call| Some((call, call.described.as_ref()?)))
    }
}

async fn calls(app: &TestApp) -> Vec<Call> {
    app.call_log().await.into_iter().map(|call| serde_json::from_value(call).unwrap()).collect()
}

/// A page, and what AWS had said by then.
async fn page_with_evidence(actor: &Actor<'_>, path: &str) -> (String, Evidence) {
    let before = calls(actor.app).await.len();
    let page = actor.get(path).await.body;
    (page, Evidence { calls: calls(actor.app).await, before })
}

/// The words of a piece of HTML.
fn text(html: &str) -> String {
    let words: String = html
        .split('<')
        .enumerate()
        .map(|(n, part)| if n == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) })
        .collect();
    let decoded = words.replace("&quot;", "\"").replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn between<'a>(page: &'a str, from: &str, to: &str) -> Option<&'a str> {
    page.split_once(from)?.1.split_once(to).map(|(piece, _)| piece)
}

fn check_row(page: &str, evidence: &Evidence) -> Result<(), String> {
    let Some(row) = page.split("<tr").find(|row| row.contains(STREAM)) else { return Ok(()) };
    let cell =
        |label: &str| between(row, &format!("data-label=\"{label}\""), "</td>").map(|cell| text(&format!("<{cell}"))).unwrap_or_default();
    let (encryption, status) = (cell("Encryption"), cell("Status"));
    let states = evidence.recent(|call| call.described.as_ref().map(|described| described.encryption.clone()));
    let is_new = evidence
        .describes_after(0)
        .map(|(_, read)| read.created)
        .any(|created| evidence.describes_after(0).next().is_some_and(|(_, first)| (first.created - created).abs() > f64::EPSILON));
    let said = |state: &str| states.iter().any(|said| said.as_deref() == Some(state));
    let is_true = match encryption.as_str() {
        words if words.starts_with("Encrypted") => said("KMS"),
        words if words.starts_with("Not encrypted") => said("NONE"),
        // Created again under its name: what was read of the former one is dropped.
        words if words.starts_with("Unknown") => {
            states.is_empty() || states.contains(&None) || is_new || evidence.calls.iter().any(is_listing_only)
        }
        other => return Err(format!("an encryption cell that says \u{201c}{other}\u{201d}")),
    };
    if !is_true {
        return Err(format!("the row says \u{201c}{encryption}\u{201d}, AWS said {states:?}"));
    }
    let mut statuses = evidence.recent(|call| call.described.as_ref().map(|described| described.status.clone()));
    statuses.extend(evidence.recent(|call| call.listed.iter().find(|(name, _)| name == STREAM).map(|(_, status)| status.clone())));
    let word = status.split(' ').next().unwrap_or_default();
    if word != "Unknown" && !statuses.iter().any(|said| said == word) {
        return Err(format!("the row says \u{201c}{status}\u{201d}, AWS said {statuses:?}"));
    }
    Ok(())
}

fn is_listing_only(call: &Call) -> bool {
    call.operation == "ListStreams" && !call.listed.iter().any(|(name, _)| name == STREAM)
}

/// Checks the page of a change. `sent` is the place of its call among all calls of its kind; `None` if it was not sent.
fn check_change(page: &str, evidence: &Evidence, sent: Option<usize>) -> Result<(), String> {
    let ladder = between(page, "aria-label=\"Progress\"", "</ol>").ok_or("no ladder")?;
    let rungs: Vec<String> = ladder.split("<li").skip(1).map(|item| text(&format!("<{item}"))).collect();
    let summary = between(page, "<p class=\"summary", "</p>").map(|piece| text(&format!("<{piece}"))).unwrap_or_default();
    let call = sent.and_then(|nth| evidence.calls.iter().enumerate().filter(|(_, call)| call.operation == "StopStreamEncryption").nth(nth));
    let from = call.map(|(index, _)| index);
    let reads: Vec<(&Call, &Described)> = from.map(|index| evidence.describes_after(index).collect()).unwrap_or_default();
    let is = |read: &Described, status: &str, state: &str| read.status == status && read.encryption.as_deref() == Some(state);
    let wanted: Vec<u64> = reads.iter().filter(|(_, read)| is(read, "ACTIVE", "NONE")).map(|(call, _)| call.at_ms).collect();
    let settling_ms = u64::from(5_000 / PACE);
    let has_settled = || wanted.iter().any(|first| wanted.iter().any(|later| *later + 25 >= first + settling_ms));
    let ensure = |holds: bool, what: &str| {
        if holds { Ok(()) } else { Err(format!("{what} is not what AWS said: {rungs:?} {summary:?} {:?}", evidence.calls.len())) }
    };
    for rung in &rungs {
        ensure(!rung.contains("AWS accepted the request") || call.is_some_and(|(_, call)| call.outcome == "ok"), "Accepted")?;
        ensure(!rung.contains("AWS reports UPDATING since") || reads.iter().any(|(_, read)| read.status == "UPDATING"), "Updating")?;
        ensure(!rung.contains("AWS reports ACTIVE and NONE at") || !wanted.is_empty(), "Reached")?;
        ensure(!rung.contains("Not encrypted, ACTIVE.") || has_settled(), "Settled")?;
    }
    let kms = || reads.iter().filter(|(_, read)| read.encryption.as_deref() == Some("KMS")).count();
    match summary.split(['.', ' ']).next().unwrap_or_default() {
        "Settled" => ensure(has_settled(), "Settled"),
        "Reverted" => ensure(has_settled() && kms() >= 2, "Reverted"),
        "Expired" => ensure(call.is_none(), "Expired"),
        "Rejected" => ensure(call.is_none_or(|(_, call)| call.outcome != "ok"), "Rejected"),
        "Not" => ensure(kms() >= 3 && !reads.is_empty(), "Not applied"),
        "Superseded" => ensure(kms() >= 2 || evidence.calls.iter().any(|call| call.outcome == "ResourceNotFoundException"), "Superseded"),
        "Replaced" => {
            let created = |read: &Described| (read.created * 1_000.0).round();
            let all: Vec<f64> = evidence.describes_after(0).map(|(_, read)| created(read)).collect();
            ensure(all.iter().any(|one| (one - all[0]).abs() > 0.5), "Replaced")
        }
        "Outcome" | "Slow" | "" => Ok(()),
        other => Err(format!("a summary that begins with {other}: {summary}")),
    }
}

/// One thing that happens: AWS's fault, somebody else's act, or an operator's.
async fn happen(app: &TestApp, operator: &Actor<'_>, dice: usize) {
    let stream = |order: serde_json::Value| {
        let mut order = order;
        (order["account"], order["region"], order["name"]) = (json!(ACCOUNT), json!(REGION), json!(STREAM));
        app.control("streams", order)
    };
    let stop_fault = |fault: serde_json::Value| app.control("faults", json!({"operation": "StopStreamEncryption", "fault": fault}));
    let read_fault =
        |fault: serde_json::Value| app.control("faults", json!({"operation": "DescribeStreamSummary", "times": 3, "fault": fault}));
    match dice {
        0 => stop_fault(json!("drop-answer")).await,
        1 => stop_fault(json!("drop-request")).await,
        2 => stop_fault(json!("error500-after")).await,
        3 => stop_fault(json!({"hold-answer-ms": 200})).await,
        4 => stop_fault(json!({"refuse": {"code": "LimitExceededException", "message": "Rate exceeded"}})).await,
        5 => read_fault(json!("error500-before")).await,
        6 => read_fault(json!("html")).await,
        7 => read_fault(json!({"refuse": {"code": "AccessDeniedException", "message": "not you"}})).await,
        8 => read_fault(json!({"delay-ms": 150})).await,
        9 => stream(json!({"key": "alias/other"})).await,
        10 => stream(json!({"key": "alias/orders"})).await,
        11 => stream(json!({"key": ""})).await,
        12 => stream(json!({"reshard_ms": 400})).await,
        13 => stream(json!({"recreate": true, "key": "alias/orders"})).await,
        14 => stream(json!({"hides_encryption": true})).await,
        15 => stream(json!({"hides_encryption": false})).await,
        16 => app.control("settings", json!({"late_flip_ms": 300})).await,
        17 => app.control("settings", json!({"late_flip_ms": 0, "lagging_reads": 0})).await,
        18 => app.control("settings", json!({"lagging_reads": 10})).await,
        19 => stream(json!({"delete": true})).await,
        20..=29 => {
            let answer = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/{STREAM}/disable")).await;
            assert!([200, 404].contains(&answer.status.as_u16()), "{}: {}", answer.status, answer.body);
            let page = answer.body;
            if page.contains("action=\"/api/disable\"") {
                let mut fields = super::support::hidden_fields(&page);
                fields.push(("typed_name".to_owned(), STREAM.to_owned()));
                fields.push(("reason".to_owned(), "OPS-1".to_owned()));
                operator.post("/api/disable", &borrowed(&with(&fields, "wait_minutes", "15"))).await;
            }
        }
        _ => {}
    }
}

async fn scenario() -> Result<usize, String> {
    let app = TestApp::with(Setup { pace: PACE, ..Setup::default() }).await;
    app.known(STREAM).await;
    let operator = app.actor(Role::Operator).await;
    let mut history = Vec::new();
    for step in 0..STEPS {
        // Each begins with a disable, so that none is about nothing; what goes wrong with it comes while it is under way.
        let dice = if step == 0 { 20 } else { usize::try_from(random::jitter(20) + 20).unwrap() };
        history.push(dice);
        happen(&app, &operator, dice).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        let blame = |why: String| format!("{history:?}: {why}");
        let (page, evidence) = page_with_evidence(&operator, "/streams").await;
        assert!(page.contains("<table"), "{page}");
        check_row(&page, &evidence).map_err(blame)?;
        let mut changes = app.state.store.changes(Stretch { skip: 0, take: 100 }).await.unwrap();
        changes.sort_by_key(|change: &Change| change.sent_at);
        let mut calls_before = 0;
        for change in &changes {
            let (page, evidence) = page_with_evidence(&operator, &format!("/changes/{}", change.id)).await;
            let has_call = change.sent_at.is_some() && !change.was_kept_from_leaving();
            check_change(&page, &evidence, has_call.then_some(calls_before)).map_err(blame)?;
            calls_before += usize::from(has_call);
        }
    }
    Ok(app.state.store.changes(Stretch { skip: 0, take: 100 }).await.unwrap().len())
}

#[tokio::test]
async fn no_page_says_what_aws_has_not_said() {
    let scenarios = std::env::var("SOAK").map_or(6, |_| 200);
    let mut changes = 0;
    for _ in 0..scenarios / 2 {
        let (one, other) = tokio::join!(scenario(), scenario());
        changes += one.unwrap() + other.unwrap();
    }
    assert!(changes >= scenarios, "the scenarios did something: {changes} changes");
}

#[test]
fn a_false_page_is_seen() {
    let read = |status: &str, encryption: &str, at_ms| Call {
        operation: "DescribeStreamSummary".to_owned(),
        outcome: "ok".to_owned(),
        described: Some(Described { status: status.to_owned(), encryption: Some(encryption.to_owned()), created: 1.0 }),
        listed: Vec::new(),
        at_ms,
    };
    let stop = Call { operation: "StopStreamEncryption".to_owned(), described: None, ..read("", "", 100) };
    let row = |encryption: &str, status: &str| {
        format!(
            "<tr><th>{STREAM}</th><td data-label=\"Encryption\"><span>{encryption}</span> 4 s ago</td><td data-label=\"Status\">{status}</td></tr>"
        )
    };
    let change = |summary: &str, rung: &str| {
        format!(
            "<p class=\"summary good\"><strong>{summary}.</strong></p><ol class=\"l\" aria-label=\"Progress\"><li><span>{rung}</span></li></ol>"
        )
    };
    let evidence = |calls: Vec<Call>| Evidence { before: calls.len(), calls };

    let encrypted = evidence(vec![read("ACTIVE", "KMS", 1)]);
    check_row(&row("Encrypted", "ACTIVE"), &encrypted).unwrap();
    for (encryption, status) in [("Not encrypted", "ACTIVE"), ("Unknown", "ACTIVE"), ("Encrypted", "UPDATING")] {
        check_row(&row(encryption, status), &encrypted).unwrap_err();
    }
    let reached = evidence(vec![stop.clone(), read("UPDATING", "KMS", 110), read("ACTIVE", "NONE", 200)]);
    check_change(&change("", "AWS reports ACTIVE and NONE at 1"), &reached, Some(0)).unwrap();
    check_change(&change("", "AWS reports UPDATING since 1"), &reached, Some(0)).unwrap();
    check_change(&change("Settled", ""), &reached, Some(0)).unwrap_err();
    check_change(&change("", "Not encrypted, ACTIVE."), &reached, Some(0)).unwrap_err();
    let settled = evidence(vec![stop.clone(), read("ACTIVE", "NONE", 200), read("ACTIVE", "NONE", 450)]);
    check_change(&change("Settled", "Not encrypted, ACTIVE."), &settled, Some(0)).unwrap();
    // From before the call.
    let before = evidence(vec![read("ACTIVE", "NONE", 1), stop.clone(), read("ACTIVE", "KMS", 200)]);
    check_change(&change("", "AWS reports ACTIVE and NONE at 1"), &before, Some(0)).unwrap_err();
    check_change(&change("Not applied", ""), &before, Some(0)).unwrap_err();
    check_change(&change("Expired", ""), &before, Some(0)).unwrap_err();
    let refused = evidence(vec![Call { outcome: "LimitExceededException".to_owned(), ..stop }]);
    check_change(&change("Rejected", ""), &refused, Some(0)).unwrap();
    check_change(&change("", "AWS accepted the request"), &refused, Some(0)).unwrap_err();
}
