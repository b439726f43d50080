//! Which of OpenTelemetry's variables count here.

/// Those that are read.
const READ: [&str; 22] = [
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
];

/// How variables begin that would change what is done about traces.
const ABOUT_TRACES: [&str; 9] = [
    "OTEL_TRACES_",
    "OTEL_EXPORTER_OTLP_",
    "OTEL_BSP_",
    "OTEL_SPAN_",
    "OTEL_ATTRIBUTE_",
    "OTEL_EVENT_",
    "OTEL_LINK_",
    "OTEL_CONFIG_FILE",
    "OTEL_EXPERIMENTAL_CONFIG_FILE",
];

/// What they hold if they are about something else: other signals, and gRPC.
const ABOUT_OTHERS: [&str; 4] = ["_METRICS_", "_LOGS_", "_PROFILES_", "_INSECURE"];

/// Returns a problem for each variable that has no effect, although it is about traces.
pub fn ignored<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let is_ignored = |name: &&String| {
        ABOUT_TRACES.iter().any(|begin| name.starts_with(begin))
            && !READ.contains(&name.as_str())
            && !ABOUT_OTHERS.iter().any(|part| name.contains(part))
    };
    names.filter(is_ignored).map(|name| format!("{name} has no effect")).collect()
}
