//! What a change's page says of its steps and its end, and whether the call went out on a fresh read.

use serde_json::json;

use super::{
    super::{
        log::{Act, Call, Evidence, STREAM},
        oracle::{Asked, Sending, check_awake, check_change, check_listed, check_sending},
        pages::ChangeSaid,
    },
    SECOND, call, evidence, kms, off, on, read, start, stop,
};

const NOTHING: [&str; 0] = [];

fn someone(at: i64) -> Act {
    Act { path: "streams".to_owned(), order: json!({"name": STREAM, "key": ""}), at_ms: at }
}

/// The rules that a change's page breaks.
fn broken(evidence: &Evidence, summary: &str, rungs: &[(&str, &str)]) -> Vec<&'static str> {
    let items: String = rungs.iter().map(|(name, said)| format!("<li><b>{name}</b> <i>{said}</i></li>")).collect();
    let page = format!(
        "<h1>Change</h1><p class=\"summary\"><strong>{summary}</strong></p><ol aria-label=\"Progress\">{items}</ol>"
    );
    let said = ChangeSaid::of(&page, "c1").unwrap();
    let sending = evidence.mutations().next().map_or(Sending::NotSent, |(index, _)| Sending::At(index));
    let asked = Asked { id: "c1".to_owned(), sending, is_overtaken: false };
    check_change(&said, evidence, &asked).into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_false_rung_is_seen() {
    let settled =
        evidence(vec![on(0), stop(1), read(500, "UPDATING", "KMS", Some("alias/orders")), off(2_000), off(8_000)]);
    let rungs = [
        ("Accepted", "AWS accepted the request."),
        ("Updating", "AWS reported UPDATING."),
        ("Reached", "AWS reported NONE."),
        ("Settled", "At 1 AWS reported it."),
    ];
    assert_eq!(broken(&settled, "Settled. <a href=\"?undo=c1\">Undo</a>", &rungs), NOTHING);
    let reached = evidence(vec![on(0), stop(1), off(2_000)]);
    assert_eq!(broken(&reached, "", &[("Reached", "AWS reported NONE.")]), NOTHING);
    assert_eq!(broken(&reached, "", &rungs), ["updating", "settled"]);
    // From before the call.
    let before = evidence(vec![off(0), on(1), stop(2), on(500)]);
    assert_eq!(broken(&before, "", &[("Reached", "AWS reported NONE.")]), ["reached"]);
    assert_eq!(broken(&before, "Expired. Never sent.", &[("Accepted", "yes")]), ["expired"]);
    assert_eq!(broken(&before, "Not applied. No.", &[("Accepted", "yes")]), ["not-applied"]);
    let refused = evidence(vec![on(0), call(1, "StopStreamEncryption", "alias/orders", "LimitExceededException")]);
    assert_eq!(broken(&refused, "Rejected. No.", &[]), NOTHING);
    assert_eq!(broken(&refused, "", &[("Accepted", "AWS accepted it")]), ["accepted"]);
    assert_eq!(broken(&settled, "Rejected. No.", &rungs), ["rejected"]);
}

#[test]
fn a_key_change_is_judged_by_its_key() {
    let ledger = |at| read(at, "ACTIVE", "KMS", Some("alias/ledger"));
    let rungs = [("Accepted", "yes"), ("Reached", "AWS reported it"), ("Settled", "twice")];
    let kept = evidence(vec![
        on(0),
        start(1, "alias/ledger"),
        read(500, "UPDATING", "KMS", Some("alias/orders")),
        on(2_000),
        on(9_000),
    ]);
    assert_eq!(broken(&kept, "Settled. Yes.", &rungs), ["reached", "settled", "settled"]);
    let changed = evidence(vec![on(0), start(1, "alias/ledger"), ledger(2_000), ledger(9_000)]);
    assert_eq!(broken(&changed, "Settled. Yes.", &rungs), NOTHING);
    // Under a name that KMS doesn't resolve: only after an accepted call.
    let unseen = |at| read(at, "ACTIVE", "KMS", Some("arn:aws:kms:eu-west-1:111122223333:key/b"));
    let accepted = evidence(vec![on(0), start(1, "alias/ledger"), unseen(2_000), unseen(9_000)]);
    assert_eq!(broken(&accepted, "Settled. Yes.", &rungs), NOTHING);
    let lost = evidence(vec![on(0), Call { is_told: false, ..start(1, "alias/ledger") }, unseen(2_000), unseen(9_000)]);
    assert_eq!(broken(&lost, "Settled. Yes.", &rungs[1..]), ["reached", "settled", "settled"]);
    let known = evidence(vec![
        on(0),
        kms(0, "alias/ledger", "b"),
        Call { is_told: false, ..start(1, "alias/ledger") },
        unseen(2_000),
        unseen(9_000),
    ]);
    assert_eq!(broken(&known, "Settled. Yes.", &rungs[1..]), NOTHING);
}

