//! What the services reach the outside world through: AWS, the database, clocks, randomness, tasks, metrics and logs.
//! The only place with types of the AWS SDK and the only one with SQL.

pub mod aws;
pub mod clock;
pub mod metrics;
pub mod random;
pub mod store;
pub mod tasks;
pub mod telemetry;
