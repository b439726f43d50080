//! `/settings`: targets and their health, the quota, and the user's own account and sessions.

use leptos::{either::Either, prelude::*};

use super::{PageRequest, page};
use crate::{
    components::{ChainAlarmPart, FormTitle, KeyList, Mistake, PasswordField, Table, TargetsTable, UserAgent, WhenAgo},
    error::AppError,
    model::{
        access::{identity::Permission, session::MOST_SESSIONS},
        change::quota::QuotaSum,
        forms::FormMistake,
        inventory::TargetHealth,
        time::Timestamp,
    },
    server::web::{
        context,
        forms::{draft_of_alarm, draft_of_pause},
        shortcuts,
    },
    view::{
        forms,
        pages::{SessionCard, SettingsPage as Page, TargetLine},
        quota,
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
    let may_pause = |health: &TargetHealth| {
        requester.role.may(Permission::Change) && requester.scope.covers_target(&health.account, &health.region)
    };
    let targets = cx.state.inventory.health(&requester.scope).into_iter();
    let targets = targets.map(|health| TargetLine { may_pause: may_pause(&health), health }).collect();
    Ok(Page {
        now: cx.state.clock.now(),
        targets,
        pause: draft_of_pause(&cx, &requester, request.value("draft")).await,
        scope: requester.scope.to_string(),
        has_password: !cx.state.is_demo && !requester.is_of_provider(),
        mistake: request.value("problem").as_deref().and_then(FormMistake::from_code),
        sessions: sessions.collect(),
        chain_alarm: cx.state.read_only.alarm(),
        alarm_typed: draft_of_alarm(&cx, &requester, request.value("draft")).await,
        may_administer: requester.role.may(Permission::Administer),
        has_shortcuts,
        quota: cx.state.changes.quotas.sums(&requester.scope).await.map_err(|error| cx.fail_store(&error))?,
        role: requester.role,
        user_name: requester.user_name,
    })
}

#[component]
fn Settings(page: Page) -> impl IntoView {
    let (of_alarm, of_pause, of_password) = match page.mistake {
        Some(FormMistake::ReasonMissing | FormMistake::ReasonTooLong | FormMistake::AlarmOther) => {
            (page.mistake, None, None)
        }
        Some(FormMistake::PauseInvalid) => (None, page.mistake, None),
        _ => (None, None, page.mistake),
    };
    let (may_administer, typed) = (page.may_administer, page.alarm_typed.reason);
    view! {
        <FormTitle text="Settings" mistake=page.mistake />
        <h1>"Settings"</h1>
        {page.chain_alarm.map(|alarm| view! { <ChainAlarmPart alarm may_administer mistake=of_alarm typed /> })}
        <section class="part">
            <h2>"Targets"</h2>
            <Mistake mistake=of_pause />
            <TargetsTable targets=page.targets now=page.now choice=page.pause />
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
                <div><dt>"Streams"</dt><dd><Scope of=page.scope /></dd></div>
            </dl>
            {page.has_password.then(|| view! { <ChangePassword mistake=of_password /> })}
        </section>
        {may_administer.then(|| view! {
            <section class="part">
                <h2>"Users"</h2>
                <p><a href="/settings/users">"Add users and set their roles and streams"</a></p>
            </section>
        })}
        <section class="part">
            <h2>"Your sessions"</h2>
            <p class="hint">
                {format!("Up to {MOST_SESSIONS}. One more sign-in ends the session that has been idle longest.")}
            </p>
            <Sessions sessions=page.sessions now=page.now />
        </section>
        <section class="part">
            <h2 id="shortcuts">"Keyboard shortcuts"</h2>
            <Shortcuts are_on=page.has_shortcuts />
        </section>
    }
}

/// The streams that the user may see, as patterns of names, or in words if they are all.
#[component]
fn Scope(of: String) -> impl IntoView {
    match of.as_str() {
        "*" => Either::Left("All streams"),
        _ => Either::Right(view! { <span class="mono">{of}</span> }),
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
fn ChangePassword(mistake: Option<FormMistake>) -> impl IntoView {
    let (of_new, of_rest) = forms::split(mistake);
    let (of_current, of_form) = match of_rest {
        Some(FormMistake::PasswordWrong) => (of_rest, None),
        _ => (None, of_rest),
    };
    view! {
        <form class="narrow" method="post" action="/api/change-password">
            <h3>"Change your password"</h3>
            <Mistake mistake=of_form />
            <PasswordField
                name="present_password" label="Current password" autocomplete="current-password" mistake=of_current
            />
            <PasswordField
                name="new_password" label="New password" autocomplete="new-password" mistake=of_new
                hint="15 to 128 characters, such as four or more unrelated words. All your other sessions end."
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
