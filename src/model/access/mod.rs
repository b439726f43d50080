//! Who may do what with which streams: roles and permissions, scopes, delays between sign-ins, queries of the audit chain.

pub mod audit_query;
pub mod credentials;
pub mod identity;
pub mod next_page;
pub mod scope;
pub mod sign_in_delay;
