//! The actions of a change in words, for buttons and sentences.

use crate::model::change::Action;

/// Returns the label of an action, for buttons and tables.
pub const fn label(action: Action) -> &'static str {
    match action {
        Action::Disable => "Disable encryption",
        Action::Enable => "Enable encryption",
    }
}

/// Returns `disables` or `enables`, for counts.
pub const fn plural(action: Action) -> &'static str {
    match action {
        Action::Disable => "disables",
        Action::Enable => "enables",
    }
}
