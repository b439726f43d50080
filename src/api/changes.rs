//! Server functions for changes: the confirmed form, and the forms on a change's page.

use leptos::prelude::*;

pub use crate::model::forms::Requested;
use crate::{
    error::AppError,
    model::{change::ChangeForm, forms::KeyRequest},
};

/// Submits a confirmed disable. Returns once it is recorded; AWS's response appears on the change's ladder.
#[server(endpoint = "disable")]
pub async fn disable(#[server(flatten)] form: ChangeForm) -> Result<Requested, AppError> {
    use crate::{model::change::Action, server::web::forms};
    forms::request(Action::Disable, form).await
}

/// Submits a confirmed enable. Returns once it is recorded; AWS's response appears on the change's ladder.
#[server(endpoint = "enable")]
pub async fn enable(#[server(flatten)] form: ChangeForm) -> Result<Requested, AppError> {
    use crate::{model::change::Action, server::web::forms};
    forms::request(Action::Enable, form).await
}

/// Leads back to the page of an enable, to choose among all keys, with everything typed. `use` is the key that was
/// chosen, if one was; otherwise `key-page` is the page of the list to show.
#[server(endpoint = "choose-key")]
pub async fn choose_key(#[server(flatten)] request: KeyRequest) -> Result<(), AppError> {
    use crate::server::web::forms;
    forms::choose_key(request.form, &request.chosen, &request.page).await
}

/// Cancels a change that is waiting for its stream. A change already sent is not affected.
#[server(endpoint = "cancel-change")]
pub async fn cancel_change(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let id = cx.id(id)?;
    cx.state.changes.requests.cancel(requester, id.clone()).await.map_err(|error| forms::refused(&cx, error))?;
    // The change was found, so the id is one we generated and is safe in a path.
    cx.see_other(&format!("/changes/{id}"));
    Ok(())
}

/// Closes a change that cannot be judged as not established, with a reason.
#[server(endpoint = "close-change")]
pub async fn close_change(#[server(default)] id: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let id = cx.id(id)?;
    let closed = cx.state.changes.requests.close(requester.clone(), id.clone(), reason.clone()).await;
    forms::answer_close(&cx, &requester, &id, reason, closed).await
}

/// Requests proof of a settled change by a marked record on each open shard. Every consumer receives it, so the user
/// must agree.
#[server(endpoint = "prove-by-write")]
pub async fn prove_by_write(#[server(default)] id: String, #[server(default)] agreed: String) -> Result<(), AppError> {
    use crate::{
        model::{
            access::identity::Permission,
            forms::{FormMistake, Outcome},
        },
        server::{
            services::changes::ProofKind,
            web::{context, forms},
        },
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let id = cx.id(id)?;
    forms::ask_before_proof(&cx, &requester, &id).await?;
    let asked = match agreed.as_str() {
        "yes" => cx.state.changes.proofs.ask(requester, id.clone(), ProofKind::Write).await,
        _ => Ok(Outcome::Mistake(FormMistake::RecordNotAgreed)),
    };
    forms::answer_on_change(&cx, &id, asked).await
}

/// Requests proof of a settled change by reading the records that other producers write.
#[server(endpoint = "prove-by-read")]
pub async fn prove_by_read(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::{
            services::changes::ProofKind,
            web::{context, forms},
        },
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let id = cx.id(id)?;
    let asked = cx.state.changes.proofs.ask(requester, id.clone(), ProofKind::Read).await;
    forms::answer_on_change(&cx, &id, asked).await
}

/// Records a producer's response that a user pasted, as that user's report.
#[server(endpoint = "report-proof")]
pub async fn report_proof(#[server(default)] id: String, #[server(default)] answer: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let id = cx.id(id)?;
    let reported = cx.state.changes.proofs.report(requester, id.clone(), answer).await;
    forms::answer_on_change(&cx, &id, reported).await
}
