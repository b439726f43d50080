//! What is typed into a confirmation, as wasm tracks it.

use leptos::{html, prelude::*};

use crate::{
    model::change::{ChangeForm, arming::OFFERED_MINUTES},
    view::pages::Draft,
};

/// The form's fields, as wasm tracks them.
#[derive(Clone, Copy)]
pub(super) struct Typed {
    pub(super) key: RwSignal<String>,
    pub(super) name: RwSignal<String>,
    pub(super) reason: RwSignal<String>,
    pub(super) quota_reason: RwSignal<String>,
    pub(super) wait: RwSignal<String>,
    pub(super) key_input: NodeRef<html::Input>,
    pub(super) name_input: NodeRef<html::Input>,
    pub(super) reason_input: NodeRef<html::Input>,
    pub(super) is_hydrated: RwSignal<bool>,
}

impl Typed {
    pub(super) fn new(draft: &Draft, key: &str, is_busy: bool) -> Self {
        Self {
            key: RwSignal::new(key.to_owned()),
            name: RwSignal::new(draft.typed_name.clone()),
            reason: RwSignal::new(draft.reason.clone()),
            quota_reason: RwSignal::new(draft.quota_reason.clone()),
            wait: RwSignal::new(if is_busy { wait_to_begin_with(draft) } else { String::new() }),
            key_input: NodeRef::new(),
            name_input: NodeRef::new(),
            reason_input: NodeRef::new(),
            is_hydrated: RwSignal::new(false),
        }
    }

    /// Takes over what was typed while wasm was loading. In the dialog, focuses the first empty field, where typing can
    /// do no harm.
    pub(super) fn take_over(self, is_dialog: bool) {
        Effect::new(move |_| {
            let (Some(name), Some(reason)) = (self.name_input.get(), self.reason_input.get()) else { return };
            self.name.set(name.value());
            self.reason.set(reason.value());
            let key = self.key_input.get();
            if let Some(input) = &key {
                self.key.set(input.value());
            }
            self.is_hydrated.set(true);
            if is_dialog {
                // Fails only for elements that aren't in the page.
                let _ = key.filter(|input| input.value().is_empty()).unwrap_or(name).focus();
            }
        });
    }

    /// Returns whether the name was typed exactly.
    pub(super) fn has_name(self, expected: &str) -> bool {
        self.name.with(|typed| typed.trim() == expected)
    }

    /// Returns the form with what is typed.
    pub(super) fn fill_in(self, form: ChangeForm) -> ChangeForm {
        ChangeForm {
            key: self.key.get_untracked(),
            typed_name: self.name.get_untracked(),
            reason: self.reason.get_untracked(),
            wait_minutes: self.wait.get_untracked(),
            quota_reason: self.quota_reason.get_untracked(),
            ..form
        }
    }

    /// Fills in a key chosen from the list.
    pub(super) fn use_key(self, name: String) {
        if let Some(input) = self.key_input.get_untracked() {
            input.set_value(&name);
            let _ = input.focus();
        }
        self.key.set(name);
    }
}

/// Returns the wait that was chosen before a mistake, otherwise the shortest.
fn wait_to_begin_with(draft: &Draft) -> String {
    let offered = OFFERED_MINUTES.map(|minutes| minutes.to_string());
    offered.iter().find(|wait| **wait == draft.wait_minutes).unwrap_or(&offered[0]).clone()
}
