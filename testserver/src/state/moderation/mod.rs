//! Moderation and administration: roles, moderated accounts, blocks and the review of trends.

mod accounts;
mod domains;
mod email_blocks;
mod ip_blocks;
mod ip_ranges;
mod notices;
mod roles;
mod trends;
mod warnings;

use std::collections::BTreeMap;

pub(crate) use accounts::AccountModeration;
pub(crate) use domains::{
    DomainAllow, DomainBlock, Severance, Severity, is_valid_domain, normalize_domain,
};
pub(crate) use email_blocks::{CanonicalEmailBlock, EmailDomainBlock, hex_sha256};
pub(crate) use ip_blocks::{IpBlock, IpSeverity};
pub(crate) use ip_ranges::IpRange;
pub(crate) use roles::{EVERYONE, Permission, Role, Roles};
pub(crate) use trends::{Publisher, TrendReviews};
pub(crate) use warnings::Warning;

use crate::ids::Id;

/// Records and settings of the staff. Reports are in the state itself.
#[derive(Debug, Default)]
pub(crate) struct Moderation {
    pub(crate) roles: Roles,
    pub(crate) warnings: BTreeMap<Id, Warning>,
    /// Preset texts for warnings.
    pub(crate) warning_presets: BTreeMap<Id, String>,
    pub(crate) domain_blocks: BTreeMap<Id, DomainBlock>,
    pub(crate) domain_allows: BTreeMap<Id, DomainAllow>,
    /// Relationships that domain blocks have ended.
    pub(crate) severances: BTreeMap<Id, Severance>,
    pub(crate) email_domain_blocks: BTreeMap<Id, EmailDomainBlock>,
    pub(crate) canonical_email_blocks: BTreeMap<Id, CanonicalEmailBlock>,
    pub(crate) trends: TrendReviews,
    pub(crate) ip_blocks: BTreeMap<Id, IpBlock>,
}
