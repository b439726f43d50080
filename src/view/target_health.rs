//! How targets are.

use crate::model::inventory::{Condition, TargetHealth};

/// How a target is, in a sentence that follows its name, with times of day; empty when there is nothing to say.
pub fn sentence(target: &TargetHealth) -> String {
    match (target.condition(), &target.problem, &target.pause) {
        (Condition::Behind, Some(problem), _) => {
            let last_read = if problem.next_listing.is_none() { target.last_read } else { target.last_success() };
            let last = last_read
                .map_or_else(|| "It was never read.".to_owned(), |at| format!("Last read {}.", at.date_and_clock()));
            let what = if problem.next_listing.is_none() { "reads of its streams fail: " } else { "" };
            let next = match (&target.pause, problem.next_listing) {
                (Some(pause), _) => format!("It is paused by {}, and not tried again.", pause.by),
                (None, Some(at)) => format!("Tried again at {}.", at.clock_seconds()),
                (None, None) => "They go on being tried.".to_owned(),
            };
            format!(
                "is behind since {}: {what}{}. {last} {next} Its last known rows stay.",
                problem.since.clock_seconds(),
                problem.why
            )
        }
        (Condition::Paused, _, Some(pause)) => {
            format!(
                "is paused since {} by {}. Its rows stay as they were last read.",
                pause.at.clock_seconds(),
                pause.by
            )
        }
        (Condition::Slowed, _, _) => {
            format!(
                "is read at {} % of its budget, because AWS throttles this account and Region.",
                target.pace_percent
            )
        }
        (Condition::Waiting, _, _) => "is not listed yet.".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        inventory::{Pause, TargetProblem},
        stream::Account,
        time::Timestamp,
    };

    #[test]
    fn a_target_says_what_matters_most() {
        let at = Timestamp::from_millis(0);
        let well = TargetHealth {
            id: "self/eu-west-1".to_owned(),
            name: "payments".to_owned(),
            account: Account::unresolved(),
            region: "eu-west-1".parse().unwrap(),
            rev: 0,
            is_production: false,
            is_read_only: false,
            last_listed: Some(at),
            last_read: None,
            problem: None,
            tags_problem: None,
            pause: None,
            pace_percent: 100,
            stale_after_ms: 90_000,
            streams: 1,
            unread: 0,
        };
        assert_eq!((well.condition(), sentence(&well).as_str()), (Condition::Well, ""));
        let slowed = TargetHealth { pace_percent: 50, ..well.clone() };
        assert!(sentence(&slowed).contains("at 50 % of its budget"));
        let paused = TargetHealth { pause: Some(Pause { by: "mira".to_owned(), at }), ..slowed };
        assert_eq!(paused.condition(), Condition::Paused);
        assert!(sentence(&paused).contains("by mira"));
        let why = "AWS did not answer in time".to_owned();
        let unlisted = TargetProblem { why, since: at, next_listing: Some(at.plus_millis(5_000)) };
        let unread = TargetProblem { next_listing: None, ..unlisted.clone() };
        let words = |problem: &TargetProblem, pause: &Option<Pause>| {
            let behind = TargetHealth { problem: Some(problem.clone()), pause: pause.clone(), ..well.clone() };
            assert_eq!(behind.condition(), Condition::Behind);
            let words = sentence(&behind);
            words
                .strip_prefix("is behind since 00:00:00 UTC: ")
                .unwrap()
                .replace(" Last read 1 Jan 1970 00:00:00 UTC.", "")
        };
        assert_eq!(
            words(&unlisted, &None),
            "AWS did not answer in time. Tried again at 00:00:05 UTC. Its last known rows stay."
        );
        let reads = "reads of its streams fail: AWS did not answer in time. It was never read. They go on being tried. Its \
            last known rows stay.";
        assert_eq!(words(&unread, &None), reads, "a listing is no read");
        let stopped =
            "AWS did not answer in time. It is paused by mira, and not tried again. Its last known rows stay.";
        assert_eq!(words(&unlisted, &paused.pause), stopped);
    }
}
