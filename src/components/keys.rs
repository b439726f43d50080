//! The key of an enable: a field that takes any of AWS's forms, and a picker of the keys that KMS lists.

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    html,
    prelude::*,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::Table;
use crate::{
    client::{form_pairs, is_plain_click},
    model::{
        change::Action,
        keys::{KeyChoice, KeyList, KeyState},
        stream::StreamId,
    },
    view::{self, key_state},
};

/// The field "Key". It starts with `first`; `key` follows what is typed.
#[component]
pub fn KeyField(key: RwSignal<String>, first: String, node: NodeRef<html::Input>, names: Vec<String>) -> impl IntoView {
    let names = names.into_iter().map(|name| view! { <option value=name></option> }.into_any()).collect_view();
    view! {
        <div class="field">
            <label for="key">"Key"</label>
            <input
                id="key" node_ref=node r#type="text" name="key" list="key-names"
                required autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby="key-hint" class="mono" value=first
                on:input:target=move |event| key.set(event.target().value())
            />
            <datalist id="key-names">{names}</datalist>
            <p id="key-hint" class="hint">
                "alias/NAME, a key id, the ARN of a key or an alias, or alias/aws/kinesis. For a key in another \
                account, enter its ARN."
            </p>
        </div>
    }
}

/// One page of the keys in the stream's account and Region. Each key has a link that fills in the field: at once with
/// wasm, otherwise by loading the same page with the key.
#[component]
pub fn KeyPicker(keys: KeyList, stream: StreamId, undo: String, on_use: Callback<String>) -> impl IntoView {
    let KeyList { search, page, pages, found, choices, problem, .. } = keys;
    let path = stream.confirm_path(Action::Enable);
    let place = Place { path: path.clone(), undo: undo.clone(), search: search.clone() };
    let (newer, older, asked) = (place.clone(), place.clone(), place.clone());
    let rows = choices
        .into_iter()
        .map(|choice| view! { <Choice choice place=place.clone() page on_use /> }.into_any())
        .collect_view();
    let is_open = !search.is_empty() || page > 1;
    let navigate = use_navigate();
    // Without wasm, the browser loads the same address; with it, what is typed below is kept.
    let on_find = move |event: SubmitEvent| {
        if let Some(pairs) = form_pairs(&event) {
            event.prevent_default();
            let search =
                pairs.into_iter().find(|(name, _)| name == "keys").map(|(_, search)| search).unwrap_or_default();
            navigate(&Place { search, ..asked.clone() }.href("", 1), NavigateOptions::default());
        }
    };
    view! {
        <details class="keys" open=is_open>
            <summary>{format!("Keys of {} in {}: {found}", stream.account, stream.region)}</summary>
            {problem.map(|problem| view! { <p class="alert">{format!("The list is incomplete: \
                {}.", view::keys::list_problem(&problem))}</p> }.into_any())}
            <form method="get" action=path class="find-keys" role="search" on:submit=on_find>
                <input r#type="hidden" name="undo" value=undo />
                <label for="key-search">"Part of a key's name or id"</label>
                <input id="key-search" r#type="search" name="keys" value=search maxlength="256" />
                <button type="submit" class="quiet">"Find keys"</button>
            </form>
            <Table caption="Keys" class="plain" columns=&["Key", "State", "Kind", "Rotation", "Choose"]>{rows}</Table>
            <nav class="paging" aria-label="Pages of keys">
                {(page > 1).then(|| view! {
                    <a rel="prev" href=newer.href("", page - 1)>"Previous"</a> " "
                }.into_any())}
                {(pages > 1).then(|| format!("Page {page} of {pages} "))}
                {(page < pages).then(|| view! { <a rel="next" href=older.href("", page + 1)>"Next"</a> }.into_any())}
            </nav>
        </details>
    }
}

/// The parts of the address that the picker's links keep.
#[derive(Debug, Clone)]
struct Place {
    path: String,
    undo: String,
    search: String,
}

impl Place {
    fn href(&self, key: &str, page: u32) -> String {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let page = page.to_string();
        let values =
            [("undo", self.undo.as_str()), ("keys", self.search.as_str()), ("key-page", page.as_str()), ("key", key)];
        let pairs: Vec<String> = values
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        format!("{}?{}", self.path, pairs.join("&"))
    }
}

#[component]
fn Choice(choice: KeyChoice, place: Place, page: u32, on_use: Callback<String>) -> impl IntoView {
    let KeyChoice { fill_in, aliases, id, facts, is_rotated, problem } = choice;
    let names = if aliases.is_empty() { "no alias".to_owned() } else { aliases.join(", ") };
    let state = facts.as_ref().map_or_else(|| "unknown".to_owned(), key_state::label);
    let kind = match facts.as_ref().map(|facts| facts.is_aws_managed) {
        Some(true) => "AWS managed",
        Some(false) => "customer managed",
        None => "unknown",
    };
    let rotation = match is_rotated {
        Some(true) => "yearly",
        Some(false) => "off",
        None => "unknown",
    };
    let href = place.href(&fill_in, page);
    let chosen = fill_in.clone();
    let open = move |click: MouseEvent| {
        if is_plain_click(&click) {
            click.prevent_default();
            on_use.run(chosen.clone());
        }
    };
    // A key whose state couldn't be read may still be usable.
    let is_unusable = problem.is_some() && facts.is_some();
    // Skips the problem if the state already says it.
    let is_told = facts.as_ref().is_some_and(|facts| facts.state != KeyState::Enabled);
    let problem = problem.filter(|_| !is_told).map(|problem| view::keys::problem(&problem));
    let choose = if is_unusable {
        ().into_any()
    } else {
        view! {
            <a class="action" href=href on:click=open>
                "Use"<span class="visually-hidden">{format!(" {fill_in}")}</span>
            </a>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" data-label="Key" class="mono">{names} <span class="key-id">{id}</span></th>
            <td data-label="State">
                {state}{problem.map(|problem| view! { " " <span class="problem">{problem}</span> }.into_any())}
            </td>
            <td data-label="Kind">{kind}</td>
            <td data-label="Rotation">{rotation}</td>
            <td data-label="Choose">{choose}</td>
        </tr>
    }
}
