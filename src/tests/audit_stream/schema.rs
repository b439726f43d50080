//! The published schema of a row. `end2end/audit/check.mjs` validates rows of every kind with a validator that others
//! wrote; here, the schema is compared with what this version writes.

use std::collections::BTreeSet;

use serde_json::Value;
use strum::VariantArray;

use crate::{
    model::time::Timestamp,
    server::services::audit::{AuditAction, AuditEvent, AuditRow, write_line},
};

#[test]
fn the_schema_describes_what_is_written() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/audit-event.schema.json")).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let kinds: Vec<&str> = AuditAction::VARIANTS.iter().map(|action| action.name()).collect();
    assert_eq!(schema["properties"]["action"]["examples"], serde_json::json!(kinds), "a new event is named there");

    let event = AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::ServerStarted, "");
    let row = AuditRow { seq: 1, prev_hash: String::new(), hash: String::new(), event };
    let mut line = Vec::new();
    write_line(&row, &mut line).unwrap();
    let text = String::from_utf8(line.clone()).unwrap();
    assert!(text.starts_with("{\"seq\":1,") && text.ends_with("}\n"), "the end of a file is known by that: {text}");
    let written: Value = serde_json::from_slice(&line).unwrap();
    let members: BTreeSet<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
    let described: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let required: BTreeSet<&str> =
        schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!((described, required), (members.clone(), members));
}
