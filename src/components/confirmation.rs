//! The text of a confirmation: the stream, what must be read before its encryption changes, and the details. Page and
//! dialog share it.

use leptos::{either::Either, prelude::*};

use super::{Age, Elapsed, LadderAhead, Viewer, When, shortened};
use crate::{
    model::{
        change::{Action, quota::A_DAY},
        inventory::TargetCard,
        stream::{StreamId, StreamReport, encryption::EncryptionReport},
        time::Timestamp,
    },
    view::{
        action, command_line, needed_keys,
        pages::{Confirmation, EnableFacts, Plan, Quota},
        quota,
    },
};

/// The stream: marks of its target, target, account, Region.
#[component]
pub fn TargetLine(stream: StreamId, target: TargetCard) -> impl IntoView {
    let account = match target.name {
        Some(name) => format!("{name} ({}) \u{b7} ", stream.account),
        None => format!("{} \u{b7} ", stream.account),
    };
    view! {
        <p class="target-line">
            {target.is_production.then(|| view! { <span class="tag production">"Production"</span> " " })}
            {target.is_read_only.then(|| view! { <span class="tag">"Read-only"</span> " " })}
            <span>{account} <span class="whole">{stream.region.to_string()}</span></span>
        </p>
    }
}

/// The text before the form: what must be read, in a few lines.
#[component]
pub fn ConfirmationText(confirmation: Confirmation, plan: Plan, is_busy: bool) -> impl IntoView {
    let Confirmation { action, stream, target, quota, key_words, key_warning, enable, namesakes, manager, .. } =
        confirmation;
    let used = quota.count.is_warning().then(|| {
        format!(
            "{} of {A_DAY} {} of this stream in the last 24 hours are used.",
            quota::range(&quota.count),
            action::plural(action)
        )
    });
    let warnings = match action {
        Action::Disable => Either::Left(view! { <DisableWarnings plan=plan.clone() /> }),
        Action::Enable => Either::Right(view! { <EnableWarnings plan=plan.clone() /> }),
    };
    view! {
        <div class="must-read">
            <Identity stream target namesakes report=plan.report key_words />
            {key_warning.map(|warning| view! { <p class="warning">{warning}</p> })}
            {enable.map(|facts| view! { <Undoing facts /> })}
            {is_busy.then(|| view! {
                <p class="warning">"The stream is UPDATING (not started by Keystream). This change will be sent once \
                    it's ACTIVE, if nothing else has changed. You can cancel it until then."</p>
            })}
            {warnings}
            <p>{no_way_back(action)}</p>
            {manager.map(|words| view! { <p class="warning">{words}</p> })}
            {used.map(|used| view! { <p class="warning">{used}</p> })}
        </div>
    }
}

/// Says what a disable does to records.
#[component]
fn DisableWarnings(plan: Plan) -> impl IntoView {
    let key = key_in_use(&plan).unwrap_or_else(|| "the key".to_owned());
    view! {
        <p class="warning">
            "New records will be stored " <strong>"unencrypted"</strong> ". Reads and writes continue."
        </p>
        <p class="warning">
            <strong>{format!("Keep {key} until at least {}.", until(&plan))}</strong>
            " Plan for records already stored to still need it."
        </p>
    }
}

/// Says what an enable does to the records of a stream that is already encrypted.
#[component]
fn EnableWarnings(plan: Plan) -> impl IntoView {
    if !matches!(plan.report.encryption, EncryptionReport::Encrypted(_)) {
        return None;
    }
    let former = key_in_use(&plan).unwrap_or_else(|| "the current key".to_owned());
    let keep = format!("Keep {former} until at least {}.", until(&plan));
    Some(view! {
        <p class="warning"><strong>{keep}</strong> " Plan for records already stored to still need it."</p>
    })
}

