//! All settings.

use clap::Args;

use super::{
    audit_stream::AuditStream, checkpoints::Checkpoints, database::Database, fleet::Fleet, listening::Listening,
    metrics::Metrics, oidc::Oidc, proxies::Proxies, site::Site, tags::Tags,
};

/// All settings, by concern.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    #[command(flatten)]
    pub listening: Listening,
    #[command(flatten)]
    pub proxies: Proxies,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub fleet: Fleet,
    #[command(flatten)]
    pub metrics: Metrics,
    #[command(flatten)]
    pub site: Site,
    #[command(flatten)]
    pub checkpoints: Checkpoints,
    #[command(flatten)]
    pub audit_stream: AuditStream,
    #[command(flatten)]
    pub oidc: Oidc,
    #[command(flatten)]
    pub tags: Tags,
}
