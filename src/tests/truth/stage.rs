//! The stage of a scenario: an application with a fast clock, an operator, and an observer who keeps checking every
//! page and records false statements.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::support::{ACCOUNT, Actor, Answer, MovedClock, REGION, Setup, TestApp, borrowed, hidden_fields_of},
    log::{Evidence, STREAM, gathered},
    oracle::{self, Asked, Finding, Sending},
    pages::{ChangeSaid, PresentSaid, text},
    present,
};
use crate::{
    model::{access::identity::Role, change::Change},
    server::adapters::store::Page,
};

/// How many times faster than the machine's the clock is.
pub const PACE: u32 = 20;
/// The number of recent changes to check each time.
const LATEST: usize = 6;

/// An application with its own stream, after some orders to the simulator.
pub async fn begin(before: Vec<(&'static str, Value)>) -> TestApp {
    let mut orders = vec![("keys", place(json!({"alias": "alias/other"})))];
    orders.extend(before);
    let app = TestApp::with(Setup { pace: PACE, before: orders, ..Setup::default() }).await;
    app.known(STREAM).await;
    app
}

/// An order for the one account and Region.
pub fn place(mut order: Value) -> Value {
    (order["account"], order["region"]) = (json!(ACCOUNT), json!(REGION));
    order
}

pub fn page_of(action: &str) -> String {
    format!("/streams/{ACCOUNT}/{REGION}/{STREAM}{action}")
}

/// The observer.
pub struct Watch<'a> {
    pub app: &'a TestApp,
    pub operator: Actor<'a>,
    /// False statements: the first for each rule, and the steps before it.
    found: Vec<(Finding, String)>,
    pub history: Vec<String>,
    exceptions: Vec<String>,
}

impl<'a> Watch<'a> {
    pub async fn of(app: &'a TestApp) -> Self {
        let exceptions = std::env::var("TRUTH_EXCEPT").unwrap_or_default();
        let exceptions = exceptions.split(',').map(ToOwned::to_owned).collect();
        Self { app, operator: app.actor(Role::Operator).await, found: Vec::new(), history: Vec::new(), exceptions }
    }

    /// Someone else's act on the stream.
    pub async fn stream(&self, mut order: Value) {
        order["name"] = json!(STREAM);
        self.app.control("streams", place(order)).await;
    }

    pub async fn key(&self, order: Value) {
        self.app.control("keys", place(order)).await;
    }

    /// Makes the next call of an operation go wrong.
    pub async fn fault(&self, operation: &str, times: u32, fault: Value) {
        self.app.control("faults", json!({"operation": operation, "times": times, "fault": fault})).await;
    }

    /// Adds an order for the stream that waits for the next call of an operation.
    pub async fn when(&self, moment: &str, operation: &str, mut order: Value) {
        order["name"] = json!(STREAM);
        let trigger = json!({"operation": operation, "moment": moment, "path": "streams", "order": place(order)});
        self.app.control("triggers", trigger).await;
    }

