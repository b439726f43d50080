//! The trace of a change: one, from its request to its end, whichever processes work on it.
//!
//! Spans come from the journal after each commit, with ids that are derived from the change's. So a process that takes
//! a change over continues its trace, and what it records again is the same span. Where the two differ, the later one
//! counts: after a restart, an answer that came late makes the call a success.

use super::standing::{Answer, OUTCOME_UNKNOWN, Standing, label, lit_at};
use crate::{
    model::{
        change::{Action, Change, End, Ending, Rung},
        time::Timestamp,
        trace_parent::TraceParent,
    },
    server::adapters::traces::{Attribute, Kind, Span, SpanId, TraceId, Traces},
};

/// What the root is called when ids are derived.
const ROOT: &str = "change";
/// Spans from longer ago have been delivered or dropped: they don't wait that long.
pub const RECENT_MS: i64 = 60_000;

/// Returns the span of log lines about a change, which names it and its trace.
pub fn log_span(change_id: &str) -> tracing::Span {
    let (trace_id, span_id) = (TraceId::of_change(change_id), SpanId::of_change(change_id, ROOT));
    // At the highest level, so that the ids are logged at any log level.
    tracing::error_span!("change", change_id, %trace_id, %span_id)
}

/// Records the request of a change, from the form's arrival until it was recorded. Only the process that took the form
/// knows that time and the caller. The caller is linked to: clients choose what they say about it.
pub fn record_request(traces: &Traces, change: &Change, caller: Option<TraceParent>, recorded_at: Timestamp) {
    if traces.takes(TraceId::of_change(&change.id)) {
        let begin = change.intent.requested_at;
        // If a change is rejected when it is requested, this span must not end after the change does.
        let end = change.end.as_ref().map_or(recorded_at, |ending| ending.at.min(recorded_at));
        traces.record(Span { kind: Kind::Server, caller, ..child(change, name(Rung::Requested), begin, end) });
    }
}

/// Records what a change has reached since: the rungs, the answer to its call, and its end.
pub fn record_progress(traces: &Traces, before: Standing, change: &Change) {
    if !traces.takes(TraceId::of_change(&change.id)) {
        return;
    }
    for (rung, at) in before.reached(change) {
        if rung != Rung::Requested {
            traces.record(child(change, name(rung), before_rung(change, rung).min(at), at));
        }
    }
    if let Some(answer) = before.answered(change) {
        traces.record(call(change, answer));
    }
    if let Some(ending) = before.ended(change) {
        traces.record(root(change, ending));
    }
}

/// Records a change that had ended before this process started: the one that ended it may have been killed before it
/// delivered its spans.
pub fn record_ended(traces: &Traces, change: &Change) {
    record_progress(traces, Standing::UNRECORDED, change);
}

/// Records that this process has taken a change over, with everything known by then: the one before it may have ended
/// without delivering its spans.
pub fn record_resumption(traces: &Traces, change: &Change, fence: i64, now: Timestamp) {
    if !traces.takes(TraceId::of_change(&change.id)) {
        return;
    }
    let requested_at = change.intent.requested_at;
    // The journal has neither the caller nor a duration for it, so that one delivered long ago is better left alone.
    if now.millis_since(requested_at) < RECENT_MS {
        record_request(traces, change, None, requested_at);
    }
    record_progress(traces, Standing::UNRECORDED, change);
    let begin = change.latest_evidence().min(now);
    let mut span = child(change, "resumed", begin, now);
    // Each time, it is another span.
    span.id = SpanId::of_change(&change.id, &format!("resumed {fence}"));
    span.attributes.push((Attribute::ChangeRung, name(change.last_lit()).to_owned()));
    traces.record(span);
}

/// The whole change.
fn root(change: &Change, ending: &Ending) -> Span {
    let Ending { at, how } = ending;
    let arn = &change.intent.arn;
    let attributes = [
        (Attribute::ChangeAction, change.intent.action.slug().to_owned()),
        (Attribute::ChangeEnd, label(how.word())),
        (Attribute::Account, arn.account.to_string()),
        (Attribute::Region, arn.region.to_string()),
        (Attribute::StreamName, arn.name.to_string()),
    ];
    let name = match change.intent.action {
        Action::Disable => "disable encryption",
        Action::Enable => "enable encryption",
    };
    let is_as_wanted = *how == End::Settled || change.evidence.cancelled.is_some();
    let mut span = child(change, name, change.intent.requested_at, *at);
    span.id = SpanId::of_change(&change.id, ROOT);
    span.parent = None;
    span.attributes.extend(attributes);
    span.failure = (!is_as_wanted).then(|| how.word());
    span
}

