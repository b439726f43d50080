//! Orders to the control endpoint: those that were carried out, and those that wait for a call.

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{caller::Caller, clock::since_epoch};

/// The kinds of order that may wait for a call.
const PATHS: [&str; 4] = ["streams", "keys", "settings", "faults"];

/// When a waiting order is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    Before,
    After,
}

/// An order for the control endpoint, and the call that it waits for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    operation: String,
    account: Option<String>,
    region: Option<String>,
    stream: Option<String>,
    /// Which of the following calls; 1 is the next one.
    #[serde(default = "next")]
    pub nth: u32,
    pub moment: Moment,
    /// The order's path, without `/_control/`.
    pub path: String,
    pub order: Value,
    #[serde(skip)]
    pub seen: u32,
}

const fn next() -> u32 {
    1
}

impl Trigger {
    pub fn applies_to(&self, operation: &str, caller: &Caller, stream: Option<&str>) -> bool {
        self.operation == operation
            && self.account.as_ref().is_none_or(|account| *account == caller.account)
            && self.region.as_ref().is_none_or(|region| *region == caller.region)
            && self.stream.as_deref().is_none_or(|name| Some(name) == stream)
    }
}

/// A carried-out order, as `/_control/acts` lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Act {
    pub path: String,
    pub order: Value,
    pub at_ms: u128,
    /// Why it failed.
    pub error: Option<Value>,
}

/// The orders that wait, and everything that was ordered so far.
#[derive(Debug, Default)]
pub struct Orders {
    pub waiting: Vec<Trigger>,
    acts: Vec<Act>,
}

impl Orders {
    /// Adds an order that waits for its call.
    pub fn wait(&mut self, trigger: Trigger) -> Result<(), String> {
        if !PATHS.contains(&trigger.path.as_str()) {
            return Err(format!("an order that waits goes to one of {PATHS:?}"));
        }
        if trigger.nth == 0 {
            return Err("nth counts from 1".to_owned());
        }
        self.waiting.push(trigger);
        Ok(())
    }

    pub fn forget_waiting(&mut self) {
        self.waiting.clear();
    }

    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// Logs an order.
    pub fn note(&mut self, path: &str, body: &[u8], status: StatusCode, answer: &Value) {
        self.acts.push(Act {
            path: path.to_owned(),
            order: serde_json::from_slice(body).unwrap_or_default(),
            at_ms: since_epoch().as_millis(),
            error: (status != StatusCode::OK).then(|| answer.clone()),
        });
    }
}
