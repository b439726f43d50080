//! Scenarios by dice: faults of AWS and KMS, other people's acts and operators' own, in any order.

use serde_json::{Value, json};

use super::{
    super::support::{ACCOUNT, REGION},
    dice::Dice,
    stage::{Watch, begin},
    steps::{HEALING, PLOTS, STEPS_BY_WEIGHT, Step},
};
use crate::server::adapters::random;

const STEPS: usize = 24;
const READ: &str = "DescribeStreamSummary";

fn any(dice: &mut Dice) -> Step {
    if dice.below(5) == 0 { dice.one_of(HEALING) } else { dice.one_of(STEPS_BY_WEIGHT) }
}

/// The steps of a scenario: two plots, with other steps between theirs.
fn plan(dice: &mut Dice) -> Vec<Step> {
    let mut steps = Vec::new();
    for _ in 0..2 {
        let plots: Vec<(u64, &[Step])> = PLOTS.iter().map(|plot| (1, *plot)).collect();
        for step in dice.one_of(&plots) {
            if dice.below(4) == 0 {
                steps.push(any(dice));
            }
            steps.push(*step);
        }
        steps.extend([Step::Heal, Step::Resume, Step::Key("alias/orders"), Step::Open]);
    }
    while steps.len() < STEPS {
        steps.push(any(dice));
    }
    steps
}

async fn on_calls(watch: &Watch<'_>, fault: Value) {
    for operation in ["StopStreamEncryption", "StartStreamEncryption"] {
        watch.fault(operation, 1, fault.clone()).await;
    }
}

async fn go_wrong(watch: &Watch<'_>, step: Step) -> bool {
    let refuse = |code: &str, message: &str| json!({"refuse": {"code": code, "message": message}});
    match step {
        Step::LoseAnswer => on_calls(watch, json!("drop-answer")).await,
        Step::LoseRequest => on_calls(watch, json!("drop-request")).await,
        Step::FailAfter => on_calls(watch, json!("error500-after")).await,
        Step::HoldAnswer => on_calls(watch, json!({"hold-answer-ms": 200})).await,
        Step::RefuseRate => on_calls(watch, refuse("LimitExceededException", "Rate exceeded")).await,
        Step::RefuseKms => {
            watch.fault("StartStreamEncryption", 1, refuse("KMSAccessDeniedException", "not authorized")).await;
        }
        Step::RefuseValue => {
            watch.fault("StopStreamEncryption", 1, refuse("InvalidArgumentException", "no such key")).await;
        }
        Step::KeepState => on_calls(watch, json!("keep-state")).await,
        Step::Read500 => watch.fault(READ, 3, json!("error500-before")).await,
        Step::ReadHtml => watch.fault(READ, 3, json!("html")).await,
        Step::ReadDenied => watch.fault(READ, 3, refuse("AccessDeniedException", "not you")).await,
        Step::ReadSlow => watch.fault(READ, 3, json!({"delay-ms": 150})).await,
        Step::KmsDenied => watch.fault("DescribeKey", 1_000_000, refuse("AccessDeniedException", "not you")).await,
        Step::KmsSlow => watch.fault("DescribeKey", 2, json!({"hold-answer-ms": 700})).await,
        Step::Heal => watch.app.forget_faults().await,
        _ => return false,
    }
    true
}

async fn be_changed(watch: &Watch<'_>, step: Step) -> bool {
    let settings = |order: Value| watch.app.control("settings", order);
    match step {
        Step::Key(key) => watch.stream(json!({"key": key})).await,
        Step::Called(key) => watch.stream(json!({"key": key, "is_called": true})).await,
        Step::AfterKms(key) => watch.when("after", "DescribeKey", json!({"key": key})).await,
        Step::BeforeCall(key) => {
            watch.when("before", "StartStreamEncryption", json!({"key": key})).await;
            watch.when("before", "StopStreamEncryption", json!({"key": key})).await;
        }
        Step::Stale(key) => {
            let now = if key.is_empty() { "alias/orders" } else { "" };
            watch.when("before", READ, json!({"key": key})).await;
            watch.when("after", READ, json!({"key": now})).await;
        }
        Step::Reshard(millis) => watch.stream(json!({"reshard_ms": millis})).await,
        Step::Recreate(key) => watch.stream(json!({"recreate": true, "key": key})).await,
        Step::RecreateSameSecond => {
            let calls = watch.app.call_log().await;
            let created = calls.iter().rev().find_map(|call| call["described"]["created"].as_f64()).unwrap_or_default();
            watch.stream(json!({"recreate": true, "key": "", "created": created + 0.1})).await;
        }
        Step::Delete => watch.stream(json!({"delete": true})).await,
        Step::Hide(is_hidden) => watch.stream(json!({"hides_encryption": is_hidden})).await,
        Step::Retention(hours) => watch.stream(json!({"retention_hours": hours})).await,
        Step::LateFlip(millis) => settings(json!({"late_flip_ms": millis, "lagging_reads": 0})).await,
        Step::Lag(reads) => settings(json!({"lagging_reads": reads})).await,
        Step::Quick(is_quick) => settings(json!({"transition_ms": if is_quick { 1 } else { 300 }})).await,
        Step::Canonical(is_canonical) => settings(json!({"canonical_keys": is_canonical})).await,
        Step::Repoint => {
            let id = format!("0b0b0b0b-1111-4222-8333-{:012}", watch.history.len());
            watch.key(json!({"id": id, "alias": "alias/orders"})).await;
        }
        _ => return false,
    }
    true
}

