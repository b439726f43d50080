//! The outcome of a form.

use super::FormMistake;

/// The outcome of a form. A mistake is a value too: nothing failed, and the user can correct it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome<T = ()> {
    Done(T),
    Mistake(FormMistake),
}

impl<T> From<FormMistake> for Outcome<T> {
    fn from(mistake: FormMistake) -> Self {
        Self::Mistake(mistake)
    }
}

impl<T> Outcome<T> {
    /// Returns the same outcome, with `make` applied to what was done.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(done) => Outcome::Done(make(done)),
            Self::Mistake(mistake) => Outcome::Mistake(mistake),
        }
    }
}
