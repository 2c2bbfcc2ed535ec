//! What programs do so often that it has a name of its own.

use std::time::Duration;

use jiff::Timestamp;

use crate::call::{Call, OffsetCall};
use crate::client::Mastodon;
use crate::complete::Reply;
use crate::error::Error;
use crate::generated::endpoints::INSTANCE_NODEINFO_2_0;
use crate::generated::entities::{
    AsyncRefresh, AsyncRefreshStatus, CredentialAccount, Instance, NodeInfo, Status, Suggestion,
};
use crate::generated::methods::{
    AccountCreateCall, AdminAccountsV2Call, SearchV2Call, StatusPostCall, TimelinePublicCall,
};
use crate::response::{PendingRefresh, http_date, text};

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

    /// The user that the token stands for. See [`Mastodon::account_verify_credentials`].
    pub fn me(&self) -> Call<CredentialAccount> {
        self.account_verify_credentials()
    }

    /// Posts a status, or puts one into the schedule. See [`Mastodon::status_post`].
    pub fn toot(&self, text: impl Into<String>) -> StatusPostCall {
        self.status_post(text)
    }

    /// Lists the public statuses of this server alone. See [`Mastodon::timeline_public`].
    pub fn timeline_local(&self) -> TimelinePublicCall {
        self.timeline_public().local(true)
    }

    /// Registers an account; the client needs a program's token. What the server finds wrong with
    /// each field stands in [`ApiError::details`](crate::ApiError::details). See
    /// [`Mastodon::account_create`].
    pub fn create_account(
        &self,
        username: impl Into<String>,
        email: impl Into<String>,
        password: impl Into<String>,
        agreement: bool,
        locale: impl Into<String>,
    ) -> AccountCreateCall {
        self.account_create(username, email, password, agreement, locale)
    }

    /// Lists accounts for the server's staff. See [`Mastodon::admin_accounts_v2`].
    pub fn admin_accounts(&self) -> AdminAccountsV2Call {
        self.admin_accounts_v2()
    }

    /// What the server tells the federation of itself: its software, its protocols, how much it is
    /// used. The address of that is asked for first.
    ///
    /// # Errors
    ///
    /// When the server has no such description, or names one on another host.
    pub async fn instance_nodeinfo(&self) -> Result<NodeInfo, Error> {
        let index = self.instance_nodeinfo_index().unchecked().await?;
        // The newest form: the oldest ones write their protocols otherwise.
        let newest = index.links.iter().max_by_key(|link| &link.rel);
        let address = newest.map_or("", |link| link.href.as_str());
        crate::send::get(self, &INSTANCE_NODEINFO_2_0, address).await
    }

    /// Waits until the work that the server went on with is done, asking as often as it wants to be
    /// asked; the same call then gives more. Give up with a timeout around it.
    ///
    /// # Errors
    ///
    /// As [`Mastodon::get_async_refresh_status`].
    pub async fn await_async_refresh(
        &self,
        pending: &PendingRefresh,
    ) -> Result<AsyncRefresh, Error> {
        loop {
            tokio::time::sleep(pending.retry.max(Duration::from_secs(1))).await;
            let work = self.get_async_refresh_status(pending.id.as_str()).await?;
            if work.async_refresh.status != AsyncRefreshStatus::Running {
                return Ok(work.async_refresh);
            }
        }
    }

    /// The time on the server's clock, give or take a second and the way of the answer.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked, or does not tell the time.
    pub async fn get_approx_server_time(&self) -> Result<Timestamp, Error> {
        let (_, answer) = self.describe_itself().await?;
        let date = text(&answer.headers, "date").and_then(http_date);
        date.ok_or_else(|| Error::Config("the server does not tell the time".to_owned()))
    }

    /// Searches accounts, statuses and hashtags. See [`Mastodon::search_v2`].
    pub fn search(&self, q: impl Into<String>) -> SearchV2Call {
        self.search_v2(q)
    }
}
