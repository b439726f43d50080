//! Times: ages and durations that keep counting in the browser, with the full time on hover, and absolute times.

use leptos::prelude::*;

use crate::model::time::{SECOND_MS, Timestamp, span};

/// The age at `now` of what AWS reported at `at`, if it ever did. It reads "last known" once it is older than
/// `stale_after` milliseconds, or if a later read failed. With `when_stale` it is shown only then. `before_clock` says
/// that the time of the day follows: without scripts that count, the date alone stands before it.
#[component]
pub fn Age(
    at: Option<Timestamp>,
    now: Timestamp,
    stale_after: i64,
    #[prop(optional)] has_failed: bool,
    #[prop(optional)] when_stale: bool,
    #[prop(optional)] before_clock: bool,
) -> impl IntoView {
    at.map(|at| {
        let is_stale = has_failed || now.millis_since(at) > stale_after;
        let class = match (when_stale, is_stale) {
            (false, false) => "age",
            (false, true) => "age stale",
            (true, false) => "age when-stale",
            (true, true) => "age when-stale stale",
        };
        let age = at.age(now);
        view! {
            <time
                class=class translate="no" datetime=at.rfc3339()
                data-stale-after=stale_after / SECOND_MS data-stale=LAST_KNOWN data-failed=has_failed
                data-before-clock=before_clock
            >
                {if is_stale { format!("{LAST_KNOWN}{age}") } else { age }}
            </time>
        }
    })
}

/// What stands before an age that is too old.
const LAST_KNOWN: &str = "last known ";

/// The time from `since` to `now`: `12 s`.
#[component]
pub fn Elapsed(since: Timestamp, now: Timestamp) -> impl IntoView {
    view! {
        <time class="elapsed" translate="no" datetime=since.rfc3339()>{span(now.millis_since(since))}</time>
    }
}

/// An absolute time.
#[component]
pub fn When(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.rfc3339()>{at.date_and_clock()}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ_AT: Timestamp = Timestamp::from_millis(0);

    fn age(seconds: i64, has_failed: bool) -> String {
        let now = READ_AT.plus_millis(seconds * SECOND_MS);
        view! { <Age at=Some(READ_AT) now stale_after=90_000 has_failed /> }.to_html()
    }

    #[test]
    fn an_old_age_is_last_known() {
        let fresh = age(6, false);
        assert!(fresh.contains(r#"class="age""#) && fresh.contains(">6 s ago<"), "{fresh}");
        assert!(fresh.contains(r#"data-stale-after="90""#) && !fresh.contains("data-failed"), "{fresh}");
        let stale = age(120, false);
        assert!(stale.contains(r#"class="age stale""#) && stale.contains(">last known 2 min ago<"), "{stale}");
        let failed = age(6, true);
        assert!(failed.contains(">last known 6 s ago<") && failed.contains("data-failed"), "{failed}");
    }

    #[test]
    fn what_was_never_read_has_no_age() {
        let html = view! { <p><Age at=None now=READ_AT stale_after=1 /></p> }.to_html();
        assert!(!html.contains("<time"), "{html}");
    }
}
