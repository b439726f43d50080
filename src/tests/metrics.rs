//! `/metrics` after a small journey: every family is there and described, and no label takes values without bounds.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;

use super::support::{ACCOUNT, REGION, TestApp, until};
use crate::{
    model::{access::identity::Role, time::Timestamp},
    server::{
        adapters::{
            metrics::{
                exporter,
                families::{FAMILIES, Family, Kind},
                process,
            },
            telemetry::LostLines,
        },
        services::figures::Figures,
        web::endpoints::REGISTRY,
    },
};

/// A part of a path that nobody may find in a metric.
const SECRET: &str = "secret-7f3a";

const PARTS: [&str; 11] = [
    "saving what was read",
    "reading streams",
    "following pauses",
    "checkpoints of the audit chain",
    "following alarms about the audit chain",
    "streaming the audit chain",
    "housekeeping",
    "watching settled changes",
    "watching keys",
    "taking up changes",
    "ending proofs that were cut off",
];

/// One line of the text.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Sample {
    /// `name{key="value",..} 1`: a value may hold braces, and none of ours holds a quotation mark.
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}').unwrap();
        let labels = labels.strip_suffix('"').into_iter().flat_map(|labels| labels.split("\","));
        let labels = labels.map(|label| label.split_once("=\"").unwrap());
        Self {
            name: name.to_owned(),
            labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            value: value.parse().unwrap(),
        }
    }

    fn is_of(&self, family: &Family) -> bool {
        match (self.name.strip_prefix(family.name), family.kind) {
            (Some(suffix), Kind::Histogram(_)) => ["_bucket", "_sum", "_count"].contains(&suffix),
            (Some(suffix), Kind::Counter | Kind::Gauge) => suffix.is_empty(),
            (None, _) => false,
        }
    }
}

fn samples(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Sample::parse).collect()
}

/// The sum of the series of a name that have these labels.
fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let has = |sample: &Sample| {
        labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|labelled| labelled == value))
    };
    samples(text).iter().filter(|sample| sample.name == name && has(sample)).map(|sample| sample.value).sum()
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    }
}

/// Whether a label's value is one of a few that are known beforehand.
fn is_bounded(label: &str, value: &str) -> bool {
    let any_of = |values: &[&str]| values.contains(&value);
    match label {
        "route" => value == "unknown" || REGISTRY.iter().any(|endpoint| endpoint.path == value),
        "code" => value.parse().is_ok_and(|code| StatusCode::from_u16(code).is_ok()),
        "target" => value == format!("{ACCOUNT}/{REGION}"),
        "operation" => {
            let of_kinesis =
                any_of(&["ListStreams", "DescribeStreamSummary", "StopStreamEncryption", "StartStreamEncryption"]);
            let of_kms = any_of(&["ListAliases", "ListKeys", "DescribeKey", "GetKeyRotationStatus"]);
            of_kinesis || of_kms || any_of(&["GetResources", "GetCallerIdentity", "LookupEvents"])
        }
        "outcome" => any_of(&["ok", "throttled", "failed", "refused"]),
        "action" => any_of(&["disable", "enable"]),
        "end" => {
            let unsent = any_of(&["rejected", "expired"]);
            unsent || any_of(&["settled", "not_applied", "not_established", "superseded", "replaced"])
        }
        "rung" => any_of(&["sent", "accepted", "updating", "reached", "settled"]),
        "state" => any_of(&["waiting", "progressing", "outcome_unknown", "slow", "idle", "busy"]),
        "pool" => any_of(&["writer", "reader", "searcher"]),
        "method" => any_of(&["password", "provider", "demo"]),
        "purpose" => any_of(&["sign_in", "confirmation"]),
        "part" => any_of(&PARTS),
        "version" => value == env!("CARGO_PKG_VERSION"),
        "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
        _ => false,
    }
}

/// What a scrape gets.
fn rendered(recorder: &PrometheusHandle, app: &TestApp) -> String {
    let state = &app.state;
    let figures = Figures {
        store: app.store.clone(),
        inventory: state.inventory.clone(),
        supervisor: state.supervisor.clone(),
        sign_ins: state.sign_ins.clone(),
        lost_lines: LostLines::default(),
    };
    figures.record();
    process::record(Timestamp::from_millis(1_764_000_000_000));
    recorder.render()
}

#[tokio::test]
async fn a_journey_is_counted_under_few_labels() {
    let recorder = exporter::recorder().unwrap();
    let handle = recorder.handle();
    // For this thread, on which everything of this test runs.
    let _recording = metrics::set_default_local_recorder(&recorder);
    exporter::begin();
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    app.anonymous().sign_in("nobody", "a password of nobody at all").await;
    operator.get(&format!("/changes/{SECRET}")).await;
    operator.get(&format!("/no/such/{SECRET}")).await;
    let place = app.state.limits.event_connections().take("session", "user").unwrap();
    operator.disable("orders-prod").await;
    until(|| std::future::ready((ended(&handle.render()) > 0.0).then_some(()))).await;

    let text = rendered(&handle, &app);
    check_families(&text);
    check_labels(&text);
    check_counts(&text);
    drop(place);
    assert_eq!(sum(&handle.render(), "keystream_event_connections", &[]), 0.0);
}

