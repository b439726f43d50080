//! Access: roles and permissions, scopes, sessions, sign-in delays, the company's provider, and audit events.

pub mod actor;
pub mod audit_action;
pub mod audit_event;
pub mod audit_query;
pub mod chain_alarm;
pub mod chain_place;
pub mod credentials;
pub mod identity;
pub mod next_page;
pub mod provider;
pub mod requester;
pub mod scope;
pub mod session;
pub mod sign_in_delay;
pub mod user_card;
