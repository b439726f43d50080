//! The ladder of a change: six rungs with their times and evidence. It moves only with AWS's reports.

use leptos::{either::Either, prelude::*};

use super::{Ago, Elapsed, Viewer, drawing};
use crate::{
    model::{
        change::{ChangeState, Rung, refusal::AwsWords},
        inventory::{ChangeMarks, Mark, StreamRow},
        time::Timestamp,
    },
    view::{
        change_card::{ChangeCard, RungCard},
        change_state::{self, Tone},
        needed_keys,
        summary::{Phrase, Summary},
    },
};

/// The progress of a change, as one live part: its summary, if there is something to say, and its ladder. As
/// everywhere, the stream's row says how long a replaced key is still needed, because that moves with the retention.
#[component]
pub fn Progress(change: ChangeCard, row: Option<StreamRow>, viewer: Viewer) -> impl IntoView {
    let ChangeCard { id, rev, rungs, current, summary, state, left, .. } = change;
    let tone = change_state::tone(state);
    let keep = match (row, left) {
        (Some(row), Some(left)) => needed_keys::keep(&row, &left, viewer.now),
        _ => String::new(),
    };
    let rungs = rungs.into_iter().map(|mut rung| {
        if rung.rung == Rung::Settled {
            rung.evidence.push_str(&keep);
        }
        let is_current = current == Some(rung.rung);
        view! { <Step rung is_current /> }
    });
    view! {
        <div id=format!("ladder-{id}") data-live="" data-rev=rev>
            {summary.map(|summary| view! { <SummaryLine summary tone now=viewer.now /> })}
            <ol class=format!("ladder {}", tone.class()) aria-label="Progress" translate="no">
                {rungs.collect::<Vec<_>>()}
            </ol>
        </div>
    }
}

#[component]
fn Step(rung: RungCard, is_current: bool) -> impl IntoView {
    let class = match (rung.mark, is_current) {
        (Mark::Lit, true) => "rung lit current",
        (Mark::Lit, false) => "rung lit",
        (Mark::NotYet, _) => "rung not-yet",
        (Mark::NotObserved, _) => "rung not-observed",
    };
    view! {
        <li class=class aria-current=is_current.then_some("step")>
            <span class="rung-name">{rung.rung.word()}</span>
            " "
            <span class="evidence">{rung.evidence}</span>
        </li>
    }
}

/// The end of a change, or the flag on one that is still active, with AWS's words if it refused the call.
#[component]
fn SummaryLine(summary: Summary, tone: Tone, now: Timestamp) -> impl IntoView {
    let Summary { word, text, aws } = summary;
    let phrases = text.into_iter().map(|phrase| view! { <PhraseText phrase now /> }).collect::<Vec<_>>();
    view! {
        <p class=format!("summary {}", tone.class()) translate="no"><strong>{word}"."</strong>" "{phrases}</p>
        {aws.map(|aws| view! { <WordsOfAws aws /> })}
    }
}

#[component]
fn WordsOfAws(aws: AwsWords) -> impl IntoView {
    let id = aws.request_id.map_or_else(String::new, |id| format!(", request id {id}"));
    view! {
        <figure class="aws-words">
            <figcaption>{format!("AWS said ({}{id}, {}):", aws.code, aws.at.clock_seconds())}</figcaption>
            <blockquote>{if aws.message.is_empty() { "(no message)".to_owned() } else { aws.message }}</blockquote>
        </figure>
    }
}

/// A part of the summary. Ages keep counting, and a page that has stopped updating shows the times instead.
#[component]
fn PhraseText(phrase: Phrase, now: Timestamp) -> impl IntoView {
    match phrase {
        Phrase::Words(words) => Either::Left(words),
        Phrase::Ago(at) => Either::Right(Either::Left(view! { <Ago at now /> })),
        Phrase::For(since) => Either::Right(Either::Right(view! { <Elapsed since now /> })),
    }
}

