//! What users type into forms.

use serde::Serialize;

/// What was typed into a form, as a draft keeps it.
pub trait Typed: Serialize {
    /// Returns it with no field longer than its form takes, give or take. The database is no place for the rest.
    #[must_use]
    fn bounded(&self) -> Self;
}

impl<T: Typed> Typed for Option<T> {
    fn bounded(&self) -> Self {
        self.as_ref().map(T::bounded)
    }
}
