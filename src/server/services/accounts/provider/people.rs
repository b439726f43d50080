//! The people whom the provider names, as users.

use super::{
    failure::{Failure, NotAdmitted},
    sign_ins::ProviderSignIns,
};
use crate::{
    model::access::{
        actor::Actor,
        audit_action::AuditAction,
        provider::{GroupRule, NoRights, ProviderName, ProviderSubject, groups_in, rule_for, subject_in},
    },
    server::{
        adapters::{
            oidc::IdToken,
            store::{StoreError, Tx, User, provider_users, users},
        },
        services::{
            accounts::rights,
            audit::{self, AuditEvent},
        },
    },
};

/// A person whom a token names, and what the person's groups allow.
#[derive(Debug)]
pub(super) struct Person {
    pub subject: ProviderSubject,
    /// The name for a new user; `None` if no claim can be one.
    pub name: Option<ProviderName>,
    pub rule: GroupRule,
}

impl ProviderSignIns {
    /// Returns whom a token names.
    ///
    /// # Errors
    /// If it names nobody.
    pub(super) fn subject_of(&self, token: &IdToken) -> Result<ProviderSubject, NoRights> {
        let issuer = self.provider.settings().issuer.clone();
        Ok(ProviderSubject { issuer, subject: subject_in(&token.claims)? })
    }

    /// Returns the person whom a token names.
    ///
    /// # Errors
    /// If it names nobody, or none of the person's groups allows anything.
    pub(super) fn person(&self, token: &IdToken) -> Result<Person, Failure> {
        let settings = self.provider.settings();
        let subject = self.subject_of(token)?;
        let groups = groups_in(&token.claims, &settings.groups_claim);
        match groups.and_then(|groups| rule_for(&settings.rules, &groups).cloned()) {
            Ok(rule) => Ok(Person { name: ProviderName::of_claims(&token.claims), subject, rule }),
            Err(why) => Err(Failure::NoRights { why, of: Some(subject) }),
        }
    }

    /// Admits a person with the rights of the rule: adds the user if there is none yet, otherwise updates the rights.
    /// The name stays as it was at first, because the audit chain names users by it.
    ///
    /// # Errors
    /// If the user is disabled, the name is taken, or the database can't be written.
    pub(super) async fn admit(&self, person: Person, client: &Actor) -> Result<User, NotAdmitted> {
        let mut tx = self.store.write().await?;
        let user = match provider_users::find(&mut tx, &person.subject).await? {
            Some(user) if user.disabled_at.is_some() => return Err(NotAdmitted::Disabled),
            Some(user) => self.update(&mut tx, user, &person, client).await?,
            None => self.add(&mut tx, &person, client).await?,
        };
        tx.commit().await?;
        self.store.forget_sessions_of(&user.id);
        Ok(user)
    }

    async fn add(&self, tx: &mut Tx, person: &Person, client: &Actor) -> Result<User, NotAdmitted> {
        let first = person.name.as_ref().ok_or(NotAdmitted::NoName)?;
        let mut name = first.clone();
        if provider_users::is_name_taken(tx, &name).await? {
            name = name.with_subject(&person.subject.subject);
        }
        if provider_users::is_name_taken(tx, &name).await? {
            return Err(NotAdmitted::NameTaken(first.as_str().to_owned()));
        }
        let user = User::new_of_provider(&name, &person.subject, person.rule.role, person.rule.scope.clone());
        provider_users::insert(tx, &user, &name, self.clock.now()).await?;
        let event = self.event(AuditAction::UserAdded, &user, person, client);
        audit::append(tx, AuditEvent { after: rights(&user), ..event }).await?;
        Ok(user)
    }

    async fn update(&self, tx: &mut Tx, before: User, person: &Person, client: &Actor) -> Result<User, StoreError> {
        let after =
            User { role: person.rule.role, scope: person.rule.scope.clone(), rights_ended_at: None, ..before.clone() };
        let has_same = (after.role, &after.scope) == (before.role, &before.scope);
        if has_same && before.rights_ended_at.is_none() {
            return Ok(before);
        }
        users::set_rights(tx, &after.id, after.role, &after.scope).await?;
        let before = before.rights_ended_at.map_or_else(|| rights(&before), |_| "none".to_owned());
        let event = self.event(AuditAction::UserRightsSet, &after, person, client);
        audit::append(tx, AuditEvent { before, after: rights(&after), ..event }).await?;
        Ok(after)
    }

    fn event(&self, action: AuditAction, user: &User, person: &Person, client: &Actor) -> AuditEvent {
        let actor = Actor { name: user.name.clone(), ..client.clone() };
        let result = format!("by group {} of the provider", person.rule.group);
        AuditEvent { result, ..AuditEvent::by(&actor, self.clock.now(), action, &user.name) }
    }
}
