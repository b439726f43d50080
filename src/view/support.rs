//! The text for a support case.

use super::{action, proof};
use crate::model::{
    change::{Action, Change, End, Ending, Rung, RungState, refusal::Refusal},
    time::Timestamp,
};

/// Returns everything that a support case needs, as one text to copy.
pub fn text(change: &Change, now: Timestamp) -> String {
    let mut lines = vec![
        format!("{} of {}", action::label(change.intent.action), change.intent.arn),
        format!("Account {}, Region {}", change.intent.arn.account, change.intent.arn.region),
        format!("Stream created {}", change.intent.stream_created),
        format!(
            "{}: {}",
            match change.intent.action {
                Action::Disable => "Key as AWS reported it",
                Action::Enable => "Chosen key",
            },
            change.intent.key.as_ref().map_or("none", |key| key.as_str())
        ),
        format!("Keystream change {}, requested by {}", change.id, change.intent.actor),
        String::new(),
    ];
    lines.extend(Rung::ALL.map(|rung| match change.rung(rung) {
        RungState::Lit(at) => format!("{}: {at}", rung.word()),
        RungState::NotYet => format!("{}: not yet", rung.word()),
        RungState::NotObserved => format!("{}: not observed", rung.word()),
    }));
    if let Some(id) = change.evidence.accepted.as_ref().and_then(|acceptance| acceptance.request_id.as_ref()) {
        lines.push(format!("AWS request id: {id}"));
    }
    if let Some(unknown) = &change.evidence.outcome_unknown {
        let what = if change.evidence.is_sent_in_doubt { "In doubt since" } else { "Answer lost at" };
        lines.push(format!("{what} {}: {}", unknown.since, unknown.why));
    }
    if let Some(since) = change.tallies.unjudged_since.filter(|_| change.is_active()) {
        lines.push(format!("No conclusive report since {since}"));
    }
    if let Some(Ending { at, how }) = &change.end {
        lines.push(format!("Ended as {} at {at}", how.word()));
        if let End::Rejected(Refusal { aws: Some(aws), .. }) = how {
            let id = aws.request_id.as_deref().unwrap_or("none");
            lines.push(format!("AWS answered {} (request id {id}, {}): {}", aws.code, aws.at, aws.message));
        }
    }
    if let Some(proof) = &change.evidence.proof {
        lines.push(format!("Proof: {}", proof::sentences(proof, change.intent.action)));
    }
    if let Some(read) = &change.evidence.last_read {
        lines.push(format!("Last DescribeStreamSummary {}: {}", read.at, read.observed));
    }
    lines.push(format!("Written {now}"));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::{
        Step,
        refusal::{AwsWords, RefusalKind},
        tests::sent_change,
    };

    #[test]
    fn the_support_text_has_every_id_and_time_and_aws_own_words() {
        let mut change = sent_change();
        change.apply(Step::Accepted { at: Timestamp::from_millis(1_000_400), request_id: Some("7f3a".to_owned()) });
        let text = super::text(&change, Timestamp::from_millis(1_002_000));
        for line in [
            "Disable encryption of arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod",
            "Account 111122223333, Region eu-west-1",
            "Keystream change c1, requested by mira",
            "Sent: 1970-01-01T00:16:40.000Z",
            "Accepted: 1970-01-01T00:16:40.400Z",
            "Updating: not yet",
            "AWS request id: 7f3a",
            "Written 1970-01-01T00:16:42.000Z",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is missing in {text}");
        }
        let aws = AwsWords {
            code: "AccessDeniedException".to_owned(),
            message: "not authorized".to_owned(),
            request_id: Some("9b".to_owned()),
            at: Timestamp::from_millis(1_000_500),
        };
        let refusal = Refusal { kind: RefusalKind::AccessDenied, aws: Some(aws), read_after: None };
        let mut refused = sent_change();
        refused.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_000_500), how: End::Rejected(refusal) }));
        let text = super::text(&refused, Timestamp::from_millis(1_002_000));
        assert!(text.lines().any(|line| line == "Accepted: not observed"), "{text}");
        assert!(
            text.contains(
                "AWS answered AccessDeniedException (request id 9b, 1970-01-01T00:16:40.500Z): not authorized"
            ),
            "{text}"
        );
    }
}
