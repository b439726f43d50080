//! Turns facts into words: page models, labels, sentences. No I/O.

pub mod action;
pub mod audit_card;
pub mod change_card;
pub mod change_state;
pub mod changes_list;
pub mod command_line;
pub mod confirmation;
pub mod console;
pub mod error_page;
pub mod forms;
pub mod key_state;
pub mod keys;
pub mod ladder;
pub mod list;
pub mod needed_keys;
pub mod ownership;
pub mod pace;
pub mod pages;
pub mod precondition;
mod present_key;
pub mod proof;
pub mod quota;
pub mod refusal;
pub mod reports;
pub mod requested;
pub mod stream_export;
pub mod stream_row;
pub mod summary;
pub mod support;
pub mod target_health;

/// Returns a text that stands alone, such as a table's cell, with a capital first letter.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
