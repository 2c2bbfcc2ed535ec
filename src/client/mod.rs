//! The client, its builder, and its cache of server data.

mod address;
mod builder;
mod discovery;
#[cfg(feature = "streaming")]
mod extensions;
pub(crate) mod instance;
mod media_limits;
mod nodeinfo;
pub(crate) mod oauth_metadata;
mod request;
pub(crate) mod server_cache;
pub(crate) mod server_info;
mod transport_settings;

use std::fmt;
use std::sync::Arc;

use mastodon_types::SecretString;
use tokio::sync::OnceCell;

#[cfg(feature = "websocket")]
use self::extensions::Extensions;
use self::server_cache::ServerCache;
use crate::call::core::Core;
use crate::call::page::{Page, PageBody, StoredPage};
use crate::entities::AccountId;
use crate::error::Error;
use crate::facts::RateLimitBucket;
use crate::http::access_token::AccessToken;
use crate::http::rate_limit::RateLimitStatus;

#[cfg(feature = "streaming")]
pub(crate) use address::is_this_machine;
use address::may_send_token;
pub(crate) use address::{require_encryption, with_base_path_of, with_tls_of};
pub use builder::MastodonBuilder;
pub use media_limits::MediaLimits;

/// Client for one server and at most one access token.
///
/// Cheap to clone. Clones share connections, rate limits and cached server data.
/// [`builder`](Self::builder) creates one, [`with_token`](Self::with_token) one for another user.
///
/// ```
/// # async fn example() -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::Mastodon;
/// let mastodon = Mastodon::builder("mastodon.social").access_token("…").build()?;
/// let me = mastodon.account_verify_credentials().await?;
/// println!("{} has {} followers", me.acct, me.followers_count);
/// # Ok(())
/// # }
/// ```
///
/// # Methods by subject
///
/// All methods are below, by resource, in alphabetical order; those for administrators and those of other servers are
/// last. The most common ones:
///
/// | Subject | Methods |
/// | --- | --- |
/// | The user's own account | [`me`](Self::me), [`account_update_credentials`](Self::account_update_credentials), [`preferences`](Self::preferences) |
/// | Post | [`status_post`](Self::status_post), [`status_reply`](Self::status_reply), [`thread_post`](Self::thread_post), [`media_post`](Self::media_post), [`status_update`](Self::status_update), [`status_delete`](Self::status_delete) |
/// | React | [`status_favourite`](Self::status_favourite), [`status_reblog`](Self::status_reblog), [`status_bookmark`](Self::status_bookmark), [`poll_vote`](Self::poll_vote) |
/// | Read | [`timeline_home`](Self::timeline_home), [`timeline_hashtag`](Self::timeline_hashtag), [`status_context`](Self::status_context), [`status_find`](Self::status_find), [`search`](Self::search) |
/// | Accounts | [`account_find`](Self::account_find), [`account_statuses`](Self::account_statuses), [`account_follow`](Self::account_follow), [`account_followers`](Self::account_followers) |
/// | Notifications | [`notifications`](Self::notifications), [`stream_user_notifications`](Self::stream_user_notifications), [`push_subscription_set`](Self::push_subscription_set) |
/// | Streams | [`stream_user`](Self::stream_user), [`stream_hashtag`](Self::stream_hashtag), [`stream_public`](Self::stream_public) |
/// | Protect | [`account_block`](Self::account_block), [`account_mute`](Self::account_mute), [`domain_block`](Self::domain_block), [`create_filter_v2`](Self::create_filter_v2), [`report`](Self::report) |
/// | Log in | [`log_in_with_browser`](Self::log_in_with_browser), [`log_in_with_code`](Self::log_in_with_code), [`credentials`](Self::credentials) |
/// | The server | [`instance`](Self::instance), [`status_limits`](Self::status_limits), [`media_limits`](Self::media_limits) |
#[doc(alias("client", "connection", "session"))]
#[cfg_attr(
    not(feature = "streaming"),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the table links to methods behind the Cargo feature"
    )
)]
#[derive(Clone)]
pub struct Mastodon {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) core: Arc<Core>,
    pub(crate) server: Arc<ServerCache>,
    /// The user of the access token.
    pub(crate) user: OnceCell<AccountId>,
    #[cfg(feature = "websocket")]
    pub(crate) extensions: Extensions,
}

