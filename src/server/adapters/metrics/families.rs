//! The families of metrics: each name with its kind, labels and help text, declared once.
//!
//! A label takes few values: never a stream, a user, an address or a path, which would each be a series of its own.

/// All series of one name.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The name, with its unit.
    pub name: &'static str,
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// One sentence for people.
    pub help: &'static str,
}

/// What a family's values are.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A number that only rises while the process lives.
    Counter,
    /// A number that rises and falls.
    Gauge,
    /// Durations, counted by these upper bounds in seconds.
    Histogram(&'static [f64]),
}

/// The bounds for requests, in seconds: a page takes milliseconds, and a handler at most half a minute.
const OF_REQUESTS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// The bounds for changes, in seconds: AWS takes seconds to minutes, and a change may wait for hours to be sent.
const OF_CHANGES: &[f64] =
    &[0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0];
/// The bounds for waiting in the database, in seconds: a writer gives up after five.
const OF_WAITS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

const TARGET: &[&str] = &["target"];
const BY_OPERATION: &[&str] = &["target", "operation"];

// The help text of each says what it is.

pub const HTTP_REQUESTS: Family =
    counter("keystream_http_requests_total", &["route", "code"], "Requests answered, by route and status code");
pub const HTTP_DURATION: Family = histogram(
    "keystream_http_request_duration_seconds",
    &["route"],
    OF_REQUESTS,
    "Time from a request to the head of its answer, by route",
);
pub const HTTP_IN_PROGRESS: Family =
    gauge("keystream_http_requests_in_progress", &[], "Requests that are being answered");
pub const EVENT_CONNECTIONS: Family = gauge("keystream_event_connections", &[], "Event connections that are open");

pub const AWS_CALLS: Family = counter(
    "keystream_aws_calls_total",
    &["target", "operation", "outcome"],
    "Calls to AWS, by target, operation and outcome",
);
pub const AWS_BUDGET: Family = gauge(
    "keystream_aws_budget_calls_per_second",
    BY_OPERATION,
    "Calls per second that background reads may make now, by target and operation",
);
pub const AWS_BUDGET_RATIO: Family = gauge(
    "keystream_aws_budget_ratio",
    BY_OPERATION,
    "Part of the configured budget in use: 1, or less after AWS throttled",
);
pub const AWS_WAITING: Family =
    gauge("keystream_aws_waiting_calls", TARGET, "Reads of a stream that wait for their turn, by target");

pub const STREAMS: Family = gauge("keystream_inventory_streams", TARGET, "Streams known, by target");
pub const UNREAD_STREAMS: Family =
    gauge("keystream_inventory_unread_streams", TARGET, "Streams whose state was never read, by target");
pub const OLDEST_READ_AGE: Family = gauge(
    "keystream_inventory_oldest_read_age_seconds",
    TARGET,
    "Age of the oldest row that was read, by target; 0 if none was",
);
pub const STALE_AFTER: Family =
    gauge("keystream_inventory_stale_after_seconds", TARGET, "Age at which a row is shown as last known, by target");
pub const TARGET_BEHIND: Family = gauge("keystream_target_behind", TARGET, "1 while a target can't be read, else 0");
pub const TARGET_PAUSED: Family =
    gauge("keystream_target_paused", TARGET, "1 while someone paused a target's background reads, else 0");
pub const TARGET_READER: Family = gauge(
    "keystream_target_reader",
    TARGET,
    "1 on the instance that reads a target in the background, also while that is paused, else 0",
);

pub const CHANGES_REQUESTED: Family =
    counter("keystream_changes_requested_total", &["action"], "Changes recorded on this instance, by action");
pub const CHANGES_ENDED: Family =
    counter("keystream_changes_ended_total", &["action", "end"], "Changes ended on this instance, by action and end");
pub const CHANGES_REVERTED: Family =
    counter("keystream_changes_reverted_total", &[], "Settled changes that a later read contradicted");
pub const CHANGE_DURATION: Family = histogram(
    "keystream_change_duration_seconds",
    &["action", "end"],
    OF_CHANGES,
    "Time from a change's request to its end, by action and end",
);
pub const CHANGE_RUNG_DURATION: Family = histogram(
    "keystream_change_rung_duration_seconds",
    &["action", "rung"],
    OF_CHANGES,
    "Time from a change's request to the evidence for a rung, by action and rung",
);
pub const CHANGES_ACTIVE: Family =
    gauge("keystream_changes_active", &["state"], "Active changes in the database, by state");

pub const UNWRITTEN_ROWS: Family =
    gauge("keystream_inventory_unwritten_rows", &[], "Rows of the inventory that the database doesn't have yet");
pub const WRITE_BEHIND_LAG: Family = gauge(
    "keystream_inventory_write_behind_lag_seconds",
    &[],
    "How long the oldest of the unwritten rows has waited; 0 if there is none",
);
pub const PASSWORD_QUEUE: Family =
    gauge("keystream_password_queue_length", &[], "Passwords that are being hashed, or wait for it");

