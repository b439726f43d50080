//! What the variables of the standard mean here.

use std::time::Duration;

use super::{
    environment::{Batching, Reading, read},
    sampler::Sampler,
};

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

fn reading(variables: &[(&str, &str)]) -> Reading {
    read(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// Where traces go.
fn endpoint(variables: &[(&str, &str)]) -> Option<String> {
    let reading = reading(variables);
    assert_eq!(reading.problems, [""; 0], "{variables:?}");
    reading.settings.map(|settings| settings.endpoint.to_string())
}

#[test]
fn traces_are_off_unless_they_are_asked_for() {
    assert_eq!(endpoint(&[]), None);
    assert_eq!(endpoint(&[("OTEL_SERVICE_NAME", "portal"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=b")]), None);
    assert_eq!(endpoint(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), None);
    assert_eq!(endpoint(&[ENDPOINT, ("OTEL_SDK_DISABLED", "True")]), None);
    assert_eq!(endpoint(&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")]), None);
    assert_eq!(endpoint(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://collector:4318")]), None);
}

#[test]
fn the_endpoint_is_the_one_for_traces_or_below_the_common_one() {
    assert_eq!(endpoint(&[ENDPOINT]).unwrap(), "http://collector:4318/v1/traces");
    let below = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector/otlp/");
    assert_eq!(endpoint(&[below]).unwrap(), "https://collector/otlp/v1/traces");
    let for_traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example/as/it/is?key=1");
    assert_eq!(endpoint(&[ENDPOINT, for_traces]).unwrap(), "https://traces.example/as/it/is?key=1");
    assert_eq!(endpoint(&[("OTEL_TRACES_EXPORTER", "otlp")]).unwrap(), "http://localhost:4318/v1/traces");
}

#[test]
fn everything_has_the_defaults_of_the_standard() {
    let settings = reading(&[ENDPOINT]).settings.unwrap();
    let batching =
        Batching { queue: 2_048, batch: 512, delay: Duration::from_secs(5), patience: Duration::from_secs(30) };
    assert_eq!((settings.batching, settings.timeout), (batching, Duration::from_secs(10)));
    assert_eq!((settings.sampler, settings.headers.len(), settings.ca_file), (Sampler::Always, 0, None));
    let resource: Vec<&str> = settings.resource.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(resource, ["service.instance.id", "service.name", "service.version"]);
}

#[test]
fn what_is_set_counts() {
    let reading = reading(&[
        ENDPOINT,
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=for%20everything"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "Authorization=Bearer%20s3cret, x-tenant = 7"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.pem"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        ("OTEL_SERVICE_NAME", "portal"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment.name=a%2Cb"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "9"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc"),
        ("OTEL_PROPAGATORS", "b3"),
    ]);
    assert_eq!(reading.problems, [""; 0]);
    let settings = reading.settings.unwrap();
    assert_eq!(settings.headers["authorization"], "Bearer s3cret");
    assert_eq!(settings.headers["x-tenant"], "7");
    assert!(!format!("{settings:?}").contains("s3cret"));
    assert_eq!((settings.timeout, settings.sampler), (Duration::from_millis(2_500), Sampler::Ratio(0.25)));
    assert_eq!(settings.ca_file.unwrap().to_str(), Some("/etc/ca.pem"));
    let of_resource = |wanted: &str| settings.resource.iter().find(|(name, _)| name == wanted).unwrap().1.as_str();
    assert_eq!((of_resource("service.name"), of_resource("deployment.environment.name")), ("portal", "a,b"));
    let batching =
        Batching { queue: 100, batch: 100, delay: Duration::from_millis(1), patience: Duration::from_millis(9) };
    assert_eq!(settings.batching, batching, "a batch is no larger than the queue");
}

#[test]
fn headers_over_plain_http_are_warned_of_unless_they_stay_on_this_machine() {
    let warning = |endpoint, header| {
        let reading = reading(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), header]);
        assert_eq!(reading.problems, [""; 0], "{endpoint}");
        reading.warning
    };
    let secret = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret");
    let told = "OTEL_EXPORTER_OTLP_HEADERS can be read by everyone on the way: the endpoint is plain http";
    assert_eq!(warning("http://collector:4318", secret).as_deref(), Some(told));
    for endpoint in ["https://collector:4318", "http://localhost:4318", "http://127.0.0.1:4318", "http://[::1]:4318"] {
        assert_eq!(warning(endpoint, secret), None, "{endpoint}");
    }
    assert_eq!(warning("http://collector:4318", ("OTEL_SERVICE_NAME", "portal")), None);
}

#[test]
fn what_cannot_be_delivered_turns_traces_off_and_is_told() {
    for (name, value) in [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://user:s3cret@collector"),
    ] {
        let reading = reading(&[ENDPOINT, (name, value)]);
        assert!(reading.settings.is_none(), "{name}={value}");
        let [problem] = reading.problems.as_slice() else { panic!("{:?}", reading.problems) };
        assert!(problem.starts_with(&format!("{name} takes ")) && !problem.contains(value), "{problem}");
    }
}

#[test]
fn other_mistakes_leave_the_defaults_and_are_told() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no pair"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_RESOURCE_ATTRIBUTES", "no pair"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2000000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "9"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/etc/key.pem"),
        ("OTEL_CONFIG_FILE", "/etc/otel.yaml"),
    ] {
        let reading = reading(&[ENDPOINT, (name, value)]);
        let settings = reading.settings.unwrap();
        assert_eq!((settings.batching.queue, settings.sampler), (2_048, Sampler::Always), "{name}={value}");
        let [problem] = reading.problems.as_slice() else { panic!("{name}={value}: {:?}", reading.problems) };
        assert!(problem.starts_with(&format!("{name} ")) && !problem.contains(value), "{problem}");
    }
}
