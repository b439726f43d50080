//! Turns facts into words: page models, labels, sentences. No I/O.

pub mod action;
pub mod audit_card;
pub mod change_card;
pub mod change_state;
pub mod command_line;
mod confirmation;
pub mod error_page;
pub mod forms;
pub mod frame_source;
pub mod key_state;
pub mod keys;
pub mod ladder;
pub mod list;
pub mod needed_keys;
pub mod pace;
pub mod pages;
pub mod precondition;
mod present_key;
pub mod proof;
pub mod quota;
pub mod refusal;
pub mod reports;
mod requested;
pub mod stream_row;
pub mod summary;
pub mod support;
pub mod target_health;
