//! State as the JSON of the API.

mod accounts;
mod announcements;
mod emojis;
mod filters;
mod media;
mod moderation;
mod notifications;
mod people;
mod polls;
mod push;
mod scheduled;
mod statuses;
mod tags;

pub(crate) use accounts::{account, credential_account, muted_account, profile, relationship};
pub(crate) use announcements::announcement;
pub(crate) use emojis::{custom_emojis, is_custom_emoji};
pub(crate) use filters::{filter, filter_status, filter_v1, filtered, keyword};
pub(crate) use media::media;
pub(crate) use moderation::{admin_account, admin_report, report};
use notifications::did;
pub(crate) use notifications::{
    fallback, notification, partial_account, policy, policy_v1, request,
};
pub(crate) use people::{conversation, list, marker, suggestion};
pub(crate) use polls::poll;
pub(crate) use push::push;
pub(crate) use scheduled::scheduled;
pub(crate) use statuses::{content, deleted_status, status, version};
pub(crate) use tags::{featured_tag, tag};
