//! From facts to words: page models, the card of a change, the sentences of the ladder. No I/O.

pub mod audit_card;
pub mod change_card;
pub mod change_state;
pub mod command_line;
mod confirmation;
pub mod frame_source;
pub mod keys;
pub mod pages;
mod requested;
mod stream_quota;
pub mod wording;
