//! A row of the list as a file carries it: every value that is known of a stream, with the times of the reads.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{change_state, list};
use crate::model::{inventory::StreamRow, list::Ignored, stream::encryption::KeyId, time::Timestamp};

/// The columns of a CSV file. In JSON, the fields of a stream have the same names; only `as_of` is told once.
pub const COLUMNS: [&str; 20] = [
    "as_of",
    "name",
    "account",
    "region",
    "arn",
    "production",
    "encryption",
    "key_id",
    "read_at",
    "status",
    "status_read_at",
    "retention_hours",
    "open_shards",
    "mode",
    "created",
    "tags",
    "change_id",
    "change_state",
    "problem",
    "problem_at",
];

/// A stream in a file. Times are RFC 3339 in UTC; what isn't known is `null` in JSON and empty in CSV.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ExportedStream<'a> {
    name: &'a str,
    /// `self` while AWS hasn't named the target's account. Such a stream has no ARN yet.
    account: &'a str,
    region: &'a str,
    arn: Option<String>,
    production: bool,
    /// The list's word: `Encrypted`, `Not encrypted` or `Unknown`.
    encryption: &'static str,
    /// As AWS reported it.
    key_id: Option<&'a str>,
    /// When the encryption was last read.
    read_at: Option<String>,
    status: Option<&'a str>,
    status_read_at: Option<String>,
    retention_hours: Option<i32>,
    open_shards: Option<i32>,
    mode: Option<&'a str>,
    created: Option<String>,
    tags: Option<BTreeMap<&'a str, &'a str>>,
    /// The active change, and the word for its state.
    change_id: Option<&'a str>,
    change_state: Option<&'static str>,
    /// Why there is nothing newer, if the last read failed, and when that was.
    problem: Option<&'a str>,
    problem_at: Option<String>,
}

impl<'a> From<&'a StreamRow> for ExportedStream<'a> {
    fn from(row: &'a StreamRow) -> Self {
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
        let tags = row.tags.as_ref();
        Self {
            name: row.id.name.as_str(),
            account: row.id.account.as_str(),
            region: row.id.region.as_str(),
            arn: row.id.account.is_resolved().then(|| row.id.arn().to_string()),
            production: row.is_production,
            encryption: list::encryption(row.encryption),
            key_id: row.key_id.as_ref().map(KeyId::as_str),
            read_at: time(row.read_at),
            status: row.status.as_ref().map(|status| status.value.as_str()),
            status_read_at: time(row.status.as_ref().map(|status| status.at)),
            retention_hours: row.retention_hours,
            open_shards: row.open_shards,
            mode: row.mode.as_deref(),
            created: time(row.created),
            tags: tags.map(|tags| tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()),
            change_id: row.change.as_ref().map(|change| change.id.as_str()),
            change_state: row.change.as_ref().map(|change| change_state::label(change.state)),
            problem: row.problem.as_ref().map(|problem| problem.why.as_str()),
            problem_at: time(row.problem.as_ref().map(|problem| problem.at)),
        }
    }
}

impl ExportedStream<'_> {
    /// Returns the cells of its line, one per column.
    pub fn cells(&self, as_of: &str) -> [String; COLUMNS.len()] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
        [
            as_of.to_owned(),
            self.name.to_owned(),
            self.account.to_owned(),
            self.region.to_owned(),
            text(self.arn.as_deref()),
            self.production.to_string(),
            self.encryption.to_owned(),
            text(self.key_id),
            text(self.read_at.as_deref()),
            text(self.status),
            text(self.status_read_at.as_deref()),
            number(self.retention_hours),
            number(self.open_shards),
            text(self.mode),
            text(self.created.as_deref()),
            self.tags.as_ref().map(tags).unwrap_or_default(),
            text(self.change_id),
            text(self.change_state),
            text(self.problem),
            text(self.problem_at.as_deref()),
        ]
    }
}

/// Returns `env=prod; team=payments`, or `none`. AWS allows no semicolons in tags, and each tag has a `=` here.
fn tags(tags: &BTreeMap<&str, &str>) -> String {
    if tags.is_empty() {
        return "none".to_owned();
    }
    tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("; ")
}

