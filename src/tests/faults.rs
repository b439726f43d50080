//! The fault matrix: the process ends at every point of a change's life, with every outcome of its call, on both
//! databases. In each case, at most one call goes out, the ladder ends correctly, and the audit chain is whole.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{
    crash::{Moment, Side},
    database::Kind,
    support::{Setup, TestApp, borrowed, until},
};
use crate::{
    model::{
        access::identity::Role,
        change::{Action, Change, End},
        time::SECOND_MS,
    },
    server::services::audit::{self, Verified},
};

/// Where the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CrashPoint {
    BeforeIntent,
    AfterIntent,
    AfterSent,
    AfterAcceptance,
    Watching,
    Settling,
    WritingTheResult,
    Shutdown,
}

/// The outcome of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    NeverArrived,
    ActedAndAnswered,
    AnswerLost,
    Refused,
    Error500WithoutEffect,
    Error500WithEffect,
}

const CRASH_POINTS: [CrashPoint; 8] = [
    CrashPoint::BeforeIntent,
    CrashPoint::AfterIntent,
    CrashPoint::AfterSent,
    CrashPoint::AfterAcceptance,
    CrashPoint::Watching,
    CrashPoint::Settling,
    CrashPoint::WritingTheResult,
    CrashPoint::Shutdown,
];

const OUTCOMES: [Outcome; 6] = [
    Outcome::NeverArrived,
    Outcome::ActedAndAnswered,
    Outcome::AnswerLost,
    Outcome::Refused,
    Outcome::Error500WithoutEffect,
    Outcome::Error500WithEffect,
];

impl CrashPoint {
    /// The commit at which the process ends, and the side of it.
    const fn commit(self, outcome: Outcome) -> Option<(Moment, Side)> {
        match self {
            // A refusal is the answer and the end at once.
            Self::AfterAcceptance if matches!(outcome, Outcome::Refused) => Some((Moment::End, Side::Before)),
            Self::BeforeIntent => Some((Moment::Intent, Side::Before)),
            Self::AfterIntent => Some((Moment::Intent, Side::After)),
            Self::AfterSent => Some((Moment::Sent, Side::After)),
            Self::AfterAcceptance => Some((Moment::Answer, Side::Before)),
            Self::Watching => Some((Moment::Updating, Side::After)),
            Self::Settling => Some((Moment::Reached, Side::After)),
            Self::WritingTheResult => Some((Moment::End, Side::Before)),
            Self::Shutdown => None,
        }
    }

    /// Whether the call goes out before the process ends.
    const fn is_after_the_call(self) -> bool {
        !matches!(self, Self::BeforeIntent | Self::AfterIntent | Self::AfterSent)
    }
}

impl Outcome {
    fn fault(self) -> Option<Value> {
        match self {
            Self::NeverArrived => Some(json!("drop-request")),
            Self::ActedAndAnswered => None,
            Self::AnswerLost => Some(json!("drop-answer")),
            Self::Refused => Some(json!({"refuse": {"code": "AccessDeniedException", "message": "no"}})),
            Self::Error500WithoutEffect => Some(json!("error500-before")),
            Self::Error500WithEffect => Some(json!("error500-after")),
        }
    }

    const fn acts(self) -> bool {
        matches!(self, Self::ActedAndAnswered | Self::AnswerLost | Self::Error500WithEffect)
    }
}

/// Runs one case. Returns what went wrong.
async fn run(kind: Kind, action: Action, point: CrashPoint, outcome: Outcome) -> Result<(), String> {
    let app = TestApp::with(Setup { database: kind, is_mortal: true, pace: 20, ..Setup::default() }).await;
    app.known("orders-prod").await;
    app.control("settings", json!({"transition_ms": if point == CrashPoint::Watching { 1_500 } else { 150 }})).await;
    if let Some(fault) = outcome.fault() {
        app.control("faults", json!({"operation": action.call(), "fault": fault})).await;
    }
    let crash = app.crash.clone();
    if let Some((moment, side)) = point.commit(outcome) {
        crash.set(moment, side);
    }
    let operator = app.actor(Role::Operator).await;
    let fields = match action {
        Action::Disable => operator.confirmation("orders-prod").await,
        // Over the top: the key changes.
        Action::Enable => operator.enabling("orders-prod", "alias/ledger").await,
    };
    let path = format!("/api/{}", action.slug());
    let crashed = async {
        if point == CrashPoint::Shutdown {
            until(|| async {
                app.store.active_changes().await.unwrap().pop().filter(|change| change.evidence.sent_at.is_some())
            })
            .await;
            app.drain().await;
        } else {
            crash.reached.notified().await;
        }
        true
    };
    // A refused or settled change may end before the point of the crash.
    let over = async {
        operator.post(&path, &borrowed(&fields)).await;
        let change =
            until(|| async { app.store.changes(ALL).await.unwrap().pop().filter(|change| !change.is_active()) }).await;
        // The commit that was the last may be the point of the crash: it has its turn first.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        drop(change);
        false
    };
    let has_crashed = tokio::select! { biased; crashed = crashed => crashed, crashed = over => crashed };
    let app = app.killed_and_started_again().await;
    let ended = match app.store.changes(ALL).await.unwrap().pop() {
        None => None,
        Some(change) => Some(app.change_when(&change.id, |change| !change.is_active()).await),
    };
    judge(&app, point, outcome, has_crashed, ended.as_ref())
        .await
        .map_err(|why| format!("{kind:?}, {action:?}, {point:?}, {outcome:?}: {why}; {ended:?}"))
}

