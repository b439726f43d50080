//! `/settings`: targets and their health, the quota, and the user's own account and sessions.

use leptos::prelude::*;

use super::{PageRequest, page};
use crate::{
    components::{FormTitle, KeyList, Mistake, PasswordField, Table, UserAgent, When, WhenAgo},
    error::AppError,
    model::{
        access::identity::Permission,
        change::quota::QuotaSum,
        forms::FormMistake,
        inventory::{Condition, TargetHealth},
        time::Timestamp,
    },
    server::web::{context, shortcuts},
    view::{
        pages::{SessionCard, SettingsPage as Page},
        quota, target_health,
    },
};

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    page(load, |page| view! { <Settings page /> })
}

async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let has_shortcuts = shortcuts::are_on_here();
    let sessions = cx.state.sign_ins.sessions.own(&requester).await.map_err(|error| cx.fail_store(&error))?;
    let sessions = sessions.into_iter().map(|session| SessionCard {
        is_this: session.id_hash == requester.session_hash,
        id: session.id_hash,
        signed_in_at: session.signed_in_at,
        last_used_at: session.last_human_at,
        address: session.address,
        user_agent: session.user_agent,
    });
    Ok(Page {
        now: cx.state.clock.now(),
        targets: cx.state.inventory.health(&requester.scope),
        scope: requester.scope.to_string(),
        has_password: !cx.state.is_demo,
        mistake: request.value("problem").as_deref().and_then(FormMistake::from_code),
        sessions: sessions.collect(),
        may_administer: requester.role.may(Permission::Administer),
        may_pause: requester.role.may(Permission::Change),
        has_shortcuts,
        quota: cx.state.changes.quotas.sums(&requester.scope).await.map_err(|error| cx.fail_store(&error))?,
        role: requester.role,
        user_name: requester.user_name,
    })
}

#[component]
fn Settings(page: Page) -> impl IntoView {
    let scope = if page.scope == "*" { "all streams".to_owned() } else { page.scope };
    view! {
        <FormTitle text="Settings" mistake=page.mistake />
        <h1>"Settings"</h1>
        <section class="part">
            <h2>"Targets"</h2>
            <Targets targets=page.targets now=page.now may_pause=page.may_pause />
        </section>
        <section class="part">
            <h2>"Changes in the last 24 hours"</h2>
            <QuotaSums sums=page.quota />
        </section>
        <section class="part">
            <h2>"Your account"</h2>
            <dl class="facts">
                <div><dt>"User name"</dt><dd>{page.user_name}</dd></div>
                <div><dt>"Role"</dt><dd>{page.role.into_str()}</dd></div>
                <div><dt>"Streams"</dt><dd class="mono">{scope}</dd></div>
            </dl>
            {page.has_password.then(|| view! { <ChangePassword mistake=page.mistake /> })}
        </section>
        {page.may_administer.then(|| view! {
            <section class="part">
                <h2>"Users"</h2>
                <p><a href="/settings/users">"Add users and set their roles and streams"</a></p>
            </section>
        })}
        <section class="part">
            <h2>"Your sessions"</h2>
            <Sessions sessions=page.sessions now=page.now />
        </section>
        <section class="part">
            <h2 id="shortcuts">"Keyboard shortcuts"</h2>
            <Shortcuts are_on=page.has_shortcuts />
        </section>
    }
}

/// The changes in the last 24 hours per account and Region. The quota is counted per stream, so these sums refuse
/// nothing.
#[component]
fn QuotaSums(sums: Vec<QuotaSum>) -> impl IntoView {
    if sums.is_empty() {
        return view! { <p class="nothing">"Keystream sent no changes in the last 24 hours."</p> }.into_any();
    }
    let rows = sums.into_iter().map(|sum| {
        view! {
            <tr>
                <th scope="row" data-label="Account" class="mono">{sum.account.to_string()}</th>
                <td data-label="Region" class="mono">{sum.region.to_string()}</td>
                <td data-label="Disables">{quota::range(&sum.disables)}</td>
                <td data-label="Enables">{quota::range(&sum.enables)}</td>
            </tr>
        }
    });
    view! {
        <p class="hint">"Sent by Keystream. AWS allows 25 of each in 24 hours. Its API text doesn't say whether per \
            stream or per account and Region: Keystream counts per stream and shows the sums here."</p>
        <Table
            caption="Changes in the last 24 hours" class="plain"
            columns=&["Account", "Region", "Disables", "Enables"]
        >
            {rows.collect_view()}
        </Table>
    }
    .into_any()
}

