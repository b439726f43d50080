//! No false statement: whatever AWS, KMS and other people do, every text of the list, of a stream's page, of each
//! change's page and of the keys is held against what the simulated AWS had reported by then.
//!
//! `scenarios` throws dice; `stories` are the faults that were found once, one by one; both have the same oracle, which
//! knows the simulator's log and the design, and nothing of the code that it judges. Environment variables:
//! - `TRUTH_SEED`: the one scenario with these dice, which a failure prints (what happens is the same; when is not, to
//!   the millisecond).
//! - `TRUTH_EXCEPT`: rules that are left out, comma-separated, to see what lies behind a finding.
//! - `TRUTH_SCENARIOS`: how many scenarios; `SOAK`: 200 of them.

mod dice;
mod log;
mod oracle;
mod pages;
mod present;
mod scenarios;
mod sent;
mod sight;
mod stage;
mod steps;
mod stories;
