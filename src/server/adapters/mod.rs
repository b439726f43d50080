//! The outside world, as services reach it: AWS, the database, the identity provider, what receives the audit chain,
//! clocks, randomness, tasks, metrics, traces and logs. Only here are types of the AWS SDK and SQL.

pub mod audit_sink;
pub mod aws;
pub mod clock;
pub mod https;
pub mod metrics;
pub mod oidc;
pub mod random;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod traces;