/// Names the key in use. Records need the key itself, while the name that AWS reports may move to another one.
fn key_in_use(plan: &Plan) -> Option<String> {
    let name = shortened(plan.key.as_ref()?.as_str());
    let key = plan.present_key.as_ref().map(|arn| shortened(&arn.to_string()));
    Some(match key {
        Some(key) if key != name => format!("{key} ({name})"),
        _ => name,
    })
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
pub fn ConfirmationDetails(action: Action, plan: Plan, quota: Quota, owner: Option<String>) -> impl IntoView {
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
    let (command, command_key) = (plan.command.clone(), plan.command_key.clone());
    let of_action = match action {
        Action::Disable => Either::Left(view! { <OfDisable plan /> }),
        Action::Enable => Either::Right(view! { <OfEnable plan /> }),
    };
    view! {
        <details class="consequences">
            <summary>"Details and API call"</summary>
            <LadderAhead />
            <ul>
                {of_action}
                {gap.map(|gap| view! { <li>{gap}</li> })}
                <li>"Copies outside this stream keep their own encryption."</li>
                <li><Consumers report /></li>
                {owner.map(|owner| view! { <li>{owner}</li> })}
                <li>{count}</li>
            </ul>
            <p class="mono arn">{arn}</p>
            <p class="call">"The call that will be sent: "<Call action command command_key /></p>
        </details>
    }
}

/// The call as a command. The island keeps the key of an enable as it is in its field.
#[component]
fn Call(action: Action, command: String, command_key: String) -> impl IntoView {
    match action {
        Action::Disable => Either::Left(view! { <code>{format!("{command}{command_key}")}</code> }),
        Action::Enable => Either::Right(view! {
            <code>
                {command}
                <span data-chosen-key="" data-placeholder=command_line::KEY_PLACEHOLDER>{command_key}</span>
            </code>
        }),
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
        <li>"Security Hub Kinesis.1 and Config kinesis-stream-encrypted will report this stream where enabled."</li>
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
                "This replaces {former}; at no point are records stored unencrypted. AWS describes no \
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
    let now = Viewer::current().now;
    let EnableFacts { undo, unencrypted_since, .. } = facts;
    let since = unencrypted_since.map(|since| {
        view! {
            <p class="unencrypted-for">
                "New records have been stored unencrypted since " <When at=since /> " (" <Elapsed since now />
                "). These records stay unencrypted."
            </p>
        }
    });
    let undo = undo.map(|undo| {
        let class = if undo.is_warning { "warning" } else { "undoing" };
        let href = format!("/changes/{}", undo.change);
        view! {
            <p class=class>
                "Undoes " <a href=href>{format!("{}'s disable", undo.actor)}</a>
                ", settled " <When at=undo.settled_at /> ". " {undo.words}
            </p>
        }
    });
    view! { {undo} {since} }
}

/// The stream as AWS has just reported it. Account and Region are as prominent as its name, which is the heading.
#[component]
fn Identity(
    stream: StreamId,
    target: TargetCard,
    namesakes: Option<String>,
    report: StreamReport,
    key_words: String,
) -> impl IntoView {
    let state = match &report.encryption {
        EncryptionReport::Encrypted(Some(_)) => "encrypted with ",
        EncryptionReport::Encrypted(None) => "encrypted, key not stated",
        EncryptionReport::NotEncrypted => "not encrypted",
        EncryptionReport::Unstated(_) => "encryption not stated",
    };
    let key = report.key().map(|key| view! { <code title=key.to_string()>{shortened(key.as_str())}</code> });
    let viewer = Viewer::current();
    let stale_after = viewer.stale_after(&stream);
    view! {
        <div class="identity">
            <TargetLine stream target />
            {namesakes.map(|words| view! { <p class="warning namesakes">{words}</p> })}
            <p>
                {format!("{}, {state}", report.status)} {key} ". " {key_words} " Read from AWS "
                <Age at=Some(report.read_at) now=viewer.now stale_after before_clock=true />
                {format!(", {}.", report.read_at.clock_seconds())}
            </p>
        </div>
    }
}
