//! The text of a confirmation: the stream, what must be read before its encryption changes, and the details. Page and
//! dialog share it.

use leptos::prelude::*;

use super::{Age, LadderAhead, When};
use crate::{
    client::live::Live,
    model::{
        change::{Action, quota::A_DAY},
        inventory::TargetCard,
        stream::{StreamId, StreamReport, encryption::EncryptionReport},
        time::{Timestamp, span},
    },
    view::{
        action, needed_keys,
        pages::{Confirmation, EnableFacts, Plan, Quota},
        quota,
    },
};

/// The stream: production mark, target, account, Region.
#[component]
pub fn TargetLine(stream: StreamId, target: TargetCard) -> impl IntoView {
    let place = match target.name {
        Some(name) => format!("{name} ({}) \u{b7} {}", stream.account, stream.region),
        None => format!("{} \u{b7} {}", stream.account, stream.region),
    };
    view! {
        <p class="target-line">
            {target.is_production.then(|| view! { <span class="tag production">"Production"</span> " " }.into_any())}
            <span>{place}</span>
        </p>
    }
}

/// The text before the form: what must be read, in a few lines, then the details.
#[component]
pub fn ConfirmationText(confirmation: Confirmation, plan: Plan, is_busy: bool) -> impl IntoView {
    let Confirmation { action, stream, target, quota, key_words, key_warning, enable, .. } = confirmation;
    let report = plan.report.clone();
    let used = quota.count.is_warning().then(|| {
        format!(
            "{} of {A_DAY} {} of this stream in the last 24 hours are used.",
            quota::range(&quota.count),
            action::plural(action)
        )
    });
    let warnings = match action {
        Action::Disable => of_disable(&plan),
        Action::Enable => of_enable(&plan),
    };
    view! {
        <Identity stream target report key_words />
        {key_warning.map(|warning| view! { <p class="alert">{warning}</p> }.into_any())}
        {enable.map(|facts| view! { <Undoing facts /> }.into_any())}
        {is_busy.then(|| view! {
            <p class="alert">"The stream is UPDATING (not started by Keystream). This change will be sent once it's \
                ACTIVE, if nothing else has changed. You can cancel it until then."</p>
        }.into_any())}
        {warnings.into_iter().map(|warning| view! { <p class="alert">{warning}</p> }.into_any()).collect_view()}
        <p>{no_way_back(action)}</p>
        {used.map(|used| view! { <p class="alert">{used}</p> }.into_any())}
        <Details action plan quota />
    }
}

/// Says what a disable does to records.
fn of_disable(plan: &Plan) -> Vec<AnyView> {
    let key = plan.key.as_ref().map_or_else(|| "the key".to_owned(), ToString::to_string);
    vec![
        view! { "New records will be stored " <strong>"unencrypted"</strong> ". Reads and writes continue." }
            .into_any(),
        view! {
            <strong>{format!("Keep {key} until at least {}.", until(plan))}</strong>
            " Plan for records already stored to still need it."
        }
        .into_any(),
    ]
}

/// Says what an enable does to the records of a stream that is already encrypted.
fn of_enable(plan: &Plan) -> Vec<AnyView> {
    let EncryptionReport::Encrypted(former) = &plan.report.encryption else { return Vec::new() };
    let former = former.as_ref().map_or_else(|| "the current key".to_owned(), ToString::to_string);
    let keep = format!("Keep {former} until at least {}.", until(plan));
    vec![view! { <strong>{keep}</strong> " Plan for records already stored to still need it." }.into_any()]
}

const fn no_way_back(action: Action) -> &'static str {
    match action {
        Action::Disable => "You can't cancel this once it's sent. You can re-enable encryption later.",
        Action::Enable => "You can't cancel this once it's sent.",
    }
}

/// Says until when the key in use would be needed.
fn until(plan: &Plan) -> String {
    // Only a stream that was never read has no date, and a plan starts with a read.
    plan.key_needed_until.map_or_else(|| "its last record has left".to_owned(), Timestamp::day_and_minute)
}

/// The details, which needn't be read before every change.
#[component]
fn Details(action: Action, plan: Plan, quota: Quota) -> impl IntoView {
    let count = format!(
        "{} in 24 hours: {} ({}). AWS's API text doesn't say whether its limit is per stream. Keystream counts per \
        stream; AWS decides.",
        match action {
            Action::Disable => "Disables of this stream",
            Action::Enable => "Enables of this stream",
        },
        quota::sentence(&quota.count),
        quota.trail
    );
    let report = plan.report.clone();
    let arn = format!("{} \u{b7} created {}", report.arn, report.created.date());
    let gap = plan.keys_known_since.map(needed_keys::gap);
    let command = plan.command.clone();
    let of_action = match action {
        Action::Disable => view! { <OfDisable plan /> }.into_any(),
        Action::Enable => view! { <OfEnable plan /> }.into_any(),
    };
    view! {
        <details class="consequences">
            <summary>"Details and API call"</summary>
            <LadderAhead />
            <ul>
                {of_action}
                {gap.map(|gap| view! { <li>{gap}</li> }.into_any())}
                <li>"Copies outside this stream keep their own encryption."</li>
                <li><Consumers report /></li>
                <li>{count}</li>
            </ul>
            <p class="mono arn">{arn}</p>
            <p class="call">"The call that will be sent: "<code>{command}</code></p>
        </details>
    }
}

