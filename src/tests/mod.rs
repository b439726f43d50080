//! Integration tests through the real router, with the simulator behind it and actors in front.

mod armed;
mod audit;
mod edge;
mod forms;
mod journeys;
mod permissions;
mod restart;
mod sessions;
mod support;
mod time;
