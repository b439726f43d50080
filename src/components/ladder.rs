//! The ladder: six steps with their times, the one picture of a change wherever a change is. It moves only when AWS has
//! spoken.

use leptos::prelude::*;

use crate::model::{
    change::{Change, Rung, RungState},
    inventory::{ChangeMarks, Mark},
    wording,
};

/// The wide ladder with evidence beneath each step.
#[component]
pub fn Ladder(#[prop(into)] change: Signal<Change>) -> impl IntoView {
    let rungs = Rung::ALL.map(|rung| {
        let state = Memo::new(move |_| change.with(|change| change.rung(rung)));
        let class = move || {
            let is_current = change.with(Change::current_rung) == Some(rung);
            match (state.get(), is_current) {
                (RungState::Lit(_), true) => "rung lit current",
                (RungState::Lit(_), false) => "rung lit",
                (RungState::NotYet, _) => "rung not-yet",
                (RungState::NotObserved, _) => "rung not-observed",
            }
        };
        let current = move || (change.with(Change::current_rung) == Some(rung)).then_some("step");
        let text = move || change.with(|change| wording::rung(change, rung));
        view! {
            <li class=class aria-current=current>
                <span class="rung-name">{rung.word()}</span>
                " "
                <span class="evidence">{text}</span>
            </li>
        }
    });
    view! {
        <ol class="ladder" aria-label="Progress">
            {rungs.into_iter().collect_view()}
        </ol>
    }
}

/// The way that a change will go, before it does: all steps, none lit.
#[component]
pub fn LadderAhead() -> impl IntoView {
    let rungs = Rung::ALL.map(|rung| view! { <li class="rung not-yet"><span class="rung-name">{rung.word()}</span></li> });
    view! {
        <ol class="ladder ahead" aria-label="Steps ahead">
            {rungs.into_iter().collect_view()}
        </ol>
    }
}

/// Six small marks for a row; the words beside them say the same.
#[component]
pub fn LadderMarks(#[prop(into)] marks: Signal<Option<ChangeMarks>>) -> impl IntoView {
    let drawn = move || {
        marks.get().map(|marks| {
            let circles = marks.marks.iter().zip(Rung::ALL).zip([8, 24, 40, 56, 72, 88]).map(|((mark, rung), x)| {
                let class = match (mark, marks.current == Some(rung)) {
                    (Mark::Lit, true) => "mark lit current",
                    (Mark::Lit, false) => "mark lit",
                    (Mark::NotYet, _) => "mark not-yet",
                    (Mark::NotObserved, _) => "mark not-observed",
                };
                view! { <circle class=class cx=x cy="8" r="4.5"></circle> }
            });
            let circles = circles.collect_view();
            let word = if marks.is_unknown { "Outcome unknown" } else { marks.current.map_or("", Rung::word) };
            view! {
                <span class=if marks.is_unknown { "marks unknown" } else { "marks" }>
                    <svg viewBox="0 0 96 16" width="72" height="12" aria-hidden="true">{circles}</svg>
                    <span class="marks-word">{word}</span>
                </span>
            }
        })
    };
    view! { {drawn} }
}
