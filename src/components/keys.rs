//! The list of the keys that KMS has in a stream's account and Region, from which an enable's key is chosen.

use leptos::prelude::*;

use super::Table;
use crate::{
    model::{
        keys::{KeyChoice, KeyList, KeyState},
        stream::StreamId,
    },
    view::{self, capitalized, key_state},
};

/// Suggestions for the field "Key" while the user types.
#[component]
pub fn KeyNames(names: Vec<String>) -> impl IntoView {
    let names = names.into_iter().map(|name| view! { <option value=name></option> }).collect_view();
    view! { <datalist id="key-names">{names}</datalist> }
}

/// One page of the keys in the stream's account and Region.
///
/// Its controls are part of the confirmation's form, so that a search, another page or a choice keeps what was typed.
/// The form begins with a button for Enter, which presses the first one.
#[component]
pub fn KeyPicker(keys: KeyList, stream: StreamId, undo: String, is_open: bool) -> impl IntoView {
    let KeyList { search, page, pages, found, choices, problem, .. } = keys;
    let rows = choices.into_iter().map(|choice| view! { <Choice choice /> }).collect_view();
    let is_open = is_open || !search.is_empty() || page > 1;
    view! {
        <details id="keys" class="on-page" open=is_open>
            <summary>{format!("Keys of {} in {} ({found})", stream.account, stream.region)}</summary>
            <div class="key-picker">
                {problem.map(|problem| view! { <p class="alert">{format!("The list is incomplete: \
                    {}.", view::keys::list_problem(&problem))}</p> })}
                <input r#type="hidden" name="undo" value=undo />
                <input r#type="hidden" name="shown_keys" value=search.clone() />
                <div class="find-keys" role="search">
                    <label for="key-search">"Part of a key's name or id"</label>
                    <input id="key-search" r#type="search" name="keys" value=search maxlength="256" />
                    <ChooseButton page=1>"Find keys"</ChooseButton>
                </div>
                <div id="keys-answer"></div>
                <template id="say-keys-failed">
                    <p role="alert" class="alert">
                        "The keys couldn't be fetched. These are those found before. Check the network, then try again."
                    </p>
                </template>
                <Table
                    caption="Keys" class="plain" columns=&["Key", "State", "Kind", "Rotation", "Choose"]
                >
                    {rows}
                </Table>
                <div class="paging" role="group" aria-label="Pages of keys">
                    {(page > 1).then(|| view! {
                        <ChooseButton page=page - 1>"Previous"</ChooseButton>
                    })}
                    {(pages > 1).then(|| format!(" Page {page} of {pages} "))}
                    {(page < pages).then(|| view! {
                        <ChooseButton page=page + 1>"Next"</ChooseButton>
                    })}
                </div>
            </div>
        </details>
        <p class="all-keys in-dialog">
            <ChooseButton page=1>"Choose from all keys, with their states"</ChooseButton>
        </p>
    }
}

/// A button of the form that shows a page of the list, with everything typed, instead of sending a change. The island
/// replaces the list alone.
#[component]
fn ChooseButton(page: u32, children: Children) -> impl IntoView {
    view! {
        <button
            r#type="submit" formaction="/api/choose-key" formnovalidate class="quiet"
            name="key-page" value=page data-find=page
        >
            {children()}
        </button>
    }
}

#[component]
fn Choice(choice: KeyChoice) -> impl IntoView {
    let KeyChoice { fill_in, aliases, id, facts, is_rotated, problem } = choice;
    let names = if aliases.is_empty() { "No alias".to_owned() } else { aliases.join(", ") };
    let state = facts.as_ref().map_or_else(|| "Unknown".to_owned(), |facts| capitalized(&key_state::label(facts)));
    let kind = match facts.as_ref().map(|facts| facts.is_aws_managed) {
        Some(true) => "AWS managed",
        Some(false) => "Customer managed",
        None => "Unknown",
    };
    let rotation = match is_rotated {
        Some(true) => "Yearly",
        Some(false) => "Off",
        None => "Unknown",
    };
    // A key whose state couldn't be read may still be usable.
    let is_unusable = problem.is_some() && facts.is_some();
    // Skips the problem if the state already says it.
    let is_told = facts.as_ref().is_some_and(|facts| facts.state != KeyState::Enabled);
    let problem = problem.filter(|_| !is_told).map(|problem| view::keys::problem(&problem));
    let choose = (!is_unusable).then(|| {
        view! {
            <button
                r#type="submit" formaction="/api/choose-key" formnovalidate class="quiet"
                name="use" value=fill_in.clone() data-use=fill_in.clone()
            >
                "Use"<span class="visually-hidden">{format!(" {fill_in}")}</span>
            </button>
        }
    });
    view! {
        <tr>
            <th scope="row" data-label="Key" class="mono">{names} <span class="key-id">{id}</span></th>
            <td data-label="State">
                {state}{problem.map(|problem| view! { " " <span class="problem">{problem}</span> })}
            </td>
            <td data-label="Kind">{kind}</td>
            <td data-label="Rotation">{rotation}</td>
            <td data-label=(!is_unusable).then_some("Choose")>{choose}</td>
        </tr>
    }
}