    pub async fn pass(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// Opens a confirmation and completes it. `None` if there is no form.
    pub async fn filled(&self, action: &str, query: &str, key: Option<&str>) -> Option<Vec<(String, String)>> {
        let page = self.operator.get(&page_of(&format!("/{action}{query}"))).await;
        assert!(page.status.as_u16() < 500 || page.status.as_u16() == 503, "{}: {}", page.status, page.body);
        if !page.body.contains(&format!("action=\"/api/{action}\"")) {
            return None;
        }
        let mut fields = hidden_fields_of(action, &page.body);
        fields.retain(|(name, _)| !["wait_minutes", "warned_key"].contains(&name.as_str()));
        let mut typed = vec![("typed_name", STREAM), ("reason", "OPS-1"), ("wait_minutes", "15")];
        // After a warning that a key can't be seen, one submits again.
        typed.extend(key.into_iter().flat_map(|key| [("key", key), ("warned_key", key)]));
        fields.extend(typed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        Some(fields)
    }

    /// Submits a completed confirmation. Returns the id of the resulting change.
    pub async fn confirm(&self, action: &str, fields: &[(String, String)]) -> Option<String> {
        let answer: Answer = self.operator.post(&format!("/api/{action}"), &borrowed(fields)).await;
        answer.location().strip_prefix("/changes/").map(ToOwned::to_owned)
    }

    /// Disables the stream with the form, or enables it with a key.
    pub async fn change(&self, action: &str, key: Option<&str>) -> Option<String> {
        let fields = self.filled(action, "", key).await?;
        self.confirm(action, &fields).await
    }

    /// Has the stream read afresh, as opening a confirmation does.
    pub async fn read_afresh(&self) {
        for action in ["disable", "enable"] {
            self.operator.get(&page_of(&format!("/{action}"))).await;
        }
    }

    /// Submits an enable. When KMS is asked for the nth time before the call, someone disables the stream and the
    /// machine sleeps.
    pub async fn enable_asleep(&mut self, key: &str, nth: usize) -> Option<String> {
        let fields = self.filled("enable", "", Some(key)).await?;
        let (asked, since_ms) = (self.app.calls("DescribeKey").await, MovedClock::machine_ms());
        self.fault("DescribeKey", 4, json!({"hold-answer-ms": 80})).await;
        let disable = place(json!({"name": STREAM, "key": ""}));
        let trigger =
            json!({"operation": "DescribeKey", "nth": nth, "moment": "after", "path": "streams", "order": disable});
        self.app.control("triggers", trigger).await;
        // The machine sleeps only if the question is seen while KMS holds the answer back.
        let sleep = async {
            for _ in 0..100 {
                if self.app.calls("DescribeKey").await >= asked + nth {
                    let slept_ms = MovedClock::machine_ms();
                    // Longer than the deciding read may be old.
                    self.app.clock.advance(20_000);
                    return Some(slept_ms);
                }
                self.pass(2).await;
            }
            None
        };
        let (id, slept_ms) = tokio::join!(self.confirm("enable", &fields), sleep);
        self.pass(400).await;
        if let Some(slept_ms) = slept_ms {
            let overlooked = oracle::check_awake(&gathered(self.app).await, since_ms..=slept_ms);
            self.note("sending", overlooked);
        }
        id
    }

    pub async fn changes(&self) -> Vec<Change> {
        let mut changes = self.app.store.changes(Page { skip: 0, take: 100 }).await.unwrap();
        changes.sort_by_key(|change| {
            (change.evidence.sent_at.is_none(), change.evidence.sent_at, change.intent.requested_at)
        });
        changes
    }

    /// Waits until a change has ended, checking pages all the while, for at most this long by the machine's clock.
    pub async fn look_until_ended(&mut self, id: &str, at_most_ms: u64) {
        for _ in 0..at_most_ms / 100 {
            self.look().await;
            if self.changes().await.iter().any(|change| change.id == id && !change.is_active()) {
                break;
            }
            self.pass(60).await;
        }
        self.look().await;
    }

    /// Checks pages for this long.
    pub async fn look_for(&mut self, millis: u64) {
        for _ in 0..millis / 150 {
            self.look().await;
            self.pass(100).await;
        }
    }

    /// Checks every page, and records false statements.
    pub async fn look(&mut self) {
        let changes = self.changes().await;
        let before = gathered(self.app).await;
        let list = self.operator.get("/streams").await.body;
        assert!(list.contains("<table"), "{list}");
        let stream = self.operator.get(&page_of("")).await;
        let all_changes = self.operator.get("/changes").await.body;
        let keys = self.operator.get("/keys").await.body;
        let mut pages = Vec::new();
        for change in changes.iter().rev().take(LATEST) {
            pages.push((change.id.clone(), self.operator.get(&format!("/changes/{}", change.id)).await.body));
        }
        // A page may mention a call that was sent after the changes were listed.
        let later = self.changes().await;
        let after = gathered(self.app).await;
        let evidence =
            Evidence { before: before.before, asked_ms: before.asked_ms, asked_at: before.asked_at, ..after };
        let asked = asked(&later, &evidence);
        self.note(
            "list",
            PresentSaid::of_row(&list, STREAM).map(|said| present::check_present(&said, &evidence)).unwrap_or_default(),
        );
        if stream.status.is_success() {
            let said = PresentSaid::of_stream(&stream.body).expect("a stream's page has its state");
            self.note("stream", present::check_present(&said, &evidence));
            self.note("stream", present::check_dates(&text(&stream.body), &evidence));
        }
        self.note("keys", present::check_keys(&keys, &evidence));
        for asked in &asked {
            self.note("changes", oracle::check_listed(&all_changes, &evidence, asked));
        }
        for (id, page) in pages {
            let asked = asked.iter().find(|asked| asked.id == id).unwrap();
            let said = ChangeSaid::of(&page, &id).unwrap_or_else(|why| panic!("{why}: {page}"));
            self.note("change", oracle::check_change(&said, &evidence, asked));
            self.note("change", present::check_dates(&said.whole, &evidence));
        }
        self.note("sending", oracle::check_sending(&evidence));
    }

    fn note(&mut self, page: &str, findings: Vec<Finding>) {
        for finding in findings {
            let is_new = !self.found.iter().any(|(known, _)| known.rule == finding.rule);
            if is_new && !self.exceptions.iter().any(|rule| rule == finding.rule) {
                let when = format!("on {page}, after {}", self.history.join(" "));
                self.found.push((finding, when));
            }
        }
    }

    /// The broken rules, and how they were broken.
    pub fn verdict(&self) -> Result<(), String> {
        if self.found.is_empty() {
            return Ok(());
        }
        let lines = self.found.iter().map(|(Finding { rule, why }, when)| format!("[{rule}] {why}\n    {when}"));
        Err(lines.collect::<Vec<_>>().join("\n"))
    }
}

/// What the oracle needs to know about each change, and the calls in the order in which they were sent.
fn asked(changes: &[Change], evidence: &Evidence) -> Vec<Asked> {
    let mut calls = evidence.mutations().map(|(index, _)| index);
    let sending = |change: &Change| {
        if change.evidence.sent_at.is_none() || change.was_kept_from_leaving() {
            return Sending::NotSent;
        }
        calls.next().map_or(Sending::UnderWay, Sending::At)
    };
    let sendings: Vec<Sending> = changes.iter().map(sending).collect();
    let may_have_acted = |nth: usize| match sendings[nth] {
        Sending::At(index) => evidence.calls[index].outcome == "ok" || !evidence.calls[index].is_told,
        Sending::UnderWay => true,
        Sending::NotSent => changes[nth].is_active(),
    };
    let asked = changes.iter().enumerate().map(|(nth, change)| {
        let is_later = |other: usize| changes[other].intent.requested_at > change.intent.requested_at;
        let is_overtaken =
            (0..changes.len()).any(|other| is_later(other) && (may_have_acted(other) || changes[other].is_active()));
        Asked { id: change.id.clone(), sending: sendings[nth], is_overtaken }
    });
    asked.collect()
}
