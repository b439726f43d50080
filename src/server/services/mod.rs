//! What Keystream does: changes, the inventory, keys, accounts, the audit chain, and the supervision of background
//! parts.
//!
//! Knows nothing about HTTP, HTML, SQL or the AWS SDK.

pub mod accounts;
pub mod audit;
pub mod changes;
pub mod drafts;
pub mod figures;
pub mod follow;
pub mod housekeeping;
pub mod inventory;
pub mod keys;
pub mod read_only;
pub mod readiness;
pub mod supervisor;
