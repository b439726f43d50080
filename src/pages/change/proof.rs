//! The forms that request proof by records.

use leptos::prelude::*;

use crate::{components::Mistake, model::forms::FormMistake};

/// The forms that request proof of a settled change.
#[component]
pub(super) fn ProofForms(id: String, mistake: Option<FormMistake>) -> impl IntoView {
    // A mistake in the form above is shown at that form's field.
    let mistake = mistake.filter(|mistake| !matches!(mistake, FormMistake::ReasonMissing | FormMistake::ReasonTooLong));
    let (by_write, by_read, reported) = (id.clone(), id.clone(), id);
    view! {
        // Always open: updates redraw the page and must not close a form that is being filled in.
        <section class="proof" aria-labelledby="proof">
            <h2 id="proof">"Proof by records"</h2>
            <Mistake mistake />
            <form method="post" action="/api/prove-by-read">
                <input r#type="hidden" name="id" value=by_read />
                <p>"Keystream reads the records that arrive at the tip of each open shard for a few seconds and counts \
                    their types. It keeps no payload. Needs kinesis:ListShards, GetShardIterator and GetRecords, and \
                    kms:Decrypt for encrypted records."</p>
                <button type="submit">"Check by reading"</button>
            </form>
            <form method="post" action="/api/prove-by-write">
                <input r#type="hidden" name="id" value=by_write />
                <p><strong>"Keystream writes a marked test record to each open shard. It reaches every \
                    consumer."</strong>" It is billed and can't be removed; AWS's answer says how it was stored. Needs \
                    kinesis:PutRecords."</p>
                <div class="check">
                    <input id="agreed" r#type="checkbox" name="agreed" value="yes" />
                    <label for="agreed">"A test record may reach every consumer of this stream"</label>
                </div>
                <button type="submit">"Check by writing test records"</button>
            </form>
            <form method="post" action="/api/report-proof">
                <input r#type="hidden" name="id" value=reported />
                <div class="field">
                    <label for="answer">"A producer's answer from PutRecord or PutRecords"</label>
                    <textarea id="answer" name="answer" rows="3" spellcheck="false" class="mono"></textarea>
                </div>
                <button type="submit">"Report this answer"</button>
            </form>
        </section>
    }
}
