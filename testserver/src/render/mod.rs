//! State as the JSON of the API.

mod accounts;
mod media;
mod notifications;
mod polls;
mod scheduled;
mod statuses;

pub(crate) use accounts::{account, credential_account, relationship};
pub(crate) use media::media;
pub(crate) use notifications::notification;
pub(crate) use polls::poll;
pub(crate) use scheduled::scheduled;
pub(crate) use statuses::{content, deleted_status, status, version};

use crate::text::escape;