pub const DATABASE_WRITE_WAIT: Family = histogram(
    "keystream_database_write_wait_seconds",
    &[],
    OF_WAITS,
    "Time that a transaction waited for a connection and the write lock",
);
pub const DATABASE_WRITE_FAILURES: Family = counter(
    "keystream_database_write_failures_total",
    &[],
    "Transactions that could not begin, or could not be committed",
);
pub const DATABASE_CONNECTIONS: Family =
    gauge("keystream_database_connections", &["pool", "state"], "Connections to the database, by pool and state");

pub const SIGN_INS: Family = counter(
    "keystream_sign_ins_total",
    &["method", "purpose", "outcome"],
    "Attempts to sign in or to confirm an identity, by method, purpose and outcome",
);
pub const BREAK_GLASS_SIGN_INS: Family =
    counter("keystream_break_glass_sign_ins_total", &[], "Sign-ins of accounts for emergencies");

pub const PANICS: Family =
    counter("keystream_panics_total", &["part"], "Failures of background parts; each is started again");
pub const PARTS_DOWN: Family = gauge("keystream_parts_down", &[], "Background parts that are down now");
pub const AUDIT_ALARM: Family =
    gauge("keystream_audit_alarm", &[], "1 while the audit chain doesn't match its checkpoints, else 0");
pub const AUDIT_STREAM_LAG: Family = gauge(
    "keystream_audit_stream_lag_rows",
    &[],
    "Rows of the audit chain that haven't arrived where it is streamed; 0 if it isn't",
);
pub const AUDIT_STREAM_LAST: Family = gauge(
    "keystream_audit_stream_last_seq",
    &[],
    "Number of the last row of the audit chain that arrived where it is streamed; 0 if it isn't",
);
pub const LOST_LOG_LINES: Family =
    counter("keystream_lost_log_lines_total", &[], "Log lines that were lost, because nothing read the log");
pub const SPANS_EXPORTED: Family =
    counter("keystream_trace_spans_exported_total", &[], "Spans of traces that the collector took");
pub const SPANS_DROPPED: Family = counter(
    "keystream_trace_spans_dropped_total",
    &[],
    "Spans of traces that were lost, because the collector rejected them or didn't take them in time",
);
pub const BUILD_INFO: Family = gauge("keystream_build_info", &["version"], "1, with the version that is running");

pub const PROCESS_CPU: Family =
    counter("process_cpu_seconds_total", &[], "Processor time that the process has used, in whole seconds");
pub const PROCESS_RESIDENT: Family = gauge("process_resident_memory_bytes", &[], "Memory of the process in RAM");
pub const PROCESS_VIRTUAL: Family = gauge("process_virtual_memory_bytes", &[], "Address space of the process");
pub const PROCESS_OPEN_FDS: Family = gauge("process_open_fds", &[], "Files and sockets that the process has open");
pub const PROCESS_MAX_FDS: Family = gauge("process_max_fds", &[], "Files and sockets that the process may open");
pub const PROCESS_THREADS: Family = gauge("process_threads", &[], "Threads of the process");
pub const PROCESS_START: Family =
    gauge("process_start_time_seconds", &[], "When the process started, in seconds since 1970");

/// All families.
pub const FAMILIES: &[Family] = &[
    HTTP_REQUESTS,
    HTTP_DURATION,
    HTTP_IN_PROGRESS,
    EVENT_CONNECTIONS,
    AWS_CALLS,
    AWS_BUDGET,
    AWS_BUDGET_RATIO,
    AWS_WAITING,
    STREAMS,
    UNREAD_STREAMS,
    OLDEST_READ_AGE,
    STALE_AFTER,
    TARGET_BEHIND,
    TARGET_PAUSED,
    TARGET_READER,
    CHANGES_REQUESTED,
    CHANGES_ENDED,
    CHANGES_REVERTED,
    CHANGE_DURATION,
    CHANGE_RUNG_DURATION,
    CHANGES_ACTIVE,
    UNWRITTEN_ROWS,
    WRITE_BEHIND_LAG,
    PASSWORD_QUEUE,
    DATABASE_WRITE_WAIT,
    DATABASE_WRITE_FAILURES,
    DATABASE_CONNECTIONS,
    SIGN_INS,
    BREAK_GLASS_SIGN_INS,
    PANICS,
    PARTS_DOWN,
    AUDIT_ALARM,
    AUDIT_STREAM_LAG,
    AUDIT_STREAM_LAST,
    LOST_LOG_LINES,
    SPANS_EXPORTED,
    SPANS_DROPPED,
    BUILD_INFO,
    PROCESS_CPU,
    PROCESS_RESIDENT,
    PROCESS_VIRTUAL,
    PROCESS_OPEN_FDS,
    PROCESS_MAX_FDS,
    PROCESS_THREADS,
    PROCESS_START,
];

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    bounds: &'static [f64],
    help: &'static str,
) -> Family {
    Family { name, kind: Kind::Histogram(bounds), labels, help }
}
