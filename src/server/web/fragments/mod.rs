//! Parts of pages that the server renders outside a page: for events, and for answers to forms.

mod cache;
pub mod confirmation;
mod parts;
mod subscription;

pub use self::{
    cache::FragmentCache,
    parts::{Audience, Parts, of_news},
    subscription::{EventsQuery, Subscription},
};
