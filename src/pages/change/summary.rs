//! The summary of a change in one line, with AWS's words if it refused the call.

use leptos::prelude::*;

use crate::{
    client::live::Live,
    components::drawn,
    model::time::span,
    view::{
        change_state::Tone,
        summary::{Phrase, Summary},
    },
};

#[component]
pub(super) fn SummaryLine(summary: Summary, tone: Tone) -> impl IntoView {
    let Summary { word, text, aws, .. } = summary;
    let phrases = text.into_iter().map(|phrase| view! { <PhraseText phrase /> }.into_any()).collect_view();
    view! {
        <p class=format!("summary {}", tone.class()) translate="no"><strong>{word}"."</strong>" "{phrases}</p>
        {aws.map(|aws| {
            let id = aws.request_id.map_or_else(String::new, |id| format!(", request id {id}"));
            view! {
                <figure class="aws-words">
                    <figcaption>{format!("AWS said ({}{id}, {}):", aws.code, aws.at.clock_seconds())}</figcaption>
                    <blockquote>
                        {if aws.message.is_empty() { "(no message)".to_owned() } else { aws.message }}
                    </blockquote>
                </figure>
            }.into_any()
        })}
    }
}

/// A part of the summary. An age has an element of its own, so that a page that has stopped updating can show the time
/// instead.
#[component]
fn PhraseText(phrase: Phrase) -> impl IntoView {
    let live = expect_context::<Live>();
    match phrase {
        Phrase::Words(words) => words.into_any(),
        Phrase::Ago(at) => drawn(
            move || at.age(live.now.get()),
            move |age| {
                view! { <time class="age" datetime=at.rfc3339() title=at.date_and_clock()>{age}</time> }.into_any()
            },
        ),
        Phrase::For(since) => drawn(move || span(live.now.get().millis_since(since)), IntoAny::into_any),
    }
}