/// The call of AWS, from *sent* to its answer.
fn call(change: &Change, answer: Answer<'_>) -> Span {
    let name = match change.intent.action {
        Action::Disable => "Kinesis.StopStreamEncryption",
        Action::Enable => "Kinesis.StartStreamEncryption",
    };
    let sent_at = change.evidence.sent_at.unwrap_or(answer.at);
    let mut span = child(change, name, sent_at.min(answer.at), answer.at);
    span.kind = Kind::Client;
    span.attributes.extend([
        (Attribute::RpcSystem, "aws-api".to_owned()),
        (Attribute::RpcService, "Kinesis".to_owned()),
        (Attribute::RpcMethod, change.intent.action.call().to_owned()),
    ]);
    span.attributes.extend(answer.aws_request_id.map(|id| (Attribute::AwsRequestId, id.to_owned())));
    span.attributes.extend(answer.error.map(|error| (Attribute::ErrorType, error.to_owned())));
    span.failure = answer.error.map(|error| match error {
        OUTCOME_UNKNOWN => "the answer was lost",
        _ => "AWS refused the call",
    });
    span
}

/// A span below the root.
fn child(change: &Change, name: &'static str, begin: Timestamp, end: Timestamp) -> Span {
    Span {
        trace: TraceId::of_change(&change.id),
        id: SpanId::of_change(&change.id, name),
        parent: Some(SpanId::of_change(&change.id, ROOT)),
        caller: None,
        name,
        kind: Kind::Internal,
        begin,
        end,
        attributes: vec![(Attribute::ChangeId, change.id.clone())],
        failure: None,
    }
}

/// Returns the time of the last evidence before a rung.
fn before_rung(change: &Change, rung: Rung) -> Timestamp {
    let earlier = Rung::ALL.into_iter().take_while(|other| *other != rung);
    earlier.filter_map(|rung| lit_at(change, rung)).max().unwrap_or(change.intent.requested_at)
}

const fn name(rung: Rung) -> &'static str {
    match rung {
        Rung::Requested => "requested",
        Rung::Sent => "sent",
        Rung::Accepted => "accepted",
        Rung::Updating => "updating",
        Rung::Reached => "reached",
        Rung::Settled => "settled",
        Rung::Proven => "proven",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::change::{Acceptance, OutcomeUnknown, tests::sent_change},
        server::adapters::traces::{Sampler, channel},
        tests::support::Written,
    };

    #[test]
    fn log_lines_about_a_change_carry_the_ids_of_its_trace_and_of_its_request() {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || {
            let request = tracing::error_span!("request", request_id = "0a1b2c3d").entered();
            let change = log_span("c1").entered();
            tracing::error!("a line");
            drop((change, request));
        });
        let line: serde_json::Value = serde_json::from_str(&written.text()).unwrap();
        let spans = line["spans"].as_array().unwrap();
        assert_eq!(spans[0]["request_id"], "0a1b2c3d");
        assert_eq!(spans[1]["change_id"], "c1");
        assert_eq!(spans[1]["trace_id"], TraceId::of_change("c1").to_string());
        assert_eq!(spans[1]["span_id"], SpanId::of_change("c1", "change").to_string());
    }

    #[test]
    fn a_late_answer_is_not_a_second_call() {
        let (traces, mut spans) = channel(Sampler::Always, 100);
        let mut change = sent_change();
        let before = Standing::of(&change);
        let since = change.evidence.sent_at.unwrap().plus_millis(10);
        change.evidence.outcome_unknown = Some(OutcomeUnknown { since, why: "no answer".to_owned() });
        record_progress(&traces, before, &change);
        let call = spans.try_recv().unwrap();
        assert_eq!((call.name, call.kind, call.end), ("Kinesis.StopStreamEncryption", Kind::Client, since));
        assert!(call.attributes.contains(&(Attribute::ErrorType, "outcome_unknown".to_owned())));
        assert_eq!(call.failure, Some("the answer was lost"));
        let before = Standing::of(&change);
        change.evidence.accepted = Some(Acceptance { at: since.plus_millis(5), request_id: Some("r1".to_owned()) });
        record_progress(&traces, before, &change);
        assert_eq!(spans.try_recv().unwrap().name, "accepted");
        assert!(spans.try_recv().is_err(), "nothing else");
    }

    #[test]
    fn nothing_is_recorded_of_a_trace_that_is_not_sampled() {
        let (traces, mut spans) = channel(Sampler::Never, 100);
        let change = sent_change();
        record_request(&traces, &change, None, change.intent.requested_at);
        record_progress(&traces, Standing::UNRECORDED, &change);
        record_resumption(&traces, &change, 2, change.intent.requested_at);
        assert!(spans.try_recv().is_err());
    }
}
