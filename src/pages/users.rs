//! `/settings/users` and `/settings/users/{id}`: the users, their roles and their streams.

use leptos::prelude::*;
use strum::VariantArray;

use super::{PageRequest, page};
use crate::{
    components::{CopyButton, FormTitle, Mistake, Table, UserNameField, When},
    error::AppError,
    model::{
        access::{
            identity::{Permission, Role},
            user_card::{PasswordLinkCard, UserCard},
        },
        forms::FormMistake,
        time::Timestamp,
    },
    server::web::{context, forms, shown_link},
    view::pages::{UserPage as OnePage, UserTyped, UsersPage as Page},
};

/// All users.
#[component]
pub fn UsersPage() -> impl IntoView {
    page(load, |page| view! { <Users page /> })
}

/// Loads all users, and the draft of a new one.
async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let users = cx.state.users.all().await.map_err(|error| cx.fail_store(&error))?;
    let empty = || UserTyped { scope: "*".to_owned(), ..UserTyped::default() };
    Ok(Page {
        users,
        mistake: request.value("problem").as_deref().and_then(FormMistake::from_code),
        typed: forms::draft_of_user(&cx, &requester, request.value("draft")).await.unwrap_or_else(empty),
    })
}

#[component]
fn Users(page: Page) -> impl IntoView {
    let rows = page.users.into_iter().map(|user| view! { <Row user /> }).collect_view();
    view! {
        <FormTitle text="Users" mistake=page.mistake />
        <h1>"Users"</h1>
        <Table caption="Users" class="plain" columns=&["User", "Role", "Streams", "State"]>{rows}</Table>
        <form class="narrow" method="post" action="/api/add-user" autocomplete="off">
            <h2>"Add a user"</h2>
            <Mistake mistake=page.mistake />
            <UserNameField typed=page.typed.name.clone() autocomplete="off" />
            <RightsFields typed=page.typed.clone() />
            <div class="check">
                <input
                    id="for_emergencies" r#type="checkbox" name="for_emergencies" value="yes"
                    checked=page.typed.is_break_glass
                />
                <label for="for_emergencies">"Emergency account: its sign-ins are shown on every page and \
                    logged"</label>
            </div>
            <p class="hint">"You get a link with which they set their own password."</p>
            <button type="submit" class="primary">"Add user"</button>
        </form>
    }
}

#[component]
fn Row(user: UserCard) -> impl IntoView {
    let path = format!("/settings/users/{}", user.id);
    view! {
        <tr>
            <th scope="row" data-label="User">
                <a href=path>{user.name.clone()}</a>
                {user.is_break_glass.then(|| view! { " " <span class="tag">"Emergency"</span> })}
                {user.is_of_provider.then(|| view! { " " <span class="tag">"Company"</span> })}
            </th>
            <td data-label="Role">{user.role.into_str()}</td>
            <td data-label="Streams" class="mono scope">{streams_in_words(&user)}</td>
            <td data-label="State"><State user /></td>
        </tr>
    }
}

fn streams_in_words(user: &UserCard) -> String {
    if user.scope == "*" { "All streams".to_owned() } else { user.scope.clone() }
}

#[component]
fn State(user: UserCard) -> impl IntoView {
    match (user.disabled_at, user.rights_ended_at) {
        (Some(at), _) => view! { "Disabled since " <When at /> }.into_any(),
        (None, Some(at)) => view! { "In no group with access since " <When at /> }.into_any(),
        (None, None) => view! { "Active" }.into_any(),
    }
}

/// The fields "Role" and "Streams".
#[component]
fn RightsFields(typed: UserTyped) -> impl IntoView {
    let options = Role::VARIANTS.iter().map(|role| {
        let word = role.into_str();
        view! { <option value=word selected=typed.role == word>{word}</option> }
    });
    view! {
        <div class="field">
            <label for="role">"Role"</label>
            <select id="role" name="role">{options.into_iter().collect::<Vec<_>>()}</select>
        </div>
        <div class="field">
            <label for="scope">"Streams"</label>
            <input
                id="scope" r#type="text" name="scope" value=typed.scope
                required autocomplete="off" spellcheck="false" aria-describedby="scope-hint"
            />
            <p id="scope-hint" class="hint">"* for all, or a list of ACCOUNT/REGION/NAME with * for any characters, \
                such as 111122223333/eu-west-1/orders-*"</p>
        </div>
    }
}

/// One user.
#[component]
pub fn UserPage() -> impl IntoView {
    page(load_one, |page| view! { <One page /> })
}

async fn load_one(request: PageRequest) -> Result<OnePage, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let id = cx.id(request.part("id"))?;
    let found = cx.state.users.find(&id).await.map_err(|error| cx.fail_store(&error))?;
    let user = found.ok_or_else(|| cx.fail(AppError::NotFound))?.card();
    let as_is = || UserTyped {
        name: user.name.clone(),
        role: user.role.into_str().to_owned(),
        scope: user.scope.clone(),
        is_break_glass: user.is_break_glass,
    };
    let typed = forms::draft_of_user(&cx, &requester, request.value("draft")).await.unwrap_or_else(as_is);
    let mistake = request.value("problem").as_deref().and_then(FormMistake::from_code);
    let token = shown_link::take(&cx);
    let accounts = cx.accounts(&requester);
    let locked_until = accounts.locked_until(&user.name).await.map_err(|error| cx.fail_store(&error))?;
    let link = accounts.link_of(&id, token.as_deref()).await.map_err(|error| cx.fail_store(&error))?;
    let is_shown = link.as_ref().is_some_and(|(_, is_its_token)| *is_its_token);
    let shown_link = token.filter(|_| is_shown).map(|token| format!("{}/setup/{token}", cx.state.origin.as_str()));
    Ok(OnePage { mistake, typed, user, locked_until, link: link.map(|(link, _)| link), shown_link })
}