#[component]
fn OfDisable(plan: Plan) -> impl IntoView {
    let retention = plan.report.retention_hours;
    let key = plan.key.map_or_else(|| "the key".to_owned(), |key| key.to_string());
    view! {
        <li>"Keystream sends one StopStreamEncryption. AWS sets the stream to UPDATING, then to ACTIVE, usually within \
            seconds but sometimes minutes. Until then, AWS may refuse resharding and other changes of this stream."</li>
        <li>"For up to 5 s after ACTIVE, new records may still be encrypted."</li>
        <li>{format!("AWS describes no change to stored records, so Keystream assumes they stay encrypted for the \
            stream's retention ({retention} h). Don't disable or delete the key earlier.")}</li>
        <li>"Security Hub Kinesis.1 and Config kinesis-stream-encrypted will report this stream where they are on."</li>
        <li>{format!("Going back is a separate change with {key}. Records written in between stay unencrypted, and \
            writers without kms:GenerateDataKey on that key will fail again.")}</li>
    }
}

#[component]
fn OfEnable(plan: Plan) -> impl IntoView {
    let records = match &plan.report.encryption {
        EncryptionReport::Encrypted(former) => {
            let former = former.as_ref().map_or_else(|| "the current key".to_owned(), ToString::to_string);
            format!(
                "This replaces {former} without a moment in which records are stored unencrypted. AWS describes no \
                change to stored records, so Keystream assumes they stay encrypted with {former}."
            )
        }
        _ => "For up to 5 s after ACTIVE, new records may still be stored unencrypted. Records already stored stay \
            unencrypted until they leave the stream."
            .to_owned(),
    };
    view! {
        <li>"Keystream sends one StartStreamEncryption. AWS sets the stream to UPDATING, then to ACTIVE, usually \
            within seconds but sometimes minutes. Until then, AWS may refuse resharding and other changes of this \
            stream."</li>
        <li>{records}</li>
        <li>"Writers and readers in other accounts also need access in the key policy."</li>
    }
}

#[component]
fn Consumers(report: StreamReport) -> impl IntoView {
    let consumers = report.consumers.map_or_else(|| "an unknown number of".to_owned(), |count| count.to_string());
    format!(
        "AWS reports {consumers} registered consumers (enhanced fan-out). Keystream didn't check for other readers or \
        for writers."
    )
}

/// What an enable would undo, since when new records have been stored unencrypted, and the key that is filled in.
#[component]
fn Undoing(facts: EnableFacts) -> impl IntoView {
    let live = expect_context::<Live>();
    let EnableFacts { key_words, is_key_bad, undo, unencrypted_since, .. } = facts;
    let since = unencrypted_since.map(|since| {
        let age = move || format!(" ({}). These records stay unencrypted.", span(live.now.get().millis_since(since)));
        view! {
            <p class="unencrypted-for">"New records have been stored unencrypted since " <When at=since /> {age}</p>
        }
        .into_any()
    });
    let undo = undo.map(|undo| {
        let class = if undo.is_warning { "alert" } else { "undoing" };
        let href = format!("/changes/{}", undo.change);
        view! {
            <p class=class>
                "Undoes " <a href=href>{format!("{}'s disable", undo.actor)}</a>
                ", settled " <When at=undo.settled_at /> ". " {undo.words}
            </p>
        }
        .into_any()
    });
    let class = if is_key_bad { "alert" } else { "hint" };
    let key = (!key_words.is_empty()).then(|| view! { <p class=class>{key_words}</p> }.into_any());
    view! { {undo} {since} {key} }
}

/// The stream as AWS has just reported it.
#[component]
fn Identity(stream: StreamId, target: TargetCard, report: StreamReport, key_words: String) -> impl IntoView {
    let state = match &report.encryption {
        EncryptionReport::Encrypted(Some(_)) => "encrypted with ",
        EncryptionReport::Encrypted(None) => "encrypted, key not stated",
        EncryptionReport::NotEncrypted => "not encrypted",
        EncryptionReport::Unstated(_) => "encryption not stated",
    };
    let key = report.key().map(|key| view! { <code>{key.to_string()}</code> }.into_any());
    view! {
        <div class="identity">
            <TargetLine stream target />
            <p>
                {format!("{}, {state}", report.status)} {key} ". " {key_words} " Read from AWS "
                <Age at=Some(report.read_at) of=StreamId::from(&report.arn) /> ", " <When at=report.read_at /> "."
            </p>
        </div>
    }
}
