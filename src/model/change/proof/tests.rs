//! Tests of proofs and pasted answers.

use proptest::prelude::*;

use super::*;

fn done<T>(result: T) -> Option<ProofRequest<T>> {
    let at = Timestamp::from_millis(0);
    Some(ProofRequest { by: "mira".to_owned(), at, result: Some(Done { at, outcome: Ok(result) }) })
}

#[test]
fn a_write_proves_when_each_open_shard_answered() {
    let whole = WriteResult { shards: 4, none: 4, ..WriteResult::default() };
    let proof = Proof { write: done(whole.clone()), ..Proof::default() };
    assert!(proof.proven_at(Action::Disable).is_some() && proof.proven_at(Action::Enable).is_none());
    assert!(proof.contradicts(Action::Enable));
    let partly = WriteResult { none: 3, failed: vec![("shard-3".to_owned(), "throttled".to_owned())], ..whole };
    assert!(partly.outcome(Action::Disable).ends_with("NONE on 3 of 4 shards; without a record: shard-3: throttled"));
    let proof = Proof { write: done(partly), ..Proof::default() };
    assert_eq!(proof.proven_at(Action::Disable), None);
    assert!(!WriteResult::default().proves(Action::Disable), "no shard is no proof");
}

#[test]
fn a_read_names_what_it_could_not_see() {
    let result = ReadResult { shards: 3, none: 37, idle: vec!["shard-2".to_owned()], ..ReadResult::default() };
    let proof = Proof { read: done(result.clone()), ..Proof::default() };
    assert!(proof.proven_at(Action::Disable).is_some());
    let mixed = Proof { read: done(ReadResult { kms: 1, ..result.clone() }), ..Proof::default() };
    assert!(mixed.proven_at(Action::Disable).is_none() && mixed.contradicts(Action::Disable));
    let idle = Proof { read: done(ReadResult { none: 0, ..result }), ..Proof::default() };
    assert!(idle.proven_at(Action::Disable).is_none() && !idle.contradicts(Action::Disable));
}

#[test]
fn a_producers_answer_is_read_in_both_shapes() {
    let one = r#"{"ShardId": "shardId-000000000001", "SequenceNumber": "1", "EncryptionType": "NONE"}"#;
    assert_eq!(parse_answer(one), Ok(("NONE".to_owned(), vec!["shardId-000000000001".to_owned()])));
    let many = r#"{
        "FailedRecordCount": 0, "EncryptionType": "KMS",
        "Records": [{"ShardId": "a"}, {"ShardId": "a"}, {"ShardId": "<b>"}]
    }"#;
    assert_eq!(parse_answer(many), Ok(("KMS".to_owned(), vec!["a".to_owned()])));
    for bad in ["", "NONE", "{}", "[]", r#"{"EncryptionType": "FUTURE"}"#, r#"{"EncryptionType": 1}"#] {
        assert_eq!(parse_answer(bad), Err(NotAnAnswer), "{bad}");
    }
}

proptest! {
    #[test]
    fn a_proof_never_contradicts_itself(none in 0..5u32, kms in 0..5u32, unstated in 0..5u32) {
        let write = WriteResult { shards: none + kms + unstated, none, kms, unstated, failed: Vec::new() };
        let read = ReadResult {
            shards: 1,
            none: none.into(),
            kms: kms.into(),
            unstated: unstated.into(),
            ..ReadResult::default()
        };
        for action in Action::ALL {
            prop_assert!(!(write.proves(action) && write.contradicts(action)));
            prop_assert!(!(read.proves(action) && read.contradicts(action)));
            prop_assert!(!(write.proves(Action::Disable) && write.proves(Action::Enable)));
        }
    }

    #[test]
    fn no_pasted_text_panics(text in ".{0,200}") {
        let _ = parse_answer(&text);
    }
}
