//! The header of every page, its warnings, and the status region.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{BRAND, DOT, Undo, When, drawing};
use crate::{
    client::live::{Announcement, Connection, Gap, Live},
    view::pages::{Frame, KeyAlarm},
};

/// The header: name, pages, target health, the live switch and the signed-in user.
#[component]
pub fn Header(frame: Frame) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_demo = frame.is_demo;
    let is_read_only = frame.is_read_only;
    let emergency = frame.break_glass_at;
    let key_alarms = frame.key_alarms;
    let parts_down = frame.parts_down;
    let path = use_location().pathname;
    let current = move |page: &'static str| move || path.with(|path| path.starts_with(page)).then_some("page");
    frame.user.map(|user| {
        let sees_whole_audit = user.sees_whole_audit;
        view! {
            <header class="bar">
                <a class="brand" href="/streams">
                    {drawing(BRAND)}
                    <span class="brand-name">"Keystream"</span>
                </a>
                <nav aria-label="Pages">
                    <a href="/streams" aria-current=current("/streams")>"Streams"</a>
                    <a href="/changes" aria-current=current("/changes")>"Changes"</a>
                    <a href="/keys" rel="external" aria-current=current("/keys")>"Keys"</a>
                    <a href="/audit" rel="external" aria-current=current("/audit")>"Audit"</a>
                    <a href="/settings" rel="external" aria-current=current("/settings")>"Settings"</a>
                    <a href="/help" rel="external" aria-current=current("/help")>"Help"</a>
                </nav>
                {is_demo.then(|| view! { <span class="tag">"Demo"</span> }.into_any())}
                {is_read_only.then(|| view! { <span class="tag">"Read-only"</span> }.into_any())}
                <span class="spacer"></span>
                <span class="targets" translate="no">{move || targets_in_a_word(live)}</span>
                <LiveSwitch />
                <span class="person">
                    <span class="person-name">{user.name}</span>
                    " "
                    <span class="role">{user.role.into_str()}</span>
                </span>
                <form method="post" action="/api/sign-out">
                    <button type="submit" class="quiet">"Sign out"</button>
                </form>
                <GapLine />
            </header>
            {(!parts_down.is_empty()).then(|| view! { <PartsDown parts_down /> }.into_any())}
            {(!key_alarms.is_empty()).then(|| view! { <KeyAlarms key_alarms /> }.into_any())}
            {emergency.map(|at| view! {
                <aside class="emergency" aria-label="Emergency account">
                    "An emergency account signed in at " <When at />". " {emergency_advice(sees_whole_audit)}
                </aside>
            }.into_any())}
        }
        .into_any()
    })
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
        .map(|alarm| view! { <p>{alarm.text} " " <a href=alarm.href rel="external">"See the key"</a></p> }.into_any())
        .collect_view();
    view! {
        <aside class="key-alarms" aria-label="Keys in danger">
            {lines}
            {(more > 0).then(|| view! {
                <p><a href="/keys" rel="external">{format!("{more} more keys")}</a></p>
            }.into_any())}
        </aside>
    }
}

fn emergency_advice(sees_whole_audit: bool) -> AnyView {
    if sees_whole_audit {
        view! { <a href="/audit?q=account+for+emergencies" rel="external">"See who, and from where"</a> }.into_any()
    } else {
        view! { "If you didn't expect this, tell a Keystream administrator." }.into_any()
    }
}

fn targets_in_a_word(live: Live) -> String {
    live.targets.with(|targets| {
        let all = targets.len();
        let behind = targets.iter().filter(|target| target.problem.is_some()).count();
        let noun = if all == 1 { "target" } else { "targets" };
        if behind == 0 { format!("{all} {noun}") } else { format!("{all} {noun}, {behind} behind") }
    })
}

/// The switch between live and paused, shown once it works. Until then the time of the page takes its place.
#[component]
fn LiveSwitch() -> impl IntoView {
    let live = expect_context::<Live>();
    let made_at = live.now.get_untracked();
    let class = move || match live.connection.get() {
        Connection::Live => "live on",
        Connection::Waiting => "live waiting",
        Connection::Paused => "live off",
        Connection::Lost => "live lost",
    };
    let word = move || match live.connection.get() {
        Connection::Live => "Live",
        Connection::Waiting => "Connecting",
        Connection::Paused => "Paused",
        Connection::Lost => "Reconnecting",
    };
    view! {
        <span class="made-at" hidden=move || live.is_hydrated.get()>
            "As of "
            <time class="as-of" datetime=made_at.rfc3339()>{made_at.clock_seconds()}</time>
        </span>
        <button
            type="button"
            class=move || class()
            translate="no"
            hidden=move || !live.is_hydrated.get()
            aria-pressed=move || if live.is_paused.get() { "true" } else { "false" }
            title="Pause or resume live updates"
            on:click=move |_| live.pause_or_resume()
        >
            {drawing(DOT)}
            {move || word()}
        </button>
    }
}

/// Since when the page isn't live, and when it tries again.
#[component]
fn GapLine() -> impl IntoView {
    let live = expect_context::<Live>();
    let words = move || {
        live.gap.get().map(|Gap { since, next_try }| {
            let (since, next_try) = (since.clock_seconds(), next_try.clock_seconds());
            view! {
                <p class="gap" translate="no">
                    {format!("Not live since {since}. Next try {next_try}. Showing last known data.")}
                </p>
            }
            .into_any()
        })
    };
    view! { {move || words()} }
}

/// The page's one status region: empty at first, then news of the user's own changes, with Undo.
#[component]
pub fn Announcer() -> impl IntoView {
    let live = expect_context::<Live>();
    let path = use_location().pathname;
    let content = move || {
        live.announcement.get().map(|announcement| {
            let Announcement { text, href, link, is_external, tone, undo } = announcement;
            let rel = is_external.then_some("external");
            let link = (!href.is_empty()).then(|| view! { " " <a href=href rel=rel>{link}</a> }.into_any());
            let undo = undo.map(|change| {
                let [of_change, of_stream] = [change.path(), change.stream().path()];
                // The pages of that change and that stream have the link anyway.
                let is_wanted = Memo::new(move |_| path.with(|path| *path != of_change && *path != of_stream));
                let link =
                    move || is_wanted.get().then(|| view! { <Undo href=change.undo_path() of=None /> }.into_any());
                view! { {link} }.into_any()
            });
            view! { <p class=tone.class()>{text}{link}{undo}</p> }.into_any()
        })
    };
    view! { <div role="status" class="announcer" translate="no">{move || content()}</div> }
}