#[component]
fn Targets(targets: Vec<TargetHealth>, now: Timestamp, may_pause: bool) -> impl IntoView {
    let rows = targets.into_iter().map(|target| view! { <Target target now may_pause /> }).collect_view();
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
fn Target(target: TargetHealth, now: Timestamp, may_pause: bool) -> impl IntoView {
    let streams = match target.unread {
        0 => target.streams.to_string(),
        unread => format!("{}, {unread} not read yet", target.streams),
    };
    let state = match target_health::sentence(&target) {
        words if words.is_empty() => view! { "No problems" }.into_any(),
        words => {
            let class = if target.condition() == Condition::Behind { "problem" } else { "problem calm" };
            view! { <span class=class>{words}</span> }.into_any()
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
        view! { <PauseButton id=target.id.clone() name=target.name.clone() is_paused=target.pause.is_some() /> }
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

/// The button that pauses or resumes the background reads of a target.
#[component]
fn PauseButton(id: String, name: String, is_paused: bool) -> impl IntoView {
    let (action, word) = if is_paused { ("/api/resume-target", "Resume") } else { ("/api/pause-target", "Pause") };
    view! {
        <form method="post" action=action>
            <input r#type="hidden" name="id" value=id />
            <button type="submit" class="quiet">{word}<span class="visually-hidden">{format!(" reading of \
                {name}")}</span></button>
        </form>
    }
}

#[component]
fn ChangePassword(mistake: Option<FormMistake>) -> impl IntoView {
    view! {
        <form class="narrow" method="post" action="/api/change-password">
            <h3>"Change your password"</h3>
            <Mistake mistake />
            <PasswordField name="present_password" label="Current password" autocomplete="current-password" />
            <PasswordField
                name="new_password" label="New password" autocomplete="new-password"
                hint="15 to 128 characters. All your other sessions end."
            />
            <button type="submit">"Change password"</button>
        </form>
    }
}

#[component]
fn Sessions(sessions: Vec<SessionCard>, now: Timestamp) -> impl IntoView {
    let has_others = sessions.iter().any(|session| !session.is_this);
    let rows = sessions.into_iter().map(|session| view! { <Session session now /> }).collect_view();
    view! {
        <Table
            caption="Your sessions" class="plain"
            columns=&["Signed in", "Last used", "From", "Browser", "Actions"]
        >
            {rows}
        </Table>
        {has_others.then(|| view! {
            <form method="post" action="/api/end-other-sessions"><button type="submit">"End all other \
                sessions"</button></form>
        })}
    }
}

#[component]
fn Session(session: SessionCard, now: Timestamp) -> impl IntoView {
    let which = format!(" of {}, from {}", session.signed_in_at.date_and_clock(), session.address);
    let action = if session.is_this {
        view! { "This session" }.into_any()
    } else {
        view! {
            <form method="post" action="/api/end-session">
                <input r#type="hidden" name="id" value=session.id />
                <button type="submit" class="quiet">"End session"<span class="visually-hidden">{which}</span></button>
            </form>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" data-label="Signed in"><WhenAgo at=session.signed_in_at now /></th>
            <td data-label="Last used"><WhenAgo at=session.last_used_at now /></td>
            <td data-label="From" class="mono">{session.address}</td>
            <td data-label="Browser"><UserAgent of=session.user_agent /></td>
            <td data-label="Actions">{action}</td>
        </tr>
    }
}

/// The form that turns the keyboard shortcuts on or off, and their list.
#[component]
fn Shortcuts(are_on: bool) -> impl IntoView {
    view! {
        <p class="hint">"These keys work on lists, but not while you type or while a dialog is open. This browser \
            remembers your choice."</p>
        <KeyList />
        <form class="narrow" method="post" action="/api/set-shortcuts">
            <div class="check">
                <input id="shortcuts_on" r#type="checkbox" name="on" value="yes" checked=are_on />
                <label for="shortcuts_on">"Use keyboard shortcuts"</label>
            </div>
            <button type="submit">"Save"</button>
        </form>
    }
}
