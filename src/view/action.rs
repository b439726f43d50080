//! What a change asks of AWS, as buttons and sentences say it.

use crate::model::change::Action;

/// What buttons and tables call it.
pub const fn label(action: Action) -> &'static str {
    match action {
        Action::Disable => "Disable encryption",
        Action::Enable => "Enable encryption",
    }
}

/// `disables` or `enables`, for counts.
pub const fn plural(action: Action) -> &'static str {
    match action {
        Action::Disable => "disables",
        Action::Enable => "enables",
    }
}
