//! The confirmation of a change, made from its plan.

use super::{
    command_line, key_state, keys,
    pages::{Confirmation, EnableFacts, OtherForm, Plan, PlanOutcome, Quota, Undo},
    precondition, present_key,
};
use crate::model::{
    change::{
        Action, Change, Resolved,
        plan::{self, EnablePlan, OtherFormReason, Outcome, Planned},
    },
    inventory::Namesake,
    keys::KeyLook,
    stream::{StreamArn, StreamId, encryption::KeyId},
};

impl From<Planned> for Confirmation {
    fn from(planned: Planned) -> Self {
        let Planned { stream, target, now, action, outcome } = planned;
        let (plan, beside) = match outcome {
            Outcome::Ready(plan) => {
                let (plan, beside) = of_plan(action, *plan);
                (PlanOutcome::Ready(Box::new(plan)), beside)
            }
            Outcome::Busy(plan) => {
                let (plan, beside) = of_plan(action, *plan);
                (PlanOutcome::Busy(Box::new(plan)), beside)
            }
            Outcome::Refused { precondition, report } => {
                let why = precondition::of_confirmation(action, &precondition, &report);
                (PlanOutcome::Refused { why, report }, Beside::default())
            }
            Outcome::Unread { why, last_known } => (PlanOutcome::Unread { why, last_known }, Beside::default()),
            Outcome::UnderWay { change } => (PlanOutcome::UnderWay { change }, Beside::default()),
        };
        let Beside { quota, key_words, key_warning, enable, other_form } = beside;
        Self {
            stream,
            target,
            now,
            action,
            plan,
            quota,
            key_words,
            key_warning,
            enable,
            other_form,
            namesakes: None,
            owner: None,
            manager: None,
            draft: None,
        }
    }
}

/// What a confirmation shows beside its plan.
#[derive(Default)]
struct Beside {
    quota: Quota,
    key_words: String,
    key_warning: Option<String>,
    enable: Option<EnableFacts>,
    other_form: Option<OtherForm>,
}

