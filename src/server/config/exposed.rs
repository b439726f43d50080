//! Settings that work and expose something: said at the start and by `check-config`.

use super::{settings::Settings, target_table::is_loopback};

impl Settings {
    /// What these settings expose to others on the network, a sentence each.
    pub fn exposed(&self) -> Vec<String> {
        let metrics = &self.metrics;
        let open_metrics =
            metrics.metrics_listen.filter(|at| !at.ip().is_loopback() && metrics.metrics_token.is_none());
        let open_metrics = open_metrics
            .map(|at| format!("anybody who reaches {at} can read the metrics; set KEYSTREAM_METRICS_TOKEN"));
        let endpoints = self.fleet.targets.iter().filter_map(|target| target.endpoint.as_deref());
        let plain = endpoints.filter(|endpoint| endpoint.starts_with("http://") && !is_loopback(endpoint));
        let plain = plain.map(|endpoint| format!("calls to {endpoint} can be read and changed on the way; use https"));
        open_metrics.into_iter().chain(plain).collect()
    }
}
