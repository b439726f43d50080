//! What Keystream does, without a word of HTTP, HTML, SQL or the AWS SDK: changes, the inventory, keys, accounts, the
//! audit chain, and the supervision of the parts that run in the background.

pub mod accounts;
pub mod audit;
pub mod changes;
pub mod drafts;
pub mod housekeeping;
pub mod inventory;
pub mod keys;
pub mod readiness;
pub mod supervisor;
