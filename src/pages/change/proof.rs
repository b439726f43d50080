//! The forms that request proof by records.

use leptos::prelude::*;

use crate::{model::forms::FormMistake, view::forms};

/// The forms that request proof of a settled change: folded until proof was requested, or one of them has a mistake.
#[component]
pub(super) fn ProofForms(id: String, mistake: Option<FormMistake>, is_requested: bool) -> impl IntoView {
    let (by_write, by_read, reported) = (id.clone(), id.clone(), id);
    let is_of_another_form =
        mistake.is_some_and(|mistake| matches!(mistake, FormMistake::ReasonMissing | FormMistake::ReasonTooLong));
    let is_open = is_requested || (mistake.is_some() && !is_of_another_form);
    let is_unticked = mistake == Some(FormMistake::RecordNotAgreed);
    let is_unread = mistake == Some(FormMistake::AnswerInvalid);
    let of_answer = if is_unread { "answer-mistake answer-hint" } else { "answer-hint" };
    // The page says it under its heading; here it stands at its field.
    let at_field = |id| mistake.map(|mistake| view! { <p id=id class="mistake">{forms::mistake(mistake, None)}</p> });
    let (unticked, unread) = (
        is_unticked.then(|| at_field("agreed-mistake")).flatten(),
        is_unread.then(|| at_field("answer-mistake")).flatten(),
    );
    view! {
        <details class="proof" open=is_open>
            <summary><h2 id="proof">"Proof by records"</h2></summary>
            <form method="post" action="/api/prove-by-read">
                <input r#type="hidden" name="id" value=by_read />
                <p>"Keystream reads the records that arrive at the tip of each open shard for a few seconds and counts \
                    their types. It keeps no payload. Needs kinesis:ListShards, GetShardIterator and GetRecords, and \
                    kms:Decrypt for encrypted records."</p>
                <button type="submit">"Check by reading"</button>
            </form>
            <form method="post" action="/api/prove-by-write">
                <input r#type="hidden" name="id" value=by_write />
                <p><strong>"Keystream writes a marked test record to each open shard. It will reach every \
                    consumer."</strong>" It is billed and can't be removed; AWS's answer says how it was stored. Needs \
                    kinesis:PutRecords."</p>
                <div class="check">
                    <input
                        id="agreed" r#type="checkbox" name="agreed" value="yes" autofocus=is_unticked
                        aria-invalid=is_unticked.then_some("true")
                        aria-describedby=is_unticked.then_some("agreed-mistake")
                    />
                    <label for="agreed">"A test record will reach every consumer of this stream"</label>
                </div>
                {unticked}
                <button type="submit">"Check by writing test records"</button>
            </form>
            <form method="post" action="/api/report-proof">
                <input r#type="hidden" name="id" value=reported />
                <div class="field">
                    <label for="answer">"A producer's response from PutRecord or PutRecords"</label>
                    <textarea
                        id="answer" name="answer" rows="3" spellcheck="false" class="mono" autofocus=is_unread
                        aria-invalid=is_unread.then_some("true")
                        aria-describedby=of_answer
                    ></textarea>
                    {unread}
                    <p id="answer-hint" class="hint">"Paste a PutRecord response from one of your producers."</p>
                </div>
                <button type="submit">"Save response"</button>
            </form>
        </details>
    }
}
