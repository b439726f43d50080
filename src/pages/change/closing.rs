//! The forms that end a change: one cancels a waiting change, the other closes a change that AWS's reports can't judge.

use leptos::prelude::*;

use crate::{components::PlainReason, model::forms::FormMistake};

const REASON_HINT: &str = "Why it can be closed, with the ticket; at most 500 characters. Kept in the audit chain.";

/// The form that cancels a waiting change.
#[component]
pub(super) fn CancelForm(id: String) -> impl IntoView {
    view! {
        <form method="post" action="/api/cancel-change" class="cancel-change">
            <input r#type="hidden" name="id" value=id />
            <button type="submit">"Cancel this change"</button>
        </form>
    }
}

/// The form that closes a change that AWS's reports can't judge, with a reason.
#[component]
pub(super) fn CloseForm(id: String, mistake: Option<FormMistake>, typed: String) -> impl IntoView {
    let mistake = mistake.filter(|mistake| matches!(mistake, FormMistake::ReasonMissing | FormMistake::ReasonTooLong));
    view! {
        <section class="close-change" aria-labelledby="close-change">
            <h2 id="close-change">"Close this change"</h2>
            <p>"AWS's reports can't show whether this change took effect. Closing it counts it as unknown and lets the \
                stream be changed again. Nothing is sent to AWS."</p>
            <form method="post" action="/api/close-change" autocomplete="off">
                <input r#type="hidden" name="id" value=id />
                <PlainReason id="close-reason" typed mistake hint=REASON_HINT />
                <button type="submit">"Close as not established"</button>
            </form>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_closing_form_stands_at_its_field() {
        let form = |mistake| {
            let form = view! { <CloseForm id="c1".to_owned() mistake typed="OPS \"9\"".to_owned() /> };
            // Without the marks between texts, which pages don't have.
            form.to_html().replace("<!>", "")
        };
        let plain = form(None);
        assert!(
            plain.contains("action=\"/api/close-change\"") && plain.contains("name=\"id\" value=\"c1\""),
            "{plain}"
        );
        assert!(plain.contains(">Reason</label>") && plain.contains(">Close as not established</button>"), "{plain}");
        assert!(!plain.contains("mistake") && !plain.contains("aria-invalid"), "{plain}");
        let missing = form(Some(FormMistake::ReasonMissing));
        assert!(missing.contains("value=\"OPS &quot;9&quot;\""), "{missing}");
        assert!(
            missing.contains("aria-invalid=\"true\"")
                && missing.contains("id=\"close-reason-mistake\" class=\"mistake\""),
            "{missing}"
        );
        let other = form(Some(FormMistake::RecordNotAgreed));
        assert_eq!(other, plain);
    }
}