#[component]
fn One(page: OnePage) -> impl IntoView {
    let user = page.user;
    let id = user.id.clone();
    // Others can't sign in with a password in any case.
    let locked_until = page.locked_until.filter(|_| user.disabled_at.is_none() && !user.is_of_provider);
    let (action, word, hint) = match user.disabled_at {
        None => (
            "/api/disable-user",
            "Disable user",
            "A disabled user can't sign in, and their sessions end. Their past events stay under this name.",
        ),
        Some(_) => ("/api/enable-user", "Enable user", "The user can sign in again, as before."),
    };
    view! {
        <FormTitle text=user.name.clone() mistake=page.mistake />
        <p class="back"><a href="/settings/users">"Users"</a></p>
        <h1>{user.name.clone()}</h1>
        <p>
            <State user=user.clone() />
            {user.is_break_glass.then(|| view! { " " <span class="tag">"Emergency"</span> })}
            {user.is_of_provider.then(|| view! { " " <span class="tag">"Company"</span> })}
        </p>
        <Mistake mistake=page.mistake />
        {locked_until.map(|until| view! { <Locked id=id.clone() until /> })}
        {match user.is_of_provider {
            true => view! { <OfProvider user=user.clone() /> }.into_any(),
            false => view! {
                <form class="narrow" method="post" action="/api/set-user-rights" autocomplete="off">
                    <h2>"Role and streams"</h2>
                    <input r#type="hidden" name="id" value=id.clone() />
                    <RightsFields typed=page.typed />
                    <button type="submit">"Save"</button>
                </form>
            }
            .into_any(),
        }}
        {(user.disabled_at.is_none() && !user.is_of_provider).then(|| view! {
            <Password id=id.clone() link=page.link shown_link=page.shown_link />
        })}
        <form class="narrow" method="post" action=action>
            <h2>"Access"</h2>
            <p class="hint">{hint}</p>
            <input r#type="hidden" name="id" value=id />
            <button type="submit">{word}</button>
        </form>
    }
}

/// What the groups of a user of the company's provider allow.
#[component]
fn OfProvider(user: UserCard) -> impl IntoView {
    view! {
        <section class="narrow">
            <h2>"Role and streams"</h2>
            <dl class="facts">
                <div><dt>"Role"</dt><dd>{user.role.into_str()}</dd></div>
                <div><dt>"Streams"</dt><dd class="mono">{streams_in_words(&user)}</dd></div>
            </dl>
            <p class="hint">"This user signs in with your company's provider. The user's groups there decide the role \
                and the streams, at each sign-in and renewal."</p>
        </section>
    }
}

/// The delay that failed attempts brought, and the form that ends it.
#[component]
fn Locked(id: String, until: Timestamp) -> impl IntoView {
    view! {
        <form class="narrow" method="post" action="/api/unlock-user">
            <h2>"Sign-in"</h2>
            <p>{format!("Sign-in is locked until {} after failed attempts.", until.clock_seconds())}</p>
            <p class="hint">"Networks from which the user signed in before may not be affected. Unlocking clears the \
                delay everywhere."</p>
            <input r#type="hidden" name="id" value=id />
            <button type="submit">"Unlock"</button>
        </form>
    }
}

/// The one-time link with which the user sets a password, and the forms that make and revoke it.
#[component]
fn Password(id: String, link: Option<PasswordLinkCard>, shown_link: Option<String>) -> impl IntoView {
    let is_open = link.is_some();
    let about = match (shown_link, link) {
        (Some(address), Some(link)) => view! {
            <div class="field">
                <label for="one-time-link">"One-time link"</label>
                <input
                    id="one-time-link" r#type="text" class="mono" value=address.clone()
                    readonly autocomplete="off" spellcheck="false" aria-describedby="one-time-link-hint"
                />
                <CopyButton text=address word="Copy link" />
                <p id="one-time-link-hint" class="hint">
                    "Shown only now. Give it to the user where nobody else reads it. It works once, until "
                    <When at=link.expires_at />"."
                </p>
            </div>
        }
        .into_any(),
        (_, Some(link)) => view! {
            <p>
                {format!("{} made a one-time link at ", link.made_by)}<When at=link.made_at />
                ". It works until "<When at=link.expires_at />" and isn't shown again."
            </p>
        }
        .into_any(),
        (_, None) => ().into_any(),
    };
    view! {
        <section class="narrow">
            <h2>"Password"</h2>
            {about}
            <form method="post" action="/api/make-password-link">
                <p class="hint">"With a one-time link, users set their own passwords within 24 hours. A new link \
                    replaces the previous one. The current password works until the link is used."</p>
                <input r#type="hidden" name="id" value=id.clone() />
                <button type="submit">"Make one-time link"</button>
            </form>
            {is_open.then(|| view! {
                <form method="post" action="/api/revoke-password-link">
                    <input r#type="hidden" name="id" value=id />
                    <button type="submit">"Revoke link"</button>
                </form>
            })}
        </section>
    }
}
