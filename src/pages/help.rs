//! `/help`: the ladder, the 5 seconds, old records, the quota.

use leptos::prelude::*;
use leptos_meta::Title;

/// What an operator may want to know before and during a change.
#[component]
pub fn HelpPage() -> impl IntoView {
    view! {
        <Title text="Help" />
        <article class="help">
            <h1>"Help"</h1>
            <h2>"The ladder"</h2>
            <p>"A change walks six steps. Each is lit only by evidence, with the time of that evidence; a step without evidence says so."</p>
            <dl class="facts">
                <div><dt>"Requested"</dt><dd>"Recorded, with who and why. Nothing has been sent to AWS."</dd></div>
                <div><dt>"Sent"</dt><dd>"The one request left. It is never sent again, whatever becomes of its answer."</dd></div>
                <div><dt>"Accepted"</dt><dd>"AWS answered 200. The state has not changed yet as far as AWS has reported."</dd></div>
                <div><dt>"Updating"</dt><dd>"A read returned UPDATING. Reading and writing go on."</dd></div>
                <div><dt>"Reached"</dt><dd>"A read returned ACTIVE and the wanted state."</dd></div>
                <div><dt>"Settled"</dt><dd>"AWS's 5 seconds have passed, and a second read agrees."</dd></div>
            </dl>
            <h2>"The 5 seconds"</h2>
            <p>"For up to 5 seconds after ACTIVE, AWS may still encrypt new records. Settled means that they are over."</p>
            <h2>"Records that are already stored"</h2>
            <p>"AWS describes no change to them. Plan for them to stay encrypted until they leave the stream by its retention: readers need the key until then."</p>
            <h2>"Outcome unknown"</h2>
            <p>"When the answer to a request is lost, Keystream does not guess and does not send again. It reads the stream until AWS's reports settle the question."</p>
            <h2>"Send when ACTIVE"</h2>
            <p>"While a stream is UPDATING for another reason, a confirmed change may wait for it: for 15 minutes, or up to four hours. It is sent when AWS reports ACTIVE and everything is still as it was shown; until then anybody who may change can cancel it. A restart of Keystream does not lose it."</p>
            <h2>"Slow"</h2>
            <p>"After five minutes without the wanted state a change is called slow. It stays watched, without end; its page says what is usual here, what to check, and has a text to copy for a support case."</p>
            <h2>"After settled"</h2>
            <p>"For 30 days every read of the stream is held against the settled change. When two of them say that it is encrypted again, the change is marked as reverted. Keystream does not fight it."</p>
            <h2>"The quota"</h2>
            <p>"AWS allows 25 successful disables in a rolling 24 hours. Its API text names no scope; Keystream counts per stream, AWS decides."</p>
            <h2>"How the list is filled"</h2>
            <p>
                "Each target is listed every half minute, and its streams are read one by one within a quarter of AWS's limits. Every state carries its age. "
                "Unknown means not read yet, a read that failed, or that AWS did not say; it never means not encrypted."
            </p>
        </article>
    }
}
