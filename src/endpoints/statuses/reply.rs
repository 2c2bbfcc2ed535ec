//! Replies: mentions everyone in the conversation except the user.

use crate::call::Call;
use crate::call::core::BoxFuture;
use crate::call::endpoints::ACCOUNT_VERIFY_CREDENTIALS;
use crate::call::request::{PrepareHook, Request};
use crate::client::Mastodon;
use crate::endpoints::methods::StatusPostCall;
use crate::entities::{AccountId, CredentialAccount, Status, StatusId, Visibility};
use crate::error::Error;

/// What a reply takes from the status that it replies to.
#[derive(Clone, Debug)]
pub(super) struct ReplyTarget {
    id: StatusId,
    pub(super) visibility: Visibility,
    pub(super) spoiler_text: String,
    /// The author, and the accounts that the status mentions.
    mentions: Vec<(AccountId, String)>,
}

impl ReplyTarget {
    /// For a boost, returns the boosted status.
    pub(super) fn new(status: &Status) -> Self {
        let to = status.reblog.as_deref().unwrap_or(status);
        let author = (&to.account.id, &to.account.acct);
        let mut mentions: Vec<(AccountId, String)> = Vec::new();
        let mentioned = to
            .mentions
            .iter()
            .map(|mention| (&mention.id, &mention.acct));
        for (id, acct) in std::iter::once(author).chain(mentioned) {
            if mentions.iter().all(|(known, _)| known != id) {
                mentions.push((id.clone(), acct.clone()));
            }
        }
        Self {
            id: to.id.clone(),
            visibility: to.visibility.clone(),
            spoiler_text: to.spoiler_text.clone(),
            mentions,
        }
    }

    /// Replies with the visibility, content warning and mentions of the status.
    pub(super) fn reply(&self, client: &Mastodon, text: String) -> StatusPostCall {
        let hook = ReplyMentions {
            client: client.clone(),
            mentions: self.mentions.clone(),
            text,
        };
        let mut post = client
            .status_post(hook.text(None))
            .in_reply_to_id(&self.id)
            .visibility(&self.visibility);
        // Before the limits are checked.
        post.0 = post.0.prepare_first_with(hook);
        if self.spoiler_text.is_empty() {
            post
        } else {
            post.spoiler_text(&self.spoiler_text)
        }
    }
}

/// Mentions before the text of a reply. As a hook, it removes that of the user.
struct ReplyMentions {
    client: Mastodon,
    mentions: Vec<(AccountId, String)>,
    text: String,
}

impl ReplyMentions {
    /// Returns the text with the mentions before it, without that of the user.
    fn text(&self, user: Option<&AccountId>) -> String {
        let others = self.mentions.iter().filter(|(id, _)| Some(id) != user);
        let mut text: String = others.map(|(_, acct)| format!("@{acct} ")).collect();
        text.push_str(&self.text);
        text
    }
}

impl PrepareHook for ReplyMentions {
    fn prepare<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            // Without the user's ID everyone is mentioned: an extra mention is better than no reply.
            if let Some(user) = self.client.user_id().await {
                let text = self.text(Some(user));
                request.set("status", text);
            }
            Ok(())
        })
    }
}

/// # Replies
impl Mastodon {
    /// Replies to a status with its visibility and content warning. Mentions its author and all accounts
    /// that it mentions, except the user. For a boost, replies to the boosted status.
    ///
    /// To mention fewer accounts, use [`Mastodon::status_post`] with
    /// [`in_reply_to_id`](StatusPostCall::in_reply_to_id).
    #[doc(alias("answer", "respond", "thread"))]
    pub fn status_reply(&self, status: &Status, text: impl Into<String>) -> StatusPostCall {
        ReplyTarget::new(status).reply(self, text.into())
    }

    /// Returns whether the user has replied to a status. A bot that was stopped after a reply, and does not know whether
    /// the server received it, uses this before it replies again.
    ///
    /// For a boost, checks the boosted status. On large threads, servers return some thousand replies at most.
    ///
    /// # Errors
    ///
    /// If the thread or the user cannot be fetched.
    pub async fn status_has_reply(&self, status: &Status) -> Result<bool, Error> {
        let status = status.reblog.as_deref().unwrap_or(status);
        let user = self.fetch_user_id().await?;
        let thread = self.status_context(&status.id).await?;
        let is_reply = |reply: &Status| {
            reply.account.id == *user && reply.in_reply_to_id.as_ref() == Some(&status.id)
        };
        Ok(thread.descendants.iter().any(is_reply))
    }

    /// Returns the ID of the access token's user, fetched once; `None` if it cannot be fetched.
    async fn user_id(&self) -> Option<&AccountId> {
        self.fetch_user_id().await.ok()
    }

    /// Returns the ID of the access token's user, fetched once.
    pub(super) async fn fetch_user_id(&self) -> Result<&AccountId, Error> {
        let fetch = async || {
            Call::<CredentialAccount>::new(self.core(), &ACCOUNT_VERIFY_CREDENTIALS)
                .without_version_check()
                .await
                .map(|account| account.id)
        };
        self.inner.user.get_or_try_init(fetch).await
    }
}
