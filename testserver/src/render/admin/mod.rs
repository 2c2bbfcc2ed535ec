//! Entities that only the staff sees.

mod accounts;
mod blocks;
mod reports;
mod roles;
mod trends;

pub(crate) use accounts::{about, admin_account};
pub(crate) use blocks::{
    canonical_email_block, domain_allow, domain_block, email_domain_block, ip_block,
    public_domain_block,
};
pub(crate) use reports::{admin_report, report};
pub(super) use roles::public_roles;
pub(crate) use roles::role;
pub(crate) use trends::{admin_link, admin_status, admin_tag, publisher, trending_link};
