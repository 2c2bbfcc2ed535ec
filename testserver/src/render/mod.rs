//! State as the JSON of the API.

mod accounts;
mod media;
mod notifications;
mod people;
mod polls;
mod scheduled;
mod statuses;
mod tags;

pub(crate) use accounts::{account, credential_account, muted_account, profile, relationship};
pub(crate) use media::media;
pub(crate) use notifications::notification;
pub(crate) use people::{conversation, list, marker, suggestion};
pub(crate) use polls::poll;
pub(crate) use scheduled::scheduled;
pub(crate) use statuses::{content, deleted_status, status, version};
pub(crate) use tags::{featured_tag, tag};
