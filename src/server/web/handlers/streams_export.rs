//! `/streams.csv` and `/streams.json`: every row that the list's query selects, from the streams that the user may see.
//!
//! The rows are those of one moment, which the file names. They are shared with the inventory and written in batches
//! while the file is sent, so memory stays flat.

use std::{sync::Arc, vec};

use axum::{
    BoxError, Extension,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, stream};
use serde_json::{Map, Value};
use tracing::{Instrument, Span};

use super::{
    csv_file,
    error_page::{self, Asker},
};
use crate::{
    error::AppError,
    model::{
        access::requester::Uncertain,
        inventory::StreamRow,
        list::{ListQuery, Parameter},
        time::Timestamp,
    },
    server::web::{context::Requester, state::AppState},
    view::stream_export::{self, COLUMNS, ExportedStream},
};

/// The number of rows written at a time.
const BATCH: usize = 500;

/// The pairs of the request's address.
type Pairs = Query<Vec<(String, String)>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => csv_file::CONTENT_TYPE,
            Self::Json => "application/json",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Sends the rows as CSV, each with the time of which it tells.
pub async fn send_csv(
    State(state): State<AppState>,
    Extension(requester): Extension<Requester>,
    Query(pairs): Pairs,
    asker: Asker,
) -> Response {
    send(Format::Csv, state, requester, &pairs, &asker)
}

/// Sends the rows as one JSON object, with that time and the query.
pub async fn send_json(
    State(state): State<AppState>,
    Extension(requester): Extension<Requester>,
    Query(pairs): Pairs,
    asker: Asker,
) -> Response {
    send(Format::Json, state, requester, &pairs, &asker)
}

fn send(format: Format, state: AppState, requester: Requester, pairs: &[(String, String)], asker: &Asker) -> Response {
    // What only concerns a page selects no rows.
    let of_page = [Parameter::Page, Parameter::Per, Parameter::Cols].map(Parameter::slug);
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let (query, ignored) = ListQuery::parse(pairs.filter(|(name, _)| !of_page.contains(name)));
    // A file with more rows than requested would be mistaken for the requested one.
    if !ignored.is_empty() {
        return refuse(format, stream_export::refusal(&ignored));
    }
    if let Err(seconds) = state.limits.take_costly_act(&requester.user_id) {
        return error_page::refuse(&state, asker, AppError::TooOften { seconds });
    }
    let selected = state.inventory.select(&query, &requester.scope);
    let file_name = file_name(format, selected.as_of);
    let export = Export {
        state,
        requester,
        format,
        as_of: selected.as_of,
        query,
        rows: selected.rows.into_iter(),
        progress: Progress::Begins,
    };
    let mut response = Body::from_stream(batches_of(export)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{file_name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Answers an address that isn't understood whole, in the format of the file.
fn refuse(format: Format, why: String) -> Response {
    match format {
        Format::Csv => (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
        Format::Json => {
            let body = serde_json::json!({ "error": why }).to_string();
            (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
    }
}

/// Returns `keystream-streams-2026-11-24T14-02-11Z.csv`, which every file system takes.
fn file_name(format: Format, as_of: Timestamp) -> String {
    let text = as_of.rfc3339();
    let time = text.get(..19).unwrap_or_default().replace(':', "-");
    format!("keystream-streams-{time}Z.{}", format.extension())
}

struct Export {
    state: AppState,
    requester: Requester,
    format: Format,
    as_of: Timestamp,
    query: ListQuery,
    /// What is left to send. A row that has been sent is let go.
    rows: vec::IntoIter<Arc<StreamRow>>,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Begins,
    GoesOn,
    IsOver,
}

/// Streams the file in batches. If the session ends meanwhile, the connection ends without its last chunk, and the
/// browser reports an incomplete download.
fn batches_of(export: Export) -> impl Stream<Item = Result<Bytes, BoxError>> {
    // Rows are written during sending, after the request's own span has ended.
    let span = Span::current();
    stream::try_unfold(export, move |export| export.next().instrument(span.clone()))
}

impl Export {
    /// Returns the next batch and the remaining export.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, BoxError> {
        if self.progress == Progress::IsOver {
            return Ok(None);
        }
        // The first batch belongs to the request, which has just been identified.
        if self.progress == Progress::GoesOn && !self.state.sign_ins.sessions.is_live(&self.requester).await {
            return Err(Uncertain.into());
        }
        let batch: Vec<Arc<StreamRow>> = self.rows.by_ref().take(BATCH).collect();
        let bytes = match self.format {
            Format::Csv => self.csv(&batch),
            Format::Json => self.json(&batch),
        };
        self.progress = if self.rows.as_slice().is_empty() { Progress::IsOver } else { Progress::GoesOn };
        Ok(Some((Bytes::from(bytes), self)))
    }

    fn csv(&self, batch: &[Arc<StreamRow>]) -> Vec<u8> {
        let as_of = self.as_of.rfc3339();
        let head = (self.progress == Progress::Begins).then(|| COLUMNS.map(str::to_owned));
        let lines = batch.iter().map(|row| ExportedStream::from(row.as_ref()).cells(&as_of));
        csv_file::lines(head.into_iter().chain(lines))
    }

    fn json(&self, batch: &[Arc<StreamRow>]) -> Vec<u8> {
        let mut text = Vec::new();
        if self.progress == Progress::Begins {
            let query: Map<String, Value> =
                self.query.pairs().into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
            let head = format!("{{\"as_of\":\"{}\",\"query\":{},\"streams\":[", self.as_of, Value::from(query));
            text.extend_from_slice(head.as_bytes());
        }
        for (place, row) in batch.iter().enumerate() {
            let is_first = place == 0 && self.progress == Progress::Begins;
            text.extend_from_slice(if is_first { b"\n" } else { b",\n" });
            // Text, numbers and maps of text always serialize.
            let _: serde_json::Result<()> = serde_json::to_writer(&mut text, &ExportedStream::from(row.as_ref()));
        }
        if self.rows.as_slice().is_empty() {
            text.extend_from_slice(b"\n]}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_moment() {
        let as_of = Timestamp::from_millis(1_795_356_131_250);
        assert_eq!(file_name(Format::Csv, as_of), "keystream-streams-2026-11-22T14-02-11Z.csv");
        assert_eq!(file_name(Format::Json, as_of), "keystream-streams-2026-11-22T14-02-11Z.json");
        let never = Timestamp::from_millis(i64::MAX);
        assert!(!file_name(Format::Csv, never).contains('"'));
    }
}