fn ended(text: &str) -> f64 {
    sum(text, "keystream_changes_ended_total", &[("action", "disable"), ("end", "settled")])
}

fn check_families(text: &str) {
    let samples = samples(text);
    for family in FAMILIES {
        let Family { name, kind, help, .. } = family;
        for line in [format!("# HELP {name} {help}\n"), format!("# TYPE {name} {}\n", word(*kind))] {
            assert_eq!(text.matches(&line).count(), 1, "{line} in\n{text}");
        }
        assert!(samples.iter().any(|sample| sample.is_of(family)), "{name} has no series in\n{text}");
    }
}

fn check_labels(text: &str) {
    for sample in samples(text) {
        let family = FAMILIES.iter().find(|family| sample.is_of(family));
        let family = family.unwrap_or_else(|| panic!("{sample:?} is of no family"));
        for (label, value) in &sample.labels {
            let is_declared = family.labels.contains(&label.as_str());
            assert!(is_declared || (label == "le" && sample.name.ends_with("_bucket")), "{sample:?}");
            assert!(is_bounded(label, value), "{sample:?}");
        }
    }
    for private in [SECRET, "orders-prod", "nobody"] {
        assert!(!text.contains(private), "{private} in\n{text}");
    }
}

fn check_counts(text: &str) {
    let confirmation = "/streams/{account}/{region}/{name}/disable";
    let requests = |route, code| sum(text, "keystream_http_requests_total", &[("route", route), ("code", code)]);
    assert_eq!((requests(confirmation, "200"), requests("unknown", "404")), (1.0, 1.0));
    assert_eq!(sum(text, "keystream_http_request_duration_seconds_count", &[("route", confirmation)]), 1.0);
    assert_eq!(sum(text, "keystream_http_requests_in_progress", &[]), 0.0);
    assert_eq!(sum(text, "keystream_event_connections", &[]), 1.0);
    let stops = [("operation", "StopStreamEncryption"), ("outcome", "ok")];
    assert_eq!(sum(text, "keystream_aws_calls_total", &stops), 1.0);
    assert_eq!(sum(text, "keystream_aws_budget_ratio", &[("operation", "ListStreams")]), 1.0);
    assert!(sum(text, "keystream_inventory_streams", &[]) > 0.0);
    assert_eq!(sum(text, "keystream_changes_requested_total", &[("action", "disable")]), 1.0);
    assert_eq!((ended(text), sum(text, "keystream_changes_active", &[])), (1.0, 0.0));
    for rung in ["sent", "accepted", "reached", "settled"] {
        assert_eq!(sum(text, "keystream_change_rung_duration_seconds_count", &[("rung", rung)]), 1.0, "{rung}");
    }
    let duration = sum(text, "keystream_change_duration_seconds_sum", &[("end", "settled")]);
    assert!(duration >= 5.0, "{duration} s, and settling alone takes five");
    let sign_ins = |outcome| sum(text, "keystream_sign_ins_total", &[("purpose", "sign_in"), ("outcome", outcome)]);
    assert_eq!((sign_ins("ok"), sign_ins("refused")), (1.0, 1.0));
    assert_eq!(sum(text, "keystream_break_glass_sign_ins_total", &[]), 0.0);
    assert!(sum(text, "keystream_database_write_wait_seconds_count", &[]) > 0.0);
    assert!(sum(text, "process_resident_memory_bytes", &[]) > 1_000_000.0);
}

/// As the table in docs/operations.md has them: name, type and labels, in order.
#[test]
fn the_documents_list_every_family() {
    let document = include_str!("../../docs/operations.md");
    let (_, table) = document.split_once("\n| metric | type | labels |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let documented: Vec<[String; 3]> = rows
        .map(|row| {
            let mut cells = row.split('|').skip(1).map(|cell| cell.trim().replace('`', ""));
            std::array::from_fn(|_| cells.next().unwrap())
        })
        .collect();
    let declared = FAMILIES
        .iter()
        .map(|family| [family.name.to_owned(), word(family.kind).to_owned(), family.labels.join(", ")])
        .collect::<Vec<_>>();
    assert_eq!(documented, declared);
}

#[test]
fn names_say_what_they_count_and_in_what_unit() {
    for Family { name, kind, help, .. } in FAMILIES {
        assert!(name.starts_with("keystream_") || name.starts_with("process_"), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        let is_named_well = match kind {
            Kind::Counter => name.ends_with("_total"),
            Kind::Gauge => !name.ends_with("_total"),
            Kind::Histogram(bounds) => name.ends_with("_seconds") && bounds.is_sorted(),
        };
        assert!(is_named_well, "{name}");
        let of_other_units = ["_ms", "_millis", "_milliseconds", "_minutes", "_kb", "_percent"];
        assert!(!of_other_units.iter().any(|unit| name.contains(unit)), "{name}");
        assert!(!help.is_empty() && !help.contains('\n'), "{name}");
    }
}
