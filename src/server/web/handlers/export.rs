//! `/audit/export`: the audit rows that the user may see and has requested, oldest first, as CSV or JSON lines. Rows
//! are read in batches while the file is sent, so memory stays flat.

use std::sync::Arc;

use axum::{
    BoxError, Extension,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, stream};
use strum::EnumString;
use tracing::{Instrument, Span};

use super::{
    csv_file,
    error_page::{self, Asker},
};
use crate::{
    error::{AppError, Refusal},
    model::access::{audit_query::AuditQuery, requester::Uncertain},
    server::{
        services::audit::{AuditRow, Reader, SearchPlace, write_line},
        web::{
            context::{self, Requester},
            state::AppState,
        },
    },
};

/// The file format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString)]
enum Format {
    #[strum(serialize = "csv")]
    Csv,
    #[strum(serialize = "jsonl")]
    JsonLines,
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => csv_file::CONTENT_TYPE,
            Self::JsonLines => "application/jsonl; charset=utf-8",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"keystream-audit.csv\"",
            Self::JsonLines => "attachment; filename=\"keystream-audit.jsonl\"",
        }
    }
}

/// Sends the file. The audit chain records the export before the first row is sent.
pub async fn send(
    State(state): State<AppState>,
    Extension(requester): Extension<Requester>,
    Query(parameters): Query<Vec<(String, String)>>,
    asker: Asker,
) -> Response {
    let value = |key: &str| parameters.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let (query, ignored) = AuditQuery::parse(value);
    // A file with more rows than requested would be mistaken for the requested one.
    let format = value("format").map_or(Ok(Format::JsonLines), |word| word.parse());
    let Some(format) = format.ok().filter(|_| ignored.is_empty()) else {
        return error_page::refuse(&state, &asker, AppError::Outdated);
    };
    if let Err(seconds) = state.limits.take_costly_act(&requester.user_id) {
        return error_page::refuse(&state, &asker, AppError::TooOften { seconds });
    }
    let place = match state.audit.begin_export(&requester) {
        Ok(place) => place,
        Err(none) => return error_page::refuse(&state, &asker, context::search_refused(none)),
    };
    let noted = state.audit.append_export(&requester, state.clock.now(), &query, format!("{format:?}"));
    if let Err(error) = noted.await {
        tracing::error!(%error, "an export could not be written to the audit chain: {error}");
        return error_page::refuse(&state, &asker, Refusal::NoDatabase);
    }
    // Rows appended during the export are not part of it.
    let next = match state.audit.next_seq().await {
        Ok(next) => next,
        Err(error) => {
            tracing::error!(%error, "an export could not be read: {error}");
            return error_page::refuse(&state, &asker, Refusal::NoDatabase);
        }
    };
    let query = AuditQuery { before: Some(query.before.map_or(next, |before| before.min(next))), ..query };
    let export = Export {
        requester: requester.clone(),
        reader: Arc::new(Reader::from(&requester)),
        state,
        query,
        format,
        after: Some(i64::MIN),
        is_begun: false,
        _place: place,
    };
    let mut response = Body::from_stream(rows_of(export)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(format.disposition()));
    response
}

struct Export {
    requester: Requester,
    reader: Arc<Reader>,
    state: AppState,
    query: AuditQuery,
    format: Format,
    /// The number of the last row that was looked at; `None` after the last of all.
    after: Option<i64>,
    is_begun: bool,
    _place: SearchPlace,
}

/// Streams the file in batches. If a read fails, the connection ends without its last chunk, and the browser reports an
/// incomplete download.
fn rows_of(export: Export) -> impl Stream<Item = Result<Bytes, BoxError>> {
    // Rows are read during sending, after the request's own span has ended.
    let span = Span::current();
    stream::try_unfold(export, move |export| export.next().instrument(span.clone()))
}

impl Export {
    /// Returns the next batch and the remaining export.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, BoxError> {
        while let Some(after) = self.after {
            // The export ends with its session, as event streams do.
            if !self.state.sign_ins.sessions.is_live(&self.requester).await {
                return Err(Uncertain.into());
            }
            let found = self.state.audit.after(&self.reader, &self.query, after).await.inspect_err(|error| {
                tracing::error!(%error, "an export of the audit chain broke off: {error}");
            })?;
            self.after = found.after;
            let is_first = !std::mem::replace(&mut self.is_begun, true);
            let text = match self.format {
                Format::Csv => csv_of(&found.rows, is_first),
                Format::JsonLines => json_lines_of(&found.rows),
            };
            if !text.is_empty() {
                return Ok(Some((Bytes::from(text), self)));
            }
        }
        Ok(None)
    }
}

fn json_lines_of(rows: &[AuditRow]) -> Vec<u8> {
    let mut lines = Vec::new();
    for row in rows {
        // Rows of text and numbers always serialize, and memory takes them.
        let _ = write_line(row, &mut lines);
    }
    lines
}

const COLUMNS: [&str; 14] = [
    "seq",
    "at",
    "actor",
    "address",
    "user_agent",
    "action",
    "target",
    "reason",
    "before",
    "after",
    "aws_request_id",
    "result",
    "prev_hash",
    "hash",
];

fn csv_of(rows: &[AuditRow], with_head: bool) -> Vec<u8> {
    let head = with_head.then(|| COLUMNS.map(str::to_owned));
    csv_file::lines(head.into_iter().chain(rows.iter().map(cells_of)))
}

fn cells_of(AuditRow { seq, prev_hash, hash, event }: &AuditRow) -> [String; COLUMNS.len()] {
    [
        seq.to_string(),
        event.at.rfc3339(),
        event.actor.clone(),
        event.address.clone(),
        event.user_agent.clone(),
        event.action.name().to_owned(),
        event.target.clone(),
        event.reason.clone(),
        event.before.clone(),
        event.after.clone(),
        event.aws_request_id.clone(),
        event.result.clone(),
        prev_hash.clone(),
        hash.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::time::Timestamp,
        server::services::audit::{AuditAction, AuditEvent},
    };

    #[test]
    fn each_cell_is_below_its_column() {
        let event = AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::AuditExported, "");
        let event = AuditEvent { reason: "=1,\"b\"".to_owned(), ..event };
        let row = AuditRow { seq: 1, prev_hash: String::new(), hash: "f00".to_owned(), event };
        let text = csv_of(&[row], true);
        let mut reader = csv::Reader::from_reader(text.as_slice());
        assert_eq!(reader.headers().unwrap(), COLUMNS.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!((rows.len(), rows[0].get(7), rows[0].get(13)), (1, Some("'=1,\"b\""), Some("f00")));
    }
}
