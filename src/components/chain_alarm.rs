//! What pages say while the audit chain doesn't match its checkpoints, and the form that acknowledges it.

use leptos::prelude::*;

use super::{PlainReason, When};
use crate::model::{access::chain_alarm::ChainAlarm, forms::FormMistake};

const REASON_HINT: &str = "What happened, with the ticket; at most 500 characters. Kept in the audit chain and in the \
                           checkpoint file. Checkpoints start over, and the alarm is cleared.";

/// The warning on every page.
#[component]
pub fn ChainAlarmNote(alarm: ChainAlarm, may_administer: bool) -> impl IntoView {
    let next = if may_administer {
        view! { <a href="/settings#audit-chain">"See what to do"</a> }.into_any()
    } else {
        "Tell a Keystream administrator.".into_any()
    };
    view! {
        <aside class="emergency" aria-label="Audit chain">
            "Read-only since " <When at=alarm.found_at /> ": the audit chain doesn't match its checkpoints. "
            {alarm.finding} " No change is sent until an administrator acknowledges this. " {next}
        </aside>
    }
}

/// What was found and what to do about it, with the form for administrators. `typed` is the reason typed so far.
#[component]
pub fn ChainAlarmPart(
    alarm: ChainAlarm,
    may_administer: bool,
    mistake: Option<FormMistake>,
    typed: String,
) -> impl IntoView {
    let number = alarm.number;
    view! {
        <section class="part">
            <h2 id="audit-chain">"Audit chain"</h2>
            <p>
                "Found at " <When at=alarm.found_at /> ": the audit chain doesn't match its checkpoints. "
                {alarm.finding}
            </p>
            <p>"If you've restored a backup, this is expected. If not, someone may have changed or replaced the \
                database: keep a copy of it and of the checkpoint file, and find out what happened. Until this is \
                acknowledged, Keystream sends no changes, but keeps reading streams."</p>
            {if may_administer {
                view! { <AcknowledgeForm number mistake typed /> }.into_any()
            } else {
                view! { <p>"A Keystream administrator can acknowledge it here."</p> }.into_any()
            }}
        </section>
    }
}

#[component]
fn AcknowledgeForm(number: i64, mistake: Option<FormMistake>, typed: String) -> impl IntoView {
    view! {
        <form class="narrow" method="post" action="/api/acknowledge-alarm" autocomplete="off">
            <input r#type="hidden" name="number" value=number />
            <PlainReason id="alarm-reason" typed mistake hint=REASON_HINT />
            <button type="submit">"Acknowledge"</button>
        </form>
    }
}
