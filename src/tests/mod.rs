//! Integration tests through the real router, with the simulator behind it and actors in front.

mod accounts;
mod armed;
mod audit;
mod aws_trouble;
mod change_role;
mod database;
mod edge;
mod enable;
mod faults;
mod fleet;
mod forms;
mod hostile;
mod instances;
mod journeys;
mod listing;
mod load;
mod other_form;
mod outage;
mod permissions;
mod restart;
mod scope;
mod sessions;
mod store;
mod support;
mod time;
mod truth;
