//! The truth test: whatever AWS, KMS and other people do, every text of the list, of a stream's page, of each change's
//! page and of the keys is compared with what the simulated AWS had reported by then.
//!
//! `scenarios` are random; `stories` reproduce faults found earlier, one by one. Both use the same oracle, which knows
//! the simulator's log and the design, but nothing of the code that it judges. Environment variables:
//! - `TRUTH_SEED`: run only the scenario with this seed, which a failure prints (the events are the same, but not their
//!   times to the millisecond).
//! - `TRUTH_EXCEPT`: rules to skip, separated by commas, to see what else a scenario finds.
//! - `TRUTH_SCENARIOS`: the number of scenarios; 200 with `SOAK`.

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
