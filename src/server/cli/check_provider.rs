//! The part of `keystream check-config` about the company's identity provider: discovery, keys and the clock, and what
//! an ID token has to say.

use std::{io::Write, sync::Arc};

use crate::{
    model::time::{SECOND_MS, Timestamp},
    server::{
        adapters::{
            clock::Clock,
            oidc::{CALLBACK_PATH, Found, Provider, SKEW_MS},
        },
        config::Settings,
    },
};

/// By how much the provider's clock and ours may differ, in seconds.
const MOST_SKEW_S: i64 = SKEW_MS / SECOND_MS;
/// Where the provider sends logouts.
const LOGOUT_PATH: &str = "/auth/oidc/backchannel-logout";

/// Checks the provider, if one is configured. Returns whether nothing failed.
///
/// # Errors
/// When a file of the settings can't be read, or nothing can be written.
pub async fn check(settings: &Settings, clock: &Arc<dyn Clock>, mut output: impl Write) -> anyhow::Result<bool> {
    let Some(provider) = settings.oidc.provider()? else { return Ok(true) };
    let listening = &settings.listening;
    let origin = listening
        .public_url
        .as_ref()
        .map_or_else(|| format!("http://{}", listening.listen), |origin| origin.as_str().to_owned());
    writeln!(output, "provider {}: {} rules", provider.issuer, provider.rules.len())?;
    let claim = provider.groups_claim.clone();
    let provider = Provider::new(provider, &origin, clock.clone())?;
    let examined = provider.examine().await;
    let is_fine = match &examined {
        Ok(found) => tell(found, clock.now(), &mut output)?,
        Err(error) => {
            line(&mut output, "discovery", &format!("failed: {error}"))?;
            false
        }
    };
    line(&mut output, "redirect URI", &format!("{origin}{CALLBACK_PATH} must be registered at the provider, exactly"))?;
    line(&mut output, "sign-out URI", &format!("{origin}/sign-in must be registered too, where sign-outs lead back"))?;
    line(&mut output, "back-channel logout", &format!("{origin}{LOGOUT_PATH}, if the provider can reach it"))?;
    let claims = format!(
        "an ID token needs sub and {claim} (the groups), auth_time after a re-authentication, and one of \
         preferred_username and email as the user's name; sid lets a logout end one session"
    );
    line(&mut output, "claims", &claims)?;
    Ok(is_fine)
}

fn tell(found: &Found, now: Timestamp, output: &mut impl Write) -> anyhow::Result<bool> {
    line(output, "discovery", "ok")?;
    let has_keys = found.keys > 0;
    let keys = if has_keys { format!("ok: {}", found.keys) } else { "failed: the provider publishes none".to_owned() };
    line(output, "keys", &keys)?;
    let ahead_s = found.date.map(|date| date.millis_since(now) / SECOND_MS);
    let clock = match ahead_s {
        None => "not known: the provider's answer has no date".to_owned(),
        Some(s) if s.abs() <= MOST_SKEW_S => "ok".to_owned(),
        Some(s) => {
            let way = if s > 0 { "behind" } else { "ahead of" };
            format!(
                "failed: this machine's clock is {} s {way} the provider's; sign-ins fail beyond {MOST_SKEW_S} s",
                s.abs()
            )
        }
    };
    line(output, "clock", &clock)?;
    let said = |is_there: bool| if is_there { "announced" } else { "not announced by the provider" };
    line(output, "end of its session", said(found.has_end_session))?;
    line(output, "back-channel logout", said(found.has_backchannel_logout))?;
    Ok(has_keys && ahead_s.is_none_or(|s| s.abs() <= MOST_SKEW_S))
}

fn line(output: &mut impl Write, what: &str, said: &str) -> anyhow::Result<()> {
    Ok(writeln!(output, "  {what:<31}{said}")?)
}