/// The ladder before a change: all rungs, none lit.
#[component]
pub fn LadderAhead() -> impl IntoView {
    let rungs =
        Rung::ALL.map(|rung| view! { <li class="rung not-yet"><span class="rung-name">{rung.word()}</span></li> });
    view! {
        <ol class="ladder ahead" aria-label="Steps ahead">
            {rungs.into_iter().collect::<Vec<_>>()}
        </ol>
    }
}

/// The small ladder in lists: six marks and the state's word, in its color. While the outcome is unknown, the word
/// stands alone: marks would look like progress.
///
/// With `rev` it is a live part of its own; without, it is part of one.
#[component]
pub fn LadderMarks(marks: ChangeMarks, #[prop(optional)] rev: Option<i64>) -> impl IntoView {
    let (word, tone) = (change_state::label(marks.state), change_state::tone(marks.state));
    let id = rev.map(|_| format!("marks-{}", marks.id));
    let content = if marks.state == ChangeState::OutcomeUnknown {
        Either::Left(view! { <span class="state badge">{word}</span> })
    } else {
        Either::Right(view! {
            {drawing(circles(&marks))}
            <span class="state">{word}</span>
        })
    };
    view! {
        <span
            class=format!("marks {}", tone.class()) translate="no"
            id=id data-live=rev.map(|_| "") data-rev=rev
        >
            {content}
        </span>
    }
}

fn circles(marks: &ChangeMarks) -> String {
    let circles = marks.marks.iter().zip(Rung::ALL).zip([8, 24, 40, 56, 72, 88]).map(|((mark, rung), x)| {
        let class = match (mark, marks.current == Some(rung)) {
            (Mark::Lit, true) => "mark lit current",
            (Mark::Lit, false) => "mark lit",
            (Mark::NotYet, _) => "mark not-yet",
            (Mark::NotObserved, _) => "mark not-observed",
        };
        format!("<circle class='{class}' cx={x} cy=8 r=4.5 />")
    });
    let circles: String = circles.collect();
    format!("<span class=drawing aria-hidden=true><svg viewBox='0 0 96 16' width=72 height=12>{circles}</svg></span>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::{
        Step as Evidence,
        tests::{requested_change, sent_change},
    };

    #[test]
    fn marks_are_a_live_part_only_with_a_revision() {
        let marks = ChangeMarks::from(&requested_change());
        let id = format!("id=\"marks-{}\"", marks.id);
        let within = view! { <LadderMarks marks=marks.clone() /> }.to_html();
        assert!(!within.contains(&id) && !within.contains("data-live"), "{within}");
        assert_eq!(within.matches("<circle").count(), 6, "{within}");
        let alone = view! { <LadderMarks marks rev=7 /> }.to_html();
        assert!(alone.contains(&id) && alone.contains("data-rev=\"7\""), "{alone}");
    }

    #[test]
    fn an_unknown_outcome_has_no_marks() {
        let mut change = sent_change();
        change.apply(Evidence::LostTrack { at: Timestamp::from_millis(1_010_000), why: "no answer".to_owned() });
        let unknown = view! { <LadderMarks marks=ChangeMarks::from(&change) /> }.to_html();
        assert!(unknown.contains("Outcome unknown") && !unknown.contains("<circle"), "{unknown}");
        assert!(unknown.contains("tone-attention"), "{unknown}");
    }

    #[test]
    fn the_summary_comes_before_the_list() {
        let mut change = sent_change();
        change.apply(Evidence::LostTrack { at: Timestamp::from_millis(1_010_000), why: "no answer".to_owned() });
        let card = ChangeCard::from(&change);
        let html = view! { <Progress change=card row=None viewer=Viewer::default() /> }.to_html();
        let (summary, list) = (html.find("Outcome unknown").unwrap(), html.find("aria-label=\"Progress\"").unwrap());
        assert!(summary < list && html.contains(&format!("id=\"ladder-{}\"", change.id)), "{html}");
        assert_eq!(html.matches("<li").count(), 6, "{html}");
        assert_eq!(html.matches("aria-current").count(), 1, "{html}");
    }
}
