//! What `keystream check-config` prints of a target: a line for each host and each call.

use std::io::Write;

use crate::server::adapters::aws::{NeededHost, ReadFailure, ReadFailureKind, hosts::HostLog};

/// The lines of one target.
pub struct Lines<'a, W> {
    /// Where the last call went.
    pub hosts: &'a HostLog,
    /// Whether anything failed that Keystream needs.
    pub has_failed: bool,
    output: W,
}

impl<'a, W: Write> Lines<'a, W> {
    /// No lines yet.
    pub const fn new(hosts: &'a HostLog, output: W) -> Self {
        Self { hosts, has_failed: false, output }
    }

    /// Which target the lines are about.
    pub fn title(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.output, "{text}")?)
    }

    /// The hosts that have to be reachable.
    pub fn needed(&mut self, hosts: &[NeededHost]) -> anyhow::Result<()> {
        for NeededHost { host, calls } in hosts {
            let host = host.as_deref().unwrap_or("none that the SDK knows of");
            self.tell("host", &format!("{host} for {}", calls.join(", ")))?;
        }
        Ok(())
    }

    /// A call succeeded.
    pub fn worked(&mut self, permission: &str, what: &str, host: Option<String>) -> anyhow::Result<()> {
        let what = if what.is_empty() { String::new() } else { format!(": {what}") };
        self.tell(permission, &format!("ok{what}{}", at(host.as_ref())))
    }

    /// A call failed that Keystream needs.
    pub fn failed(&mut self, permission: &str, why: &str) -> anyhow::Result<()> {
        self.has_failed = true;
        self.tell(permission, &format!("failed: {why}"))
    }

    /// Anything else about a call.
    pub fn tell(&mut self, permission: &str, what: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.output, "  {permission:<31}{what}")?)
    }
}

/// Names the permission that a refused call needs.
pub fn missing(permission: &str, failure: &ReadFailure) -> String {
    let lacks = failure.kind == ReadFailureKind::Denied;
    if lacks { format!("; the permission {permission} is missing") } else { String::new() }
}

/// Where a call went, if it went anywhere.
pub fn at(host: Option<&String>) -> String {
    host.map_or_else(String::new, |host| format!(" ({host})"))
}
