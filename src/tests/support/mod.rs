//! A whole application on a database and a simulator of its own, and the people who use it.

mod actor;
mod app;
mod breakdowns;
mod clock;
mod forms;
mod process;
mod simulator;
pub mod tls;
mod waiting;
mod written;

pub use self::{
    actor::{Actor, Answer},
    app::TestApp,
    clock::MovedClock,
    forms::{borrowed, hidden_fields, hidden_fields_of, shown, with},
    process::Setup,
    waiting::until,
    written::Written,
};

pub const ORIGIN: &str = "http://127.0.0.1:3000";
pub const PASSWORD: &str = "correct horse battery staple";
pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";