const ALL: crate::server::adapters::store::Page = crate::server::adapters::store::Page { skip: 0, take: 10 };

async fn judge(
    app: &TestApp,
    point: CrashPoint,
    outcome: Outcome,
    has_crashed: bool,
    ended: Option<&Change>,
) -> Result<(), String> {
    let ensure = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
    let calls = app.calls("StopStreamEncryption").await + app.calls("StartStreamEncryption").await;
    ensure(calls <= 1, "more than one call")?;
    let is_sent = point.is_after_the_call();
    ensure(calls == usize::from(is_sent), "a call went out that must not, or did not that must")?;
    let verified = audit::verify(&app.store).await.unwrap();
    ensure(matches!(verified, Verified::Whole { .. }), "the chain is broken")?;
    let Some(change) = ended else {
        return ensure(point == CrashPoint::BeforeIntent, "the change is lost");
    };
    let key = app.known("orders-prod").await;
    let moment = app.state.clock.now();
    let is_as_before = until(|| async {
        let (_, report) = app.state.inventory.stream(&key)?;
        let report = report
            .filter(|report| report.asked_at > moment && report.status == crate::model::stream::StreamStatus::Active)?;
        Some(report.key().is_some_and(|key| key.as_str() == "alias/orders"))
    })
    .await;
    let acted = is_sent && outcome.acts();
    ensure(is_as_before != acted, "the simulator did something else")?;
    let how = &change.end.as_ref().unwrap().how;
    let is_right = match how {
        End::Settled => {
            acted
                && change.evidence.settled_at.unwrap().millis_since(change.evidence.reached_at.unwrap())
                    >= 5 * SECOND_MS
        }
        End::Rejected(_) => outcome == Outcome::Refused && is_sent,
        End::Expired => point == CrashPoint::AfterIntent,
        End::NotApplied => !acted && point != CrashPoint::AfterIntent,
        End::Superseded { .. } | End::Replaced { .. } | End::NotEstablished { .. } => false,
    };
    ensure(is_right, "the wrong end")?;
    let is_definite = change.evidence.accepted.is_some() || matches!(how, End::Rejected(_) | End::Expired);
    ensure(is_definite || change.evidence.outcome_unknown.is_some(), "what is not known is not called unknown")?;
    let must_crash =
        !matches!((point, outcome), (CrashPoint::Watching | CrashPoint::Settling, outcome) if !outcome.acts());
    ensure(has_crashed == must_crash || point == CrashPoint::Shutdown, "the process did not end where it should have")
}

async fn matrix(kind: Kind, action: Action) {
    let cases = CRASH_POINTS.into_iter().flat_map(|point| OUTCOMES.into_iter().map(move |outcome| (point, outcome)));
    let failures: Vec<String> = futures_util::stream::iter(cases)
        .map(|(point, outcome)| run(kind, action, point, outcome))
        .buffer_unordered(8)
        .filter_map(|result| async { result.err() })
        .collect()
        .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn every_crash_with_every_outcome_ends_right_on_sqlite() {
    matrix(Kind::Sqlite, Action::Disable).await;
}

#[tokio::test]
async fn every_crash_of_an_enable_ends_right_on_sqlite() {
    matrix(Kind::Sqlite, Action::Enable).await;
}

#[tokio::test]
async fn every_crash_with_every_outcome_ends_right_on_postgres() {
    matrix(Kind::Postgres, Action::Disable).await;
}
