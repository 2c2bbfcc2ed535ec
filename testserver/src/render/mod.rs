//! State as the JSON of the API.

mod accounts;
mod notifications;
mod statuses;

pub(crate) use accounts::{account, credential_account, relationship};
pub(crate) use notifications::notification;
pub(crate) use statuses::{media, poll, status};

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
