//! The ladder of a change: six rungs with their times and evidence. It moves only with AWS's reports.

use leptos::prelude::*;

use super::drawing;
use crate::{
    client::live::Live,
    model::{
        change::Rung,
        inventory::{ChangeMarks, Mark, StreamRow},
    },
    view::{
        change_card::{ChangeCard, RungCard},
        change_state, needed_keys,
    },
};

/// The ladder with the evidence of each rung. As everywhere, the stream's row says how long a replaced key is still
/// needed, because that moves with the stream's retention.
#[component]
pub fn Ladder(#[prop(into)] change: Signal<ChangeCard>, row: Option<Memo<StreamRow>>) -> impl IntoView {
    let live = expect_context::<Live>();
    let keep = Memo::new(move |_| {
        let (Some(row), Some(left)) = (row, change.with(|change| change.left.clone())) else { return String::new() };
        row.with(|row| needed_keys::keep(row, &left, live.now.get()))
    });
    let rungs = move || {
        let card = change.get();
        let current = card.current;
        let rung = |mut rung: RungCard| {
            if rung.rung == Rung::Settled {
                rung.evidence.push_str(&keep.get());
            }
            let is_current = current == Some(rung.rung);
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
            .into_any()
        };
        card.rungs.into_iter().map(rung).collect_view()
    };
    let class = move || change.with(|card| format!("ladder {}", change_state::tone(card.state).class()));
    view! {
        // A page translator would replace the nodes that change here, and wasm would keep writing to the removed ones.
        <ol class=move || class() aria-label="Progress" translate="no">
            {move || rungs()}
        </ol>
    }
}

/// The ladder before a change: all rungs, none lit.
#[component]
pub fn LadderAhead() -> impl IntoView {
    let rungs = Rung::ALL
        .map(|rung| view! { <li class="rung not-yet"><span class="rung-name">{rung.word()}</span></li> }.into_any());
    view! {
        <ol class="ladder ahead" aria-label="Steps ahead">
            {rungs.into_iter().collect::<Vec<_>>()}
        </ol>
    }
}

/// The small ladder in lists: six marks and the state's word, in its color.
#[component]
pub fn LadderMarks(marks: ChangeMarks) -> impl IntoView {
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
    let markup = format!(
        "<span class=drawing aria-hidden=true><svg viewBox='0 0 96 16' width=72 height=12>{circles}</svg></span>"
    );
    let (word, tone) = (change_state::label(marks.state), change_state::tone(marks.state));
    view! {
        <span class=format!("marks {}", tone.class()) translate="no">
            {drawing(markup)}
            <span class="state">{word}</span>
        </span>
    }
}