/// Says why nothing is exported: `ignored` names what the page would ignore.
pub fn refusal(ignored: &[Ignored]) -> String {
    format!(
        "Nothing was exported: part of the address isn't understood, so the file would hold other rows than you asked \
        for. {} Correct the address and try again.",
        list::ignored(ignored).join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        inventory::{ChangeMarks, ReadProblem},
        list::{ListQuery, tests::row},
        stream::encryption::EncryptionState,
    };

    fn value(row: &StreamRow) -> serde_json::Value {
        serde_json::to_value(ExportedStream::from(row)).unwrap()
    }

    #[test]
    fn both_files_have_the_same_columns_in_the_same_order() {
        let row = row("orders-prod", EncryptionState::Encrypted, "ACTIVE");
        let json = serde_json::to_string(&ExportedStream::from(row.as_ref())).unwrap();
        let places: Vec<usize> =
            COLUMNS.iter().skip(1).map(|column| json.find(&format!("\"{column}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{json}");
        assert_eq!(value(&row).as_object().unwrap().len(), COLUMNS.len() - 1);
        let cells = ExportedStream::from(row.as_ref()).cells("2026-11-29T03:44:06.000Z");
        let (never, arn) = ("1970-01-01T00:00:00.000Z", "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod");
        assert_eq!(
            cells.each_ref().map(String::as_str),
            [
                "2026-11-29T03:44:06.000Z",
                "orders-prod",
                "111122223333",
                "eu-west-1",
                arn,
                "false",
                "Encrypted",
                "alias/Orders",
                never,
                "ACTIVE",
                never,
                "24",
                "1",
                "",
                never,
                "a=b=c; team=payments",
                "",
                "",
                "",
                "",
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_said_to_be_unknown_or_left_out() {
        let known = StreamRow::clone(&row("orders-prod", EncryptionState::Unknown, "ACTIVE"));
        let mut unknown = StreamRow {
            status: None,
            read_at: None,
            retention_hours: None,
            open_shards: None,
            created: None,
            tags: None,
            ..known
        };
        unknown.id.account = "self".parse().unwrap();
        unknown.problem = Some(ReadProblem {
            why: "AWS did not answer in time".to_owned(),
            at: Timestamp::from_millis(60_000),
            next_try: Timestamp::from_millis(90_000),
        });
        let cells = ExportedStream::from(&unknown).cells("");
        assert_eq!(cells[6], "Unknown");
        assert_eq!(cells[18..], ["AWS did not answer in time", "1970-01-01T00:01:00.000Z"]);
        for place in [4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17] {
            assert_eq!(cells[place], "", "{}", COLUMNS[place]);
        }
        let json = value(&unknown);
        assert_eq!(json["encryption"], "Unknown");
        for field in ["arn", "key_id", "read_at", "status", "retention_hours", "tags", "change_id"] {
            assert!(json[field].is_null(), "{field}: {json}");
        }
        unknown.tags = Some(Vec::new().into());
        assert_eq!(ExportedStream::from(&unknown).cells("")[15], "none", "AWS said that there are none");
        assert_eq!(value(&unknown)["tags"], serde_json::json!({}));
    }

    #[test]
    fn an_active_change_is_named_with_its_state() {
        let mut changing = StreamRow::clone(&row("orders-prod", EncryptionState::Encrypted, "UPDATING"));
        changing.change = Some(ChangeMarks::from(&crate::model::change::tests::sent_change()));
        let json = value(&changing);
        assert_eq!((json["change_id"].as_str(), json["change_state"].as_str()), (Some("c1"), Some("Sent")));
    }

    #[test]
    fn a_refusal_names_every_part_and_what_it_takes() {
        let (_, ignored) = ListQuery::parse([("encryption", "maybe"), ("sort", "size")]);
        let said = refusal(&ignored);
        assert!(said.starts_with("Nothing was exported: "), "{said}");
        assert!(
            said.contains("encryption \u{201c}maybe\u{201d} was ignored: it takes encrypted, not-encrypted, unknown."),
            "{said}"
        );
        assert!(said.contains("sort \u{201c}size\u{201d}") && said.ends_with("try again."), "{said}");
    }
}
