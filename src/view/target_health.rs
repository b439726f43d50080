//! The health of targets.

use crate::model::inventory::{Condition, TargetHealth, TargetProblem};

/// Describes a target's health in a sentence that follows its name, with times of day; empty if there is nothing to
/// say.
pub fn sentence(target: &TargetHealth) -> String {
    match (target.condition(), &target.problem, &target.pause) {
        (Condition::Behind, Some(problem), _) => behind(target, problem),
        (Condition::Paused, _, Some(pause)) => {
            let (since, until) = (pause.at.clock_seconds(), pause.until.clock_seconds());
            format!(
                "has been paused since {since} by {}. Reading resumes at {until}. Showing last known data.",
                pause.by
            )
        }
        (Condition::Slowed, _, _) => format!(
            "is read at {} % of its budget because AWS is throttling this account and Region.",
            target.pace_percent
        ),
        (Condition::Waiting, _, _) => "hasn't been listed yet.".to_owned(),
        _ => String::new(),
    }
}

/// Says since when and why a target is behind, and when it is retried.
fn behind(target: &TargetHealth, problem: &TargetProblem) -> String {
    let (what, last_read) = match problem.next_listing {
        None => ("its streams can't be read: ", target.last_read),
        Some(_) => ("", target.last_success()),
    };
    let last = last_read.map_or_else(|| "Never read.".to_owned(), |at| format!("Last read {}.", at.date_and_clock()));
    let next = match (&target.pause, problem.next_listing) {
        (Some(pause), _) => {
            let until = pause.until.clock_seconds();
            format!("Paused by {}, so it won't be tried again until {until} or until resumed.", pause.by)
        }
        (None, Some(at)) => format!("Next try {}.", at.clock_seconds()),
        (None, None) => "Keystream keeps trying.".to_owned(),
    };
    let (since, why) = (problem.since.clock_seconds(), &problem.why);
    format!("has been behind since {since}: {what}{why}. {last} {next} Showing last known data.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        inventory::{Pause, tests::well},
        time::Timestamp,
    };

    #[test]
    fn a_target_says_what_matters_most() {
        let at = Timestamp::from_millis(0);
        let well = well();
        assert_eq!((well.condition(), sentence(&well).as_str()), (Condition::Well, ""));
        let slowed = TargetHealth { pace_percent: 50, ..well.clone() };
        assert!(sentence(&slowed).contains("at 50 % of its budget"));
        let pause = Pause { by: "mira".to_owned(), at, until: at.plus_millis(60_000) };
        let paused = TargetHealth { pause: Some(pause), ..slowed };
        assert_eq!(paused.condition(), Condition::Paused);
        let words = "has been paused since 00:00:00 UTC by mira. Reading resumes at 00:01:00 UTC. Showing last known \
            data.";
        assert_eq!(sentence(&paused), words);
        let why = "AWS did not answer in time".to_owned();
        let unlisted = TargetProblem { why, since: at, next_listing: Some(at.plus_millis(5_000)) };
        let unread = TargetProblem { next_listing: None, ..unlisted.clone() };
        let words = |problem: &TargetProblem, pause: &Option<Pause>| {
            let behind = TargetHealth { problem: Some(problem.clone()), pause: pause.clone(), ..well.clone() };
            assert_eq!(behind.condition(), Condition::Behind);
            let words = sentence(&behind);
            words
                .strip_prefix("has been behind since 00:00:00 UTC: ")
                .unwrap()
                .replace(" Last read 1 Jan 1970 00:00:00 UTC.", "")
        };
        let next = "AWS did not answer in time. Next try 00:00:05 UTC. Showing last known data.";
        assert_eq!(words(&unlisted, &None), next);
        let reads = "its streams can't be read: AWS did not answer in time. Never read. Keystream keeps trying. \
            Showing last known data.";
        assert_eq!(words(&unread, &None), reads, "a listing is no read");
        let stopped = "AWS did not answer in time. Paused by mira, so it won't be tried again until 00:01:00 UTC or \
            until resumed. Showing last known data.";
        assert_eq!(words(&unlisted, &paused.pause), stopped);
    }
}
