//! What programs do so often that it has a name of its own.

use crate::client::Mastodon;
use crate::complete::Reply;
use crate::generated::entities::{Instance, Status, Suggestion};
use crate::generated::methods::{SearchV2Call, StatusPostCall};
use crate::request::{Call, OffsetCall};

/// # Shortcuts
impl Mastodon {
    /// Answers a status: mentions its author and all whom it mentions but the user, with its
    /// visibility and its content warning.
    ///
    /// To mention fewer, use [`Mastodon::status_post`] with
    /// [`in_reply_to_id`](StatusPostCall::in_reply_to_id).
    pub fn status_reply(&self, status: &Status, text: impl Into<String>) -> StatusPostCall {
        let status = status.reblog.as_deref().unwrap_or(status);
        let reply = Reply::new(status, text.into());
        let post = self
            .status_post(reply.text(None))
            .in_reply_to_id(&status.id)
            .visibility(&status.visibility)
            .replying(reply);
        if status.spoiler_text.is_empty() {
            post
        } else {
            post.spoiler_text(&status.spoiler_text)
        }
    }

    /// The server: its name, rules, limits and contact. See [`Mastodon::instance_v2`].
    pub fn instance(&self) -> Call<Instance> {
        self.instance_v2()
    }

    /// Accounts that the user may like to follow. See [`Mastodon::suggestions_v2`].
    pub fn suggestions(&self) -> OffsetCall<Suggestion> {
        self.suggestions_v2()
    }

    /// Searches accounts, statuses and hashtags. See [`Mastodon::search_v2`].
    pub fn search(&self, q: impl Into<String>) -> SearchV2Call {
        self.search_v2(q)
    }
}
