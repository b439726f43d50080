//! Changes from the form to their end, against the simulator and its faults.

mod disabling;
mod reading;
mod refusals;

use crate::model::change::{End, Ending};

fn how(ending: Option<&Ending>) -> Option<&End> {
    ending.map(|ending| &ending.how)
}
