//! How the form is sent.

use leptos::prelude::*;

use crate::{error::AppError, model::change::ChangeForm, view::pages::Requested};

/// How the form is sent.
#[derive(Clone, Copy)]
pub enum Way {
    /// As a plain form; the server redirects.
    Page,
    /// By wasm: the form calls back and shows the response.
    Dialog {
        on_submit: Callback<ChangeForm>,
        on_cancel: Callback<()>,
        answer: Signal<Option<Result<Requested, AppError>>>,
        is_pending: Signal<bool>,
    },
}

impl Way {
    /// Returns whether a response is pending, and the last response.
    pub(super) fn state(self) -> (Signal<bool>, Signal<Option<Result<Requested, AppError>>>) {
        match self {
            Self::Page => (Signal::stored(false), Signal::stored(None)),
            Self::Dialog { is_pending, answer, .. } => (is_pending, answer),
        }
    }
}
