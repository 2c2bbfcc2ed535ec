//! Short names for common calls, and methods that combine calls.

use jiff::Timestamp;

use super::methods::{
    AccountCreateCall, AccountVerifyCredentialsCall, AdminAccountsV2Call, SearchV2Call,
    StatusPostCall, SuggestionsV2Call, TimelinePublicCall,
};
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::headers::{header_str, http_date};

/// # Shortcuts
impl Mastodon {
    /// Returns accounts that the user may want to follow. See [`Mastodon::suggestions_v2`].
    pub fn suggestions(&self) -> SuggestionsV2Call {
        self.suggestions_v2()
    }

    /// Returns the account of the access token's user. See [`Mastodon::account_verify_credentials`].
    #[doc(alias("whoami", "current user"))]
    pub fn me(&self) -> AccountVerifyCredentialsCall {
        self.account_verify_credentials()
    }

    /// Publishes a status. See [`Mastodon::status_post`].
    #[doc(alias("tweet", "publish"))]
    pub fn toot(&self, text: impl Into<String>) -> StatusPostCall {
        self.status_post(text)
    }

    /// Returns the public statuses of this server's users. See [`Mastodon::timeline_public`].
    pub fn timeline_local(&self) -> TimelinePublicCall {
        self.timeline_public().local(true)
    }

    /// Registers an account. The client needs an application's access token.
    /// [`ApiError::details`](crate::error::ApiError::details) contains the validation errors by field. See
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

    /// Returns accounts for moderators and administrators. See [`Mastodon::admin_accounts_v2`].
    pub fn admin_accounts(&self) -> AdminAccountsV2Call {
        self.admin_accounts_v2()
    }

    /// Returns the time of the server's clock, from the `Date` header. Accurate to about one second plus the
    /// duration of the request.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, and [`Error::NotProvided`] if its responses have no date.
    pub async fn get_approx_server_time(&self) -> Result<Timestamp, Error> {
        let (response, request) = self.fetch_instance().await?;
        let date = header_str(&response.headers, "date").and_then(http_date);
        date.ok_or(Error::NotProvided {
            endpoint: request.endpoint.name.into(),
            what: "a valid `Date` header",
        })
    }

    /// Searches for accounts, statuses and hashtags. See [`Mastodon::search_v2`].
    #[doc(alias("find"))]
    pub fn search(&self, q: impl Into<String>) -> SearchV2Call {
        self.search_v2(q)
    }
}