fn of_plan(action: Action, plan: plan::Plan) -> (Plan, Beside) {
    let plan::Plan { request_id, report, key_needed_until, keys_known_since, .. } = plan;
    let said = plan.present_key.as_ref().map(|key| present_key::sentences(key, report.key(), action));
    let (key_words, key_warning) = said.unwrap_or_default();
    let present_key = plan.present_key.as_ref().and_then(|key| key.look.arn()).cloned();
    let beside = Beside {
        quota: plan.quota.into(),
        key_words,
        key_warning,
        enable: plan.enable.map(|enable| enable_facts(enable, &report.arn)),
        other_form: plan.other_form.map(other_form),
    };
    let key = report.key().cloned();
    let sent = match (action, &beside.enable) {
        (Action::Enable, Some(facts)) => facts.key.clone(),
        _ => key.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    let command_key =
        if sent.is_empty() { command_line::KEY_PLACEHOLDER.to_owned() } else { command_line::shell_word(&sent) };
    let command = command_line::without_key(action, &report.arn);
    let plan = Plan { request_id, command, command_key, key_needed_until, keys_known_since, key, present_key, report };
    (plan, beside)
}

fn enable_facts(enable: EnablePlan, stream: &StreamArn) -> EnableFacts {
    let EnablePlan { key, look, keys, undo, unencrypted_since } = enable;
    let (key_words, is_key_bad) = look.map(|(id, look)| chosen_key(&id, &look, stream)).unwrap_or_default();
    let undo = undo.as_ref().map(undo_of);
    // The line about the disable to undo says it already.
    let is_said = undo.as_ref().is_some_and(|undo| undo.words == key_words);
    let key_words = if is_said { String::new() } else { key_words };
    EnableFacts { key, key_words, is_key_bad, picker: keys, is_choosing: false, undo, unencrypted_since }
}

/// Returns what KMS says about the key that the field starts with, and whether that is a warning.
fn chosen_key(id: &KeyId, look: &KeyLook, stream: &StreamArn) -> (String, bool) {
    match (look, look.usable(id, stream)) {
        (_, Err(why)) => (format!("{id} can't be used: {}.", key_state::unusable(&why)), true),
        (KeyLook::Found(facts), Ok(())) => match key_state::trouble(facts, None) {
            None => (format!("{id} \u{2192} {} ({}).", facts.arn.short(), key_state::label(facts)), false),
            Some(trouble) => (format!("{id} \u{2192} {}, which {trouble}.", facts.arn.short()), true),
        },
        (KeyLook::Missing, Ok(())) => (format!("AWS creates {id} when it's first used."), false),
        (KeyLook::Unseen(why), Ok(())) => {
            let why = keys::unseen(why);
            (format!("Keystream can't see {id}: {why}. Whether Kinesis can use it isn't known."), true)
        }
    }
}

fn other_form(form: plan::OtherForm) -> OtherForm {
    OtherForm {
        why: why_other_form(&form.why),
        key: form.key,
        forms: form.forms.iter().map(ToString::to_string).collect(),
    }
}

/// Says what has become of the key of the disable that an enable would undo.
fn undo_of(undo: &plan::Undo) -> Undo {
    let change = &undo.change;
    let recorded = change.intent.key.as_ref().map_or("none", |key| key.as_str());
    let then = change.intent.resolved.as_ref();
    let (now, is_warning) = match &undo.look {
        Some(KeyLook::Found(facts)) => match then.filter(|then| then.arn != facts.arn) {
            Some(then) => (
                format!(
                    "{recorded} now points to another key: {} ({}). At the disable it pointed to {}. To go back to \
                    that key, enter {}.",
                    facts.arn.short(),
                    key_state::label(facts),
                    then.arn.short(),
                    then.arn
                ),
                true,
            ),
            None => (
                format!("{recorded} \u{2192} {} ({}).", facts.arn.short(), key_state::label(facts)),
                facts.endangers_records(None),
            ),
        },
        Some(KeyLook::Missing) => (format!("KMS doesn't find {recorded} any more.{}", meant_then(then)), true),
        Some(KeyLook::Unseen(why)) => {
            let why = keys::unseen(why);
            (format!("Whether {recorded} is still usable couldn't be read: {why}.{}", meant_then(then)), true)
        }
        None => (format!("{recorded} isn't in a form that AWS accepts."), true),
    };
    Undo {
        change: change.id.clone(),
        actor: change.intent.actor.clone(),
        settled_at: change.evidence.settled_at.unwrap_or(change.intent.requested_at),
        words: now,
        is_warning,
    }
}

fn meant_then(then: Option<&Resolved>) -> String {
    then.map_or_else(String::new, |then| format!(" At the disable it pointed to {}.", then.arn))
}

/// Says why the form asks for another form of the key.
fn why_other_form(why: &OtherFormReason) -> String {
    let refused = |change: &Change| {
        let key = change.intent.key.as_ref().map_or("the key", |key| key.as_str());
        let aws = change.refused_for_its_key();
        aws.map_or_else(|| key.to_owned(), |aws| format!("{key} ({}, {})", aws.code, aws.at.date_and_clock()))
    };
    match why {
        OtherFormReason::Unnamed => {
            "AWS reports the stream as encrypted but names no key, and the call needs one. Enter the key.".to_owned()
        }
        OtherFormReason::Refused(changes) => format!(
            "AWS didn't accept {}. Enter another form of the same key.",
            changes.iter().map(refused).collect::<Vec<_>>().join(", nor ")
        ),
    }
}

/// Warns of other streams with the same name: `Another orders-prod exists in eu-central-1 (analytics). Check the
/// Region.`
pub fn namesakes(stream: &StreamId, others: &[Namesake]) -> Option<String> {
    let place = |other: &Namesake| match &other.target.name {
        Some(target) => format!("{} ({target})", other.id.region),
        None => format!("{} ({})", other.id.region, other.id.account),
    };
    let is_elsewhere = others.iter().all(|other| other.id.region != stream.region);
    let check = if is_elsewhere { "Check the Region." } else { "Check the account and the Region." };
    let name = &stream.name;
    match others {
        [] => None,
        [other] => Some(format!("Another {name} exists in {}. {check}", place(other))),
        others => {
            let shown = others.iter().take(3).map(place).collect::<Vec<_>>().join(", ");
            let more = others.len().checked_sub(3).filter(|more| *more > 0);
            let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
            Some(format!("{} other streams are called {name}: in {shown}{more}. {check}", others.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::tests::sent_change,
        inventory::TargetCard,
        keys::tests::{ARN as KEY, facts},
        time::Timestamp,
    };

    #[test]
    fn streams_of_the_same_name_are_warned_of() {
        let id = |account, region| StreamId::parse(account, region, "orders-prod").unwrap();
        let of = |account, region, name: Option<&str>| Namesake {
            id: id(account, region),
            target: TargetCard { name: name.map(ToOwned::to_owned), ..TargetCard::default() },
        };
        let here = id("111122223333", "eu-west-1");
        assert_eq!(namesakes(&here, &[]), None);
        assert_eq!(
            namesakes(&here, &[of("111122223333", "eu-central-1", Some("analytics"))]).unwrap(),
            "Another orders-prod exists in eu-central-1 (analytics). Check the Region."
        );
        let others = [of("111122223333", "eu-central-1", None), of("444455556666", "eu-west-1", Some("analytics"))];
        assert_eq!(
            namesakes(&here, &others).unwrap(),
            "2 other streams are called orders-prod: in eu-central-1 (111122223333), eu-west-1 (analytics). Check the \
             account and the Region."
        );
    }

    #[test]
    fn an_undo_says_what_has_become_of_the_key() {
        let then = Resolved { arn: KEY.replace("9012", "9013").parse().unwrap(), at: Timestamp::from_millis(0) };
        let mut change = sent_change();
        change.intent.resolved = Some(then);
        let undo = |change, state| undo_of(&plan::Undo { change, look: Some(KeyLook::Found(facts(state))) });
        let moved = undo(change, "Enabled");
        assert!(
            moved.is_warning && moved.words.contains("now points to another key: key/1234\u{2026}9012 (enabled)"),
            "{}",
            moved.words
        );
        let same = undo(sent_change(), "Enabled");
        assert!(!same.is_warning && same.words.ends_with("\u{2192} key/1234\u{2026}9012 (enabled)."), "{}", same.words);
        assert!(undo(sent_change(), "PendingImport").is_warning);
    }
}
