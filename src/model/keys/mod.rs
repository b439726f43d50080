//! KMS keys: their names, whether Kinesis can encrypt with one, and whether two names mean the same key.

mod arn;
mod choice;
mod facts;
mod look;
mod meant;
mod names;
pub mod needed;
mod state;
#[cfg(test)]
pub(crate) mod tests;
mod unusable;

pub use self::{
    arn::KeyArn,
    choice::{KeyChoice, KeyList, KeyListProblem, KeyProblem},
    facts::KeyFacts,
    look::{KeyLook, Unseen},
    meant::Meant,
    names::{Comparison, Named, compare, named_by_itself, other_forms},
    state::KeyState,
    unusable::{Unusable, usable_by_name},
};
