//! What AWS last reported of one stream.

use leptos::prelude::*;

use super::{Age, EncryptionLabel, KeyName, LadderMarks, StatusLabel, Viewer};
use crate::model::{inventory::StreamRow, stream::encryption::EncryptionState};

/// Encryption, status and key with their ages, and why there is nothing newer: a live part.
#[component]
pub fn StreamState(row: StreamRow, viewer: Viewer) -> impl IntoView {
    let (now, stale_after) = (viewer.now, viewer.stale_after(&row.id));
    let key = row.key_id.as_ref().map(ToString::to_string);
    let without = without_key(row.encryption);
    let problem = row.problem.as_ref().map(|problem| {
        let words = format!(
            "Not newer because: {}. Last try {}. Next try {}.",
            problem.why,
            problem.at.clock_seconds(),
            problem.next_try.clock_seconds()
        );
        view! { <p class="alert">{words}</p> }
    });
    view! {
        <div id=format!("state-{}", row.id.digest()) class="stream-state" data-live="" data-rev=row.rev>
            <dl class="facts">
                <div>
                    <dt>"Encryption"</dt>
                    <dd>
                        <EncryptionLabel state=row.encryption /> " "
                        <Age at=row.read_at now stale_after has_failed=row.problem.is_some() />
                    </dd>
                </div>
                <div>
                    <dt>"Status"</dt>
                    <dd>
                        <StatusLabel status=row.status read_at=row.read_at now stale_after />
                        {row.change.map(|marks| view! { " " <LadderMarks marks /> })}
                        {row.is_gone.then(|| view! { " " <span class="problem">"No longer listed by AWS"</span> })}
                    </dd>
                </div>
                <div><dt>"Key"</dt><dd><KeyName key without /></dd></div>
            </dl>
            {problem}
        </div>
    }
}

/// Returns the words for a stream without a key, by its encryption.
const fn without_key(encryption: EncryptionState) -> &'static str {
    match encryption {
        EncryptionState::NotEncrypted => "None",
        EncryptionState::Encrypted => "Not stated",
        EncryptionState::Unknown => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{inventory::ReadProblem, list::tests::row, time::Timestamp};

    #[test]
    fn a_state_says_how_old_it_is_and_why() {
        let at = Timestamp::from_millis;
        let known = StreamRow::clone(&row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
        let problem =
            ReadProblem { why: "AWS did not answer in time".to_owned(), at: at(60_000), next_try: at(90_000) };
        let row = StreamRow { rev: 7, problem: Some(problem), ..known };
        let digest = row.id.digest();
        let viewer = Viewer { now: at(60_000), ..Viewer::default() };
        let html = view! { <StreamState row viewer /> }.to_html();
        assert!(html.contains(&format!(r#"id="state-{digest}""#)) && html.contains(r#"data-rev="7""#), "{html}");
        assert!(html.contains("last known 1 min ago") && html.contains("Next try 00:01:30 UTC."), "{html}");
        assert!(html.contains("alias/Orders") && html.contains("ACTIVE"), "{html}");
    }
}
