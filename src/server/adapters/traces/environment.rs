//! OpenTelemetry's own settings: the standard variables `OTEL_*`, as far as they are about traces.
//!
//! Traces are off unless one of them asks for them. What can't be done is told, and never keeps the server from
//! starting. No message holds a value: some are secret.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{sampler::Sampler, supported};
use crate::{model::loopback::is_loopback_host, server::adapters::random};

/// How traces are delivered.
#[derive(Debug)]
pub struct Settings {
    pub endpoint: Uri,
    pub headers: HeaderMap,
    /// How long one attempt may take, within the time for its batch.
    pub timeout: Duration,
    /// Certificate authorities to trust, beside the system's.
    pub ca_file: Option<PathBuf>,
    pub sampler: Sampler,
    /// What this process is, by attribute.
    pub resource: Vec<(String, String)>,
    pub batching: Batching,
}

/// How spans wait to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// The most spans that wait; further ones are dropped.
    pub queue: usize,
    /// The most spans in one request.
    pub batch: usize,
    /// How long a span waits for others to go with.
    pub delay: Duration,
    /// How long a batch is tried, before it is dropped.
    pub patience: Duration,
}

/// The settings, and what is wrong with them.
#[derive(Debug)]
pub struct Reading {
    /// `None` if traces are off.
    pub settings: Option<Settings>,
    pub problems: Vec<String>,
    /// What works, but shouldn't be done.
    pub warning: Option<String>,
}

/// The endpoint where the collector is on the same machine.
const LOCAL: &str = "http://localhost:4318/v1/traces";
const MILLISECONDS: &str = "a number of milliseconds, at least 1";
const SPANS: &str = "a number of spans, from 1 to 1000000";
/// A queue takes memory only as it fills.
const MOST_SPANS: u64 = 1_000_000;

/// Reads the settings from variables. An empty one counts as missing, as the standard wants it.
pub fn read(variables: impl Iterator<Item = (String, String)>) -> Reading {
    let is_ours = |(name, value): &(String, String)| name.starts_with("OTEL_") && !value.is_empty();
    let trimmed = variables.map(|(name, value)| (name, value.trim().to_owned()));
    let mut reader = Reader { values: trimmed.filter(is_ours).collect(), problems: Vec::new() };
    let settings = if reader.asks_for_traces() { reader.settings() } else { None };
    let warning = settings.as_ref().and_then(|settings| reader.exposed_headers(settings));
    Reading { settings, problems: reader.problems, warning }
}

struct Reader {
    values: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Reader {
    fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The variable of the exporter with this end: the one for traces, else the one for everything.
    fn of_exporter(&self, end: &str) -> Option<(String, String)> {
        let names = [format!("OTEL_EXPORTER_OTLP_TRACES_{end}"), format!("OTEL_EXPORTER_OTLP_{end}")];
        names.into_iter().find_map(|name| {
            let value = self.value(&name)?.to_owned();
            Some((name, value))
        })
    }

    fn refuse(&mut self, name: &str, takes: &str) {
        self.problems.push(format!("{name} takes {takes}"));
    }

    fn asks_for_traces(&mut self) -> bool {
        if self.value("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return false;
        }
        match self.value("OTEL_TRACES_EXPORTER") {
            Some("none") => false,
            Some("otlp") => true,
            Some(_) => {
                self.refuse("OTEL_TRACES_EXPORTER", "otlp or none");
                false
            }
            None => self.of_exporter("ENDPOINT").is_some(),
        }
    }

    /// Reads everything; `None` if nothing could be delivered anyway.
    fn settings(&mut self) -> Option<Settings> {
        self.problems.extend(supported::ignored(self.values.keys()));
        if let Some((name, protocol)) = self.of_exporter("PROTOCOL")
            && protocol != "http/protobuf"
        {
            self.refuse(&name, "http/protobuf only");
            return None;
        }
        if let Some((name, compression)) = self.of_exporter("COMPRESSION")
            && compression != "none"
        {
            self.refuse(&name, "none only");
        }
        let endpoint = self.endpoint()?;
        let timeout = match self.of_exporter("TIMEOUT") {
            Some((name, _)) => self.millis(&name, 10_000),
            None => Duration::from_secs(10),
        };
        let queue = self.spans("OTEL_BSP_MAX_QUEUE_SIZE", 2_048);
        Some(Settings {
            endpoint,
            headers: self.headers(),
            timeout,
            ca_file: self.of_exporter("CERTIFICATE").map(|(_, path)| path.into()),
            sampler: self.sampler(),
            resource: self.resource(),
            batching: Batching {
                queue,
                batch: self.spans("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512).min(queue),
                delay: self.millis("OTEL_BSP_SCHEDULE_DELAY", 5_000),
                patience: self.millis("OTEL_BSP_EXPORT_TIMEOUT", 30_000),
            },
        })
    }

    fn endpoint(&mut self) -> Option<Uri> {
        let for_traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        let (name, text) = match self.of_exporter("ENDPOINT") {
            Some(given) => given,
            None => (for_traces.to_owned(), LOCAL.to_owned()),
        };
        let url = Url::parse(&text).ok().filter(is_endpoint).map(|mut url| {
            if name != for_traces {
                let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
                url.set_path(&path);
            }
            url.set_fragment(None);
            url
        });
        let endpoint: Option<Uri> = url.and_then(|url| url.as_str().parse().ok());
        if endpoint.is_none() {
            self.refuse(&name, "a URL with http or https and without a user name or password");
        }
        endpoint
    }

    fn headers(&mut self) -> HeaderMap {
        let Some((name, text)) = self.of_exporter("HEADERS") else { return HeaderMap::new() };
        let header = |(key, value): (String, String)| {
            let mut value = HeaderValue::try_from(value).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::try_from(key).ok()?, value))
        };
        let headers: Option<HeaderMap> = pairs(&text).and_then(|pairs| pairs.into_iter().map(header).collect());
        headers.unwrap_or_else(|| {
            self.refuse(&name, "NAME=VALUE, separated by commas");
            HeaderMap::new()
        })
    }

