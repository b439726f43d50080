//! Sign-in with the company's provider: who comes, what the person's groups allow, renewals, re-authentication and
//! logouts.
//!
//! A browser goes to the provider (`begin`) and comes back (`finish`), perhaps to another instance: what was begun
//! is in the database, and bound to a cookie of the browser.

mod begin;
mod failure;
mod finish;
mod logout;
mod people;
mod renewal;
mod sign_ins;

pub use self::{
    begin::{BeginError, Begun},
    finish::{Brought, Finished, Visitor},
    logout::LogoutError,
    renewal::LapsedSession,
    sign_ins::ProviderSignIns,
};
