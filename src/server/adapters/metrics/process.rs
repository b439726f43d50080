//! Figures of this process, under the names that Prometheus's own libraries use. What only `/proc` knows is left out on
//! systems without it.

use super::families::{
    PROCESS_CPU, PROCESS_MAX_FDS, PROCESS_OPEN_FDS, PROCESS_RESIDENT, PROCESS_START, PROCESS_THREADS, PROCESS_VIRTUAL,
};
use crate::{model::time::Timestamp, server::adapters::clock::cpu_time};

/// `/proc` counts memory in kibibytes.
const KIBIBYTE: f64 = 1_024.0;

/// Records all of them as they are now.
pub fn record(started: Timestamp) {
    metrics::counter!(PROCESS_CPU.name).absolute(cpu_time().as_secs());
    metrics::gauge!(PROCESS_START.name).set(started.as_millis() as f64 / 1_000.0);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        record_status(&status);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        // Without the directory itself.
        metrics::gauge!(PROCESS_OPEN_FDS.name).set(files.count().saturating_sub(1) as f64);
    }
    if let Ok(most) = rlimit::Resource::NOFILE.get_soft() {
        metrics::gauge!(PROCESS_MAX_FDS.name).set(most as f64);
    }
}

fn record_status(status: &str) {
    let fields = [
        (PROCESS_RESIDENT, "VmRSS:", KIBIBYTE),
        (PROCESS_VIRTUAL, "VmSize:", KIBIBYTE),
        (PROCESS_THREADS, "Threads:", 1.0),
    ];
    for (family, name, unit) in fields {
        if let Some(value) = field(status, name) {
            metrics::gauge!(family.name).set(value * unit);
        }
    }
}

/// Returns the number in a line such as `VmRSS:    84212 kB`.
fn field(status: &str, name: &str) -> Option<f64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status = "Name:\tkeystream\nVmPeak:\t  999 kB\nVmRSS:\t   84212 kB\nThreads:\t6\n";
        assert_eq!(field(status, "VmRSS:"), Some(84_212.0));
        assert_eq!(field(status, "Threads:"), Some(6.0));
        assert_eq!(field(status, "VmSize:"), None);
        assert_eq!(field(status, "Name:"), None);
    }
}
