//! State as the JSON of the API.

mod accounts;
mod media;
mod moderation;
mod notifications;
mod people;
mod polls;
mod scheduled;
mod statuses;
mod tags;

pub(crate) use accounts::{account, credential_account, muted_account, profile, relationship};
pub(crate) use media::media;
pub(crate) use moderation::{admin_account, admin_report, report};
pub(crate) use notifications::{
    fallback, notification, partial_account, policy, policy_v1, request,
};
pub(crate) use people::{conversation, list, marker, suggestion};
pub(crate) use polls::poll;
pub(crate) use scheduled::scheduled;
pub(crate) use statuses::{content, deleted_status, status, version};
pub(crate) use tags::{featured_tag, tag};
