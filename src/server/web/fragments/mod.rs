//! Parts of pages that the server renders outside a page: for events, for answers to forms, and rows, which it keeps.

mod cache;
pub mod confirmation;
mod parts;
mod rows;
mod subscription;

pub use self::{
    cache::FragmentCache,
    parts::{Audience, Parts, of_news},
    rows::{counting_row, rows},
    subscription::{EventsQuery, Subscription},
};
