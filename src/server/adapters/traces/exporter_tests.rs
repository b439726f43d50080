//! The exporter with collectors that work, fail and come back. That others understand what it sends is a test of
//! end2end/traces.

use std::{
    future::pending,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use parking_lot::Mutex;
use prost::Message;
use tokio::net::TcpListener;
use tracing::subscriber::NoSubscriber;

use super::{
    environment,
    queue::Traces,
    span::tests::span,
    start::{Delivery, deliver},
};
use crate::{
    server::adapters::{
        clock::{Clock, SystemClock, sleep, timeout},
        metrics::exporter,
        tasks,
    },
    tests::support::Written,
};

/// A collector that keeps what it gets.
#[derive(Clone, Default)]
struct TestCollector {
    spans: Arc<Mutex<Vec<Vec<u8>>>>,
    requests: Arc<Mutex<Vec<HeaderMap>>>,
    /// What it answers; 0 is 200.
    status: Arc<AtomicU16>,
    /// Whether it answers nothing at all.
    is_silent: bool,
    rejects: i64,
}

impl TestCollector {
    async fn serve(&self, address: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        tasks::spawn(async move { axum::serve(listener, app).await });
        address
    }

    /// Waits for so many spans.
    async fn has(&self, count: usize) {
        for _ in 0..1_000 {
            if self.spans.lock().len() >= count {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{} spans arrived", self.spans.lock().len());
    }
}

async fn take(State(collector): State<TestCollector>, headers: HeaderMap, body: Bytes) -> Response {
    collector.requests.lock().push(headers);
    if collector.is_silent {
        pending::<()>().await;
    }
    let status = collector.status.load(Ordering::SeqCst);
    if status != 0 {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let message = ExportTraceServiceRequest::decode(body).unwrap();
    for span in &message.resource_spans[0].scope_spans[0].spans {
        collector.spans.lock().push(span.span_id.clone());
    }
    let partial = ExportTracePartialSuccess { rejected_spans: collector.rejects, ..Default::default() };
    let answer = ExportTraceServiceResponse { partial_success: Some(partial) };
    ([(header::CONTENT_TYPE, "application/x-protobuf")], answer.encode_to_vec()).into_response()
}

fn started(address: SocketAddr, variables: &[(&str, &str)]) -> (Traces, Delivery) {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), format!("http://{address}"));
    let given = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let reading = environment::read(given.chain([endpoint]));
    deliver(reading.settings.unwrap(), &mut Vec::new()).unwrap()
}

const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[tokio::test]
async fn spans_arrive_in_batches_with_the_headers_that_are_set() {
    let collector = TestCollector::default();
    let address = collector.serve(ANYWHERE).await;
    let (traces, delivery) =
        started(address, &[("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=7")]);
    for number in 1..=3 {
        traces.record(span(number));
    }
    collector.has(3).await;
    assert_eq!(*collector.spans.lock(), [[1_u8; 8], [2; 8], [3; 8]]);
    let requests = collector.requests.lock().clone();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (&requests[0]["content-type"], &requests[0]["x-tenant"]),
        (&header::HeaderValue::from_static("application/x-protobuf"), &header::HeaderValue::from_static("7"),)
    );
    delivery.finish().await;
}

#[tokio::test]
async fn what_waits_at_the_end_is_delivered() {
    let collector = TestCollector::default();
    let address = collector.serve(ANYWHERE).await;
    let hour = ("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    let (traces, delivery) = started(address, &[hour, ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")]);
    for number in 1..=5 {
        traces.record(span(number));
    }
    delivery.finish().await;
    assert_eq!(collector.spans.lock().len(), 5);
    traces.record(span(6));
}

#[tokio::test]
async fn a_batch_is_tried_again_while_the_collector_is_busy_and_not_if_it_is_refused() {
    let collector = TestCollector::default();
    let address = collector.serve(ANYWHERE).await;
    let (traces, delivery) = started(address, &[("OTEL_BSP_SCHEDULE_DELAY", "1")]);
    let requests = |count: usize| {
        let collector = collector.clone();
        async move {
            for _ in 0..1_000 {
                if collector.requests.lock().len() >= count {
                    return;
                }
                sleep(Duration::from_millis(10)).await;
            }
            panic!("{} requests came", collector.requests.lock().len());
        }
    };
    collector.status.store(503, Ordering::SeqCst);
    traces.record(span(1));
    requests(1).await;
    collector.status.store(0, Ordering::SeqCst);
    collector.has(1).await;
    collector.status.store(400, Ordering::SeqCst);
    traces.record(span(2));
    requests(3).await;
    collector.status.store(0, Ordering::SeqCst);
    traces.record(span(3));
    collector.has(2).await;
    assert_eq!(*collector.spans.lock(), [[1_u8; 8], [3; 8]]);
    delivery.finish().await;
}

#[tokio::test]
async fn a_batch_takes_no_longer_than_its_time_even_in_one_attempt() {
    let recorder = exporter::recorder().unwrap();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let collector = TestCollector { is_silent: true, ..TestCollector::default() };
    let address = collector.serve(ANYWHERE).await;
    let (traces, delivery) = started(
        address,
        &[
            ("OTEL_BSP_SCHEDULE_DELAY", "1"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "50"),
        ],
    );
    traces.record(span(1));
    timeout(Duration::from_secs(60), delivery.finish()).await.unwrap();
    assert!(handle.render().contains("keystream_trace_spans_dropped_total 1\n"), "{}", handle.render());
}

#[tokio::test]
async fn spans_that_the_collector_rejects_are_counted_as_dropped() {
    let recorder = exporter::recorder().unwrap();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let collector = TestCollector { rejects: 1, ..TestCollector::default() };
    let address = collector.serve(ANYWHERE).await;
    let (traces, delivery) = started(address, &[]);
    traces.record(span(1));
    traces.record(span(2));
    delivery.finish().await;
    let text = handle.render();
    for line in ["keystream_trace_spans_exported_total 1\n", "keystream_trace_spans_dropped_total 1\n"] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test]
async fn a_collector_that_is_down_costs_one_line_and_no_time() {
    let written = Written::default();
    let writer = written.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    // While there is only one, a thread that meets a line first may decide for all threads that nobody wants it.
    let _another = tracing::Dispatch::new(NoSubscriber::default());
    let _logging = tracing::subscriber::set_default(log);
    // Nothing listens on a port that was just given back.
    let address = TcpListener::bind(ANYWHERE).await.unwrap().local_addr().unwrap();
    let (traces, delivery) = started(address, &[("OTEL_BSP_SCHEDULE_DELAY", "1"), ("OTEL_BSP_EXPORT_TIMEOUT", "900")]);
    let begun = SystemClock.steady();
    for _ in 0..10_000 {
        traces.record(span(1));
    }
    assert!(SystemClock.steady().saturating_sub(begun) < Duration::from_secs(2), "nothing waits for it");
    let down = "doesn't take spans";
    let is_told = async {
        while written.lines_with(down) == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), is_told).await.unwrap();
    // Several more batches fail without a word.
    for _ in 0..20 {
        traces.record(span(2));
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(written.lines_with(down), 1);
    let collector = TestCollector::default();
    collector.serve(address).await;
    traces.record(span(3));
    collector.has(1).await;
    delivery.finish().await;
    assert_eq!((written.lines_with(down), written.lines_with("takes spans again")), (1, 1));
}