async fn act(watch: &mut Watch<'_>, step: Step) {
    let target = format!("{ACCOUNT}/{REGION}");
    match step {
        Step::Disable => drop(watch.change("disable", None).await),
        Step::DisableWithArn => {
            let arn = watch
                .app
                .call_log()
                .await
                .iter()
                .rev()
                .find_map(|call| call["found_key"]["arn"].as_str().map(ToOwned::to_owned));
            watch.change("disable", arn.as_deref()).await;
        }
        Step::Enable(key) => drop(watch.change("enable", Some(key)).await),
        Step::EnableAsleep => {
            let nth = 1 + watch.history.len() % 3;
            watch.enable_asleep("alias/ledger", nth).await;
        }
        Step::Undo => {
            let settled = watch.changes().await.into_iter().rev().find(|change| change.evidence.settled_at.is_some());
            let Some(settled) = settled else { return };
            if let Some(fields) = watch.filled("enable", &format!("?undo={}", settled.id), Some("alias/orders")).await {
                watch.confirm("enable", &fields).await;
            }
        }
        Step::Pause => {
            drop(watch.operator.post("/api/pause-target", &[("id", &target), ("minutes", "240")]).await);
        }
        Step::Resume => drop(watch.operator.post("/api/resume-target", &[("id", &target)]).await),
        Step::Open => watch.read_afresh().await,
        Step::Wait(millis) => watch.pass(millis).await,
        _ => unreachable!("{step:?} is an act of somebody else's"),
    }
}

/// One scenario. Answers how many changes there were, or what was not true in it.
async fn scenario(seed: u64) -> Result<usize, String> {
    let mut dice = Dice::new(seed);
    let app = begin(Vec::new()).await;
    let mut watch = Watch::of(&app).await;
    for step in plan(&mut dice) {
        watch.history.push(format!("{step:?}"));
        if !go_wrong(&watch, step).await && !be_changed(&watch, step).await {
            act(&mut watch, step).await;
        }
        watch.pass(40 + dice.below(120)).await;
        watch.look().await;
    }
    watch.verdict().map_err(|why| format!("TRUTH_SEED={seed}: {why}"))?;
    Ok(watch.changes().await.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_says_what_aws_has_not_said() {
    let seed = std::env::var("TRUTH_SEED").ok().map(|seed| seed.parse::<u64>().expect("TRUTH_SEED is a number"));
    let many =
        std::env::var("TRUTH_SCENARIOS").ok().map(|count| count.parse::<u64>().expect("TRUTH_SCENARIOS is a number"));
    let scenarios = many.unwrap_or_else(|| std::env::var("SOAK").map_or(8, |_| 200));
    // `make test` throws the same dice each time, so that a failure is the change's; `make soak` throws others.
    let first = if std::env::var("SOAK").is_ok() { random::jitter(1_000_000_000).unsigned_abs() } else { 112_937_669 };
    let seeds: Vec<u64> = seed.map_or_else(|| (0..scenarios).map(|nth| first + nth).collect(), |seed| vec![seed]);
    let (mut changes, mut failures) = (0, Vec::new());
    for four in seeds.chunks(4) {
        for outcome in futures_util::future::join_all(four.iter().map(|seed| scenario(*seed))).await {
            match outcome {
                Ok(count) => changes += count,
                Err(why) => failures.push(why),
            }
        }
    }
    assert!(failures.is_empty(), "{} of {} scenarios:\n{}", failures.len(), seeds.len(), failures.join("\n\n"));
    assert!(changes >= seeds.len(), "the scenarios did something: {changes} changes");
}