#[test]
fn not_applied_needs_three_reads_of_the_old_state_in_two_minutes_without_updating() {
    let reads = |from: i64| (0..14).map(move |nth| on((from + nth * 10) * SECOND));
    let said = "Not applied. For 2 min AWS has reported ACTIVE and KMS.";
    let lost = || Call { is_told: false, ..stop(1) };
    let whole = evidence([on(0), lost()].into_iter().chain(reads(1)).collect());
    assert_eq!(broken(&whole, said, &[]), NOTHING);
    let early = evidence([on(0), lost()].into_iter().chain(reads(1).take(8)).collect());
    assert_eq!(broken(&early, said, &[]), ["not-applied"]);
    let mut updated: Vec<Call> = whole.calls.clone();
    updated[7].described.as_mut().unwrap().status = "UPDATING".to_owned();
    assert_eq!(broken(&evidence(updated.clone()), said, &[]), ["not-applied"]);
    assert_eq!(
        broken(&evidence(updated), "Not applied. Since 14:03 AWS has reported ACTIVE in three reads.", &[]),
        NOTHING
    );
    let same_name = evidence([on(0), start(1, "alias/orders")].into_iter().chain(reads(1)).collect());
    assert_eq!(broken(&same_name, said, &[("Accepted", "yes")]), ["not-applied"]);
}

#[test]
fn someone_else_and_reverted_need_their_reports() {
    let other = |at| read(at, "ACTIVE", "KMS", Some("alias/other"));
    let lost = || Call { is_told: false, ..stop(1) };
    let mut changed = evidence(vec![on(0), lost(), other(2_000), other(3_000)]);
    assert_eq!(broken(&changed, "Superseded. Someone else changed this stream.", &[]), ["someone-else"]);
    changed.acts.push(someone(1_500));
    assert_eq!(broken(&changed, "Superseded. Someone else changed this stream.", &[]), NOTHING);
    let alone = evidence(vec![on(0), lost(), on(2_000), on(3_000)]);
    assert_eq!(broken(&alone, "Superseded. Someone else changed this stream.", &[]), ["superseded", "someone-else"]);
    let base = || vec![on(0), stop(1), off(2_000), off(8_000)];
    let stale = evidence(base().into_iter().chain([on(9_000), off(10_000), on(11_000), off(12_000)]).collect());
    let rungs = [("Accepted", "yes")];
    assert_eq!(broken(&stale, "Reverted. Settled on 1 Jan.", &rungs), ["reverted"]);
    let twice = evidence(base().into_iter().chain([on(9_000), on(10_000)]).collect());
    assert_eq!(broken(&twice, "Reverted. Settled on 1 Jan.", &rungs), NOTHING);
}

#[test]
fn a_settled_change_says_nothing_false_of_now() {
    let said = "Settled. orders-prod is not encrypted, and AWS reports it ACTIVE.";
    let rungs = [("Accepted", "yes")];
    let mut calls = vec![on(0), stop(1), off(2_000), off(8_000)];
    let undo = format!("{said} <a href=\"?undo=c1\">Undo</a>");
    assert_eq!(broken(&evidence(calls.clone()), &undo, &rungs), NOTHING);
    assert_eq!(broken(&evidence(calls.clone()), said, &rungs), ["undo"]);
    let paused = Evidence { asked_at: 200 * SECOND, ..evidence(calls.clone()) };
    assert_eq!(broken(&paused, &undo, &rungs), ["present"]);
    calls.extend([on(9_000), on(10_000), on(11_000)]);
    assert_eq!(broken(&evidence(calls.clone()), said, &rungs), ["present"]);
    assert_eq!(
        broken(
            &evidence(calls.clone()),
            "Settled.",
            &[("Accepted", "yes"), ("Updating", "AWS reports UPDATING since 1.")]
        ),
        ["updating", "tense"]
    );
    assert_eq!(
        broken(&evidence(calls), "Settled. At 00:08 AWS reported ACTIVE and not encrypted again.", &rungs),
        NOTHING
    );
}

#[test]
fn a_refusal_cites_what_aws_reported() {
    let refused = "Rejected. orders-prod is encrypted with alias/orders, as AWS reported just now.";
    assert_eq!(broken(&evidence(vec![on(0)]), refused, &[]), NOTHING);
    assert_eq!(broken(&evidence(vec![on(0)]), &refused.replace("alias/orders", "key/1"), &[]), ["cited"]);
}

#[test]
fn an_answer_that_came_is_not_called_lost() {
    let answered = evidence(vec![on(0), stop(1)]);
    assert_eq!(broken(&answered, "Outcome unknown. The answer was lost.", &[]), ["thrown-away"]);
    assert_eq!(
        broken(&evidence(vec![on(0), Call { is_told: false, ..stop(1) }]), "Outcome unknown. Lost.", &[]),
        NOTHING
    );
    let asked = Asked { id: "c1".to_owned(), sending: Sending::At(1), is_overtaken: false };
    let row = "<tr><th><a href=\"/changes/c1\">Change</a></th><td><span>Rejected</span></td></tr>";
    assert_eq!(check_listed(row, &answered, &asked)[0].rule, "rejected");
}

#[test]
fn a_call_on_an_old_read_is_seen() {
    let mut late = evidence(vec![on(0), start(30 * SECOND, "alias/ledger")]);
    assert!(check_sending(&late).is_empty(), "nobody changed anything meanwhile");
    late.acts.push(someone(10 * SECOND));
    assert_eq!(check_sending(&late)[0].rule, "old-read");
    assert_eq!(check_awake(&late, 0..=20 * SECOND)[0].rule, "old-read");
    assert!(check_awake(&late, 20 * SECOND..=25 * SECOND).is_empty(), "the act is not of this story");
    late.acts.push(someone(29 * SECOND));
    assert!(check_awake(&late, 15 * SECOND..=25 * SECOND).is_empty(), "the act came after the sleep");
    late.acts.push(someone(40 * SECOND));
    assert!(check_awake(&late, 0..=50 * SECOND).is_empty(), "the last act came after the call");
}