/// # Server, rate limits and language of the client
impl Mastodon {
    pub(crate) fn new(core: Core, server: Arc<ServerCache>) -> Self {
        Self {
            inner: Arc::new(Inner {
                core: Arc::new(core),
                server,
                user: OnceCell::new(),
                #[cfg(feature = "websocket")]
                extensions: Extensions::default(),
            }),
        }
    }

    /// Returns a client for the same server with another access token, such as that of another user. It has the same
    /// settings.
    ///
    /// The clients share connections, the TLS configuration and what is known of the server, so that many of them cost
    /// little. Each access token has its own rate limits, and each client its own streams.
    ///
    /// ```
    /// # async fn example(tokens: Vec<String>) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// let mastodon = Mastodon::builder("mastodon.social").build()?;
    /// for token in tokens {
    ///     let account = mastodon.with_token(token).account_verify_credentials().await?;
    ///     println!("{} has {} followers", account.acct, account.followers_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// This method does not fail. If the token would be sent unencrypted to another machine, each call of the client
    /// fails with [`Error::Configuration`], unless [`allow_plain_http`](MastodonBuilder::allow_plain_http) is set.
    pub fn with_token(&self, token: impl Into<SecretString>) -> Self {
        let core = self.core();
        let may_send_token = may_send_token(&core.base, &core.settings);
        let core = core.with_token(token.into(), may_send_token);
        Self::new(core, Arc::clone(&self.inner.server))
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.inner.core
    }

    /// Returns the URL of the server, such as `https://mastodon.social`.
    pub fn server(&self) -> &str {
        self.core().server_url()
    }

    /// Returns the last known status of a rate limit, or `None` if it is unknown or its window has ended.
    pub fn rate_limit_status(&self, bucket: RateLimitBucket) -> Option<RateLimitStatus> {
        self.core().limiter.status(bucket)
    }

    /// Sets the status of a rate limit, for example one that another process with the same access token
    /// stored.
    ///
    /// ```
    /// # fn example(mastodon: &mastodon_sdk::Mastodon) {
    /// use std::time::Duration;
    /// use mastodon_sdk::rate_limit::{RateLimitBucket, RateLimitStatus};
    ///
    /// let stored = RateLimitStatus::new(Some(300), 120, Duration::from_secs(90));
    /// mastodon.set_rate_limit_status(RateLimitBucket::General, stored);
    /// # }
    /// ```
    pub fn set_rate_limit_status(&self, bucket: RateLimitBucket, status: RateLimitStatus) {
        self.core().limiter.set_status(bucket, status);
    }

    /// Sets the language of the server's messages, such as those of errors, for this client and all its
    /// clones: a code such as `de`. With `None` the server uses the user's own language.
    pub fn set_language(&self, language: Option<String>) {
        self.core().set_language(language);
    }
}

impl<T, W: PageBody<Item = T>> StoredPage<T, W> {
    /// Converts the stored page to a [`Page`] that fetches the next and the previous page with this client.
    ///
    /// # Errors
    ///
    /// [`Error::StoredPage`] if the page is from another server than the client's, or from a list that
    /// this version of the SDK does not know.
    pub fn attach(self, client: &Mastodon) -> Result<Page<T, W>, Error> {
        self.attach_to(client.core())
    }
}

impl fmt::Debug for Mastodon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.core().token.as_ref();
        f.debug_struct("Mastodon")
            .field("server", &self.server())
            .field("access_token", &token.map(AccessToken::secret))
            .finish_non_exhaustive()
    }
}
