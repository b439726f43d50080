//! The dotted names of audit events, in the sources.

use std::collections::BTreeMap;

use strum::VariantArray;

use super::SOURCES;
use crate::model::access::audit_action::AuditAction;

const HOME: &str = "model::access::audit_action";

#[test]
fn every_event_is_written_somewhere_and_its_name_in_one_place() {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for (module, contents) in &SOURCES.modules {
        for action in AuditAction::VARIANTS {
            let is_named = contents.literals.iter().filter(|literal| *literal == action.name());
            places.entry(action.name()).or_default().extend(is_named.map(|_| module.as_str()));
        }
        for mention in contents.mentions.iter().filter(|_| module != HOME) {
            if let [.., of, variant] = mention.path.as_slice()
                && of == "AuditAction"
            {
                *uses.entry(variant.clone()).or_default() += 1;
            }
        }
    }
    for action in AuditAction::VARIANTS {
        assert_eq!(places[action.name()], [HOME], "{action} is written elsewhere too");
        assert!(uses.contains_key(&format!("{action:?}")), "nothing writes {action:?}");
    }
}