    /// Headers often hold a secret.
    fn exposed_headers(&self, settings: &Settings) -> Option<String> {
        let Settings { endpoint, headers, .. } = settings;
        let (name, _) = self.of_exporter("HEADERS").filter(|_| !headers.is_empty())?;
        let is_exposed = endpoint.scheme_str() == Some("http") && !endpoint.host().is_some_and(is_loopback_host);
        is_exposed.then(|| format!("{name} can be read by everyone on the way: the endpoint is plain http"))
    }

    fn sampler(&mut self) -> Sampler {
        let ratio = match self.value("OTEL_TRACES_SAMPLER_ARG").map(str::parse::<f64>) {
            Some(Ok(ratio)) if (0.0..=1.0).contains(&ratio) => ratio,
            None => 1.0,
            Some(_) => {
                self.refuse("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1");
                1.0
            }
        };
        let name = self.value("OTEL_TRACES_SAMPLER").unwrap_or("parentbased_always_on");
        Sampler::named(name, ratio).unwrap_or_else(|| {
            let takes = "always_on, always_off or traceidratio, each also after parentbased_";
            self.refuse("OTEL_TRACES_SAMPLER", takes);
            Sampler::Always
        })
    }

    /// What this process is. The instance's id changes with every start.
    fn resource(&mut self) -> Vec<(String, String)> {
        let mut resource = BTreeMap::from([
            ("service.name".to_owned(), "keystream".to_owned()),
            ("service.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ("service.instance.id".to_owned(), random::id()),
        ]);
        let name = "OTEL_RESOURCE_ATTRIBUTES";
        match self.value(name).map(pairs) {
            None => {}
            Some(Some(pairs)) => resource.extend(pairs),
            Some(None) => self.refuse(name, "NAME=VALUE, separated by commas"),
        }
        if let Some(service) = self.value("OTEL_SERVICE_NAME") {
            resource.insert("service.name".to_owned(), service.to_owned());
        }
        resource.into_iter().collect()
    }

    fn millis(&mut self, name: &str, default: u64) -> Duration {
        Duration::from_millis(self.number(name, default, u64::from(u32::MAX), MILLISECONDS))
    }

    fn spans(&mut self, name: &str, default: u64) -> usize {
        usize::try_from(self.number(name, default, MOST_SPANS, SPANS)).unwrap_or(usize::MAX)
    }

    fn number(&mut self, name: &str, default: u64, most: u64, takes: &str) -> u64 {
        match self.value(name).map(str::parse::<u64>) {
            None => default,
            Some(Ok(number)) if (1..=most).contains(&number) => number,
            Some(_) => {
                self.refuse(name, takes);
                default
            }
        }
    }
}

fn is_endpoint(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
}

/// Parses `name=value,name=value`, with values that are percent-encoded; `None` if it is something else.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
    };
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(pair).collect()
}
