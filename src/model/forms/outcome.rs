//! What comes of a form.

use super::FormMistake;

/// What came of a form. A mistake is a value like the other: nothing failed, and its person can mend it.
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
    /// The same outcome, with something else made of what was done.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(done) => Outcome::Done(make(done)),
            Self::Mistake(mistake) => Outcome::Mistake(mistake),
        }
    }
}
