//! Sorts the SDK's errors into what the rest of Keystream tells apart: refused, not sent, or unknown.
//! The line between them decides whether a change is called rejected, so it errs towards unknown.

mod causes;
mod credentials;
mod not_sent;
mod read;
mod send;

pub use self::{
    credentials::{no_credentials, not_sent_without_credentials, refuses_credentials, refuses_credentials_within},
    not_sent::found_no_host,
    read::read_failure,
    send::send_outcome,
};
