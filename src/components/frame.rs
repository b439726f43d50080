//! The bar of every page, its warnings, and the status region.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use super::{
    ChainAlarmNote, ConfirmationDialog, DOT, KeysHelp, TargetsWord, When,
    bar::{BarEnd, BarStart},
    drawing,
};
use crate::{
    islands::{Copying, KeySearch, Keyboard, ListNavigation, LiveUpdates},
    model::{access::identity::Permission, forms::FormDone},
    view::{
        forms,
        pages::{Frame, KeyAlarm, SignedIn},
    },
};

/// The bar: name, pages, target health, live updates and the signed-in user; beneath it, what everybody must know.
#[component]
pub fn Header(frame: Frame) -> impl IntoView {
    frame.user.clone().map(|user| {
        view! {
            <Bar frame=frame.clone() user=user.clone() />
            <Warnings frame user />
            <KeysHelp />
            <ConfirmationDialog />
            <LiveUpdates />
            <ListNavigation />
            <KeySearch />
            <Keyboard />
            <Copying />
        }
    })
}

/// The bar. What the live island needs to know of the page stands in its data attributes.
#[component]
fn Bar(frame: Frame, user: SignedIn) -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    view! {
        <header
            id="bar" class="bar" data-made-at=frame.now.rfc3339() data-rev=frame.rev
            data-version=frame.version data-as=frame.events_tag
        >
            <BarStart path is_demo=frame.is_demo is_read_only=frame.is_read_only />
            <TargetsWord health=frame.targets rev=frame.rev />
            <LiveState made_at=frame.now />
            <BarEnd user_name=user.name role=user.role />
            <p id="gap" class="gap" translate="no" hidden data-keep="">
                "Not live since " <time data-gap="since"></time> ". Next try " <time data-gap="next"></time>
                ". Showing last known data."
            </p>
        </header>
    }
}

/// Whether the page is live, and the button that pauses live updates; both appear once they work. Until then, the time
/// of the page takes their place.
#[component]
fn LiveState(made_at: crate::model::time::Timestamp) -> impl IntoView {
    view! {
        <span class="made-at" data-when="not-live" data-keep="">
            "As of " <time class="as-of" datetime=made_at.rfc3339()>{made_at.clock_seconds()}</time>
        </span>
        <span id="live-state" class="live" translate="no" hidden data-keep="" data-state="waiting">
            {drawing(DOT)}
            <span data-is="waiting">"Connecting"</span>
            <span data-is="live" hidden>"Live"</span>
            <span data-is="paused" hidden>"Paused"</span>
            <span data-is="lost" hidden>"Reconnecting"</span>
        </span>
        <button id="live-pause" type="button" class="quiet" hidden data-keep="">
            <span data-is="on">"Pause"<span class="words">" live updates"</span></span>
            <span data-is="off" hidden>"Resume"<span class="words">" live updates"</span></span>
        </button>
    }
}

/// What everybody must know: an audit chain that doesn't match its checkpoints, failed parts of the server, keys in
/// danger, an emergency account in use.
#[component]
fn Warnings(frame: Frame, user: SignedIn) -> impl IntoView {
    let Frame { chain_alarm, key_alarms, parts_down, break_glass_at, .. } = frame;
    let may_administer = user.role.may(Permission::Administer);
    view! {
        <div id="warnings">
            {chain_alarm.map(|alarm| view! { <ChainAlarmNote alarm may_administer /> })}
            {(!parts_down.is_empty()).then(|| view! { <PartsDown parts_down /> })}
            {(!key_alarms.is_empty()).then(|| view! { <KeyAlarms key_alarms /> })}
            {break_glass_at.map(|at| view! {
                <aside class="emergency" aria-label="Emergency account">
                    "An emergency account signed in at " <When at />". " {emergency_advice(user.sees_whole_audit)}
                </aside>
            })}
        </div>
    }
}

/// A warning about parts of the server that failed and are being restarted.
#[component]
fn PartsDown(parts_down: Vec<String>) -> impl IntoView {
    let text = format!(
        "Part of Keystream failed: {}. It restarts by itself; until then, what it updates may be out of date. The \
        server's log says why.",
        parts_down.join(", ")
    );
    view! { <aside class="key-alarms" aria-label="Background parts"><p>{text}</p></aside> }
}

/// A warning about keys that won't be available for as long as records need them.
#[component]
fn KeyAlarms(key_alarms: Vec<KeyAlarm>) -> impl IntoView {
    const SHOWN: usize = 3;
    let more = key_alarms.len().saturating_sub(SHOWN);
    let lines = key_alarms
        .into_iter()
        .take(SHOWN)
        .map(|alarm| view! { <p>{alarm.text} " " <a href=alarm.href>"See the key"</a></p> })
        .collect_view();
    view! {
        <aside class="key-alarms" aria-label="Keys in danger">
            {lines}
            {(more > 0).then(|| view! { <p><a href="/keys">{format!("{more} more keys")}</a></p> })}
        </aside>
    }
}

fn emergency_advice(sees_whole_audit: bool) -> AnyView {
    if sees_whole_audit {
        view! { <a href="/audit?q=account+for+emergencies">"See who, and from where"</a> }.into_any()
    } else {
        "If you didn't expect this, tell a Keystream administrator.".into_any()
    }
}

/// The page's one status region: what a form has just done, then news of the user's own changes. Beside it, sentences
/// about the page itself, for the live island to put there.
#[component]
pub fn Announcer() -> impl IntoView {
    let done = use_query_map().with_untracked(|query| FormDone::from_code(&query.get("done")?));
    let done = done.map(|done| view! { <p class="done tone-good">{forms::done(done)}</p> });
    view! {
        <div id="announcer" role="status" aria-atomic="false" class="announcer" translate="no">{done}</div>
        <template id="say-signed-out">
            <p class="tone-attention">
                "Signed out. This page has stopped updating. " <a href="/sign-in">"Sign in"</a>
            </p>
        </template>
        <template id="say-unanswered">
            <p class="tone-attention">
                "Keystream couldn't be reached before it answered. The change may have been recorded. See "
                <a href="/changes">"Changes"</a> " before you try again."
            </p>
        </template>
        <template id="say-outdated">
            <p class="tone-attention">
                "Keystream was updated. This page is outdated and has stopped updating. " <a href="">"Reload"</a>
            </p>
        </template>
    }
}
