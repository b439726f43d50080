//! The table of targets on `/settings`, with the buttons that pause and resume their background reads.

use leptos::prelude::*;

use crate::{
    components::{Table, When, WhenAgo},
    model::{
        inventory::{Condition, OFFERED_PAUSES, USUAL_PAUSE},
        time::{MINUTE_MS, Timestamp, span},
    },
    view::{
        capitalized,
        pages::{PauseChoice, TargetLine},
        target_health,
    },
};

/// The table. `choice` is the pause that was chosen before the password was asked for.
#[component]
pub fn TargetsTable(targets: Vec<TargetLine>, now: Timestamp, choice: PauseChoice) -> impl IntoView {
    let rows = targets.into_iter().map(|target| view! { <Target target now choice=choice.clone() /> }).collect_view();
    view! {
        <p class="hint">"As of " <When at=now />". "<a href="/settings">"Reload"</a></p>
        <Table
            caption="Targets" class="plain"
            columns=&["Target", "Account", "Region", "Streams", "Listed", "Last read", "State", "Actions"]
        >
            {rows}
        </Table>
    }
}

#[component]
fn Target(target: TargetLine, now: Timestamp, choice: PauseChoice) -> impl IntoView {
    let TargetLine { health: target, may_pause } = target;
    let streams = match target.unread {
        0 => target.streams.to_string(),
        unread => format!("{}, {unread} not read yet", target.streams),
    };
    let state = match target_health::sentence(&target) {
        words if words.is_empty() => view! { "No problems" }.into_any(),
        words => {
            let class = if target.condition() == Condition::Behind { "problem" } else { "problem calm" };
            view! { <span class=class>{capitalized(&words)}</span> }.into_any()
        }
    };
    let tags = target.tags_problem.as_ref().map(|why| format!(" Tags can't be read: {why}."));
    let marks = match (target.is_production, target.is_read_only) {
        (true, true) => " Production, read-only",
        (true, false) => " Production",
        (false, true) => " Read-only",
        (false, false) => "",
    };
    let action = may_pause.then(|| {
        let (id, name) = (target.id.clone(), target.name.clone());
        match target.pause {
            Some(_) => view! { <ResumeForm id name /> }.into_any(),
            None => view! { <PauseForm id name choice /> }.into_any(),
        }
    });
    view! {
        <tr>
            <th scope="row" data-label="Target">{target.name.clone()}<span class="small">{marks}</span></th>
            <td data-label="Account" class="mono">{target.account.to_string()}</td>
            <td data-label="Region" class="mono">{target.region.to_string()}</td>
            <td data-label="Streams">{streams}</td>
            <td data-label="Listed">{target.last_listed.map(|at| view! { <WhenAgo at now /> })}</td>
            <td data-label="Last read">{target.last_read.map(|at| view! { <WhenAgo at now /> })}</td>
            <td data-label="State">{state} {tags}</td>
            <td data-label="Actions">{action}</td>
        </tr>
    }
}

/// The form that pauses the background reads of a target, and for how long.
#[component]
fn PauseForm(id: String, name: String, choice: PauseChoice) -> impl IntoView {
    let chosen = if choice.id == id { choice.minutes } else { USUAL_PAUSE.to_string() };
    let options = OFFERED_PAUSES.map(|minutes| {
        let value = minutes.to_string();
        view! { <option selected=value == chosen value=value>{span(minutes * MINUTE_MS)}</option> }
    });
    let select_id = format!("pause-{id}");
    view! {
        <form method="post" action="/api/pause-target">
            <input r#type="hidden" name="id" value=id />
            <label for=select_id.clone()>
                "Pause reading for"<span class="visually-hidden">{format!(" ({name})")}</span>
            </label>
            " "
            <select id=select_id name="minutes">
                {options.into_iter().collect::<Vec<_>>()}
            </select>
            " "
            <button type="submit" class="quiet">"Pause"<span class="visually-hidden">{format!(" reading of \
                {name}")}</span></button>
        </form>
    }
}

/// The button that resumes the background reads of a target.
#[component]
fn ResumeForm(id: String, name: String) -> impl IntoView {
    view! {
        <form method="post" action="/api/resume-target">
            <input r#type="hidden" name="id" value=id />
            <button type="submit" class="quiet">"Resume"<span class="visually-hidden">{format!(" reading of \
                {name}")}</span></button>
        </form>
    }
}
