//! Finds the status of this server for the URL of a status on any server.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use url::Url;

use super::address::{page_url, status_id};
use super::{host, is_own, is_same_page, not_found, shown, within};
use crate::client::Mastodon;
use crate::entities::{SearchType, Status};
use crate::error::Error;

/// Name of the method in errors.
const NAME: &str = "status_find";

/// A call of [`Mastodon::status_find`] with its options.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Clone)]
pub struct StatusFindCall {
    client: Mastodon,
    url: String,
    resolve: bool,
    deadline: Option<Duration>,
}

impl Mastodon {
    /// Finds a status by its URL on any server. The ID of the result is that on this server, so it can be favourited,
    /// boosted and replied to.
    ///
    /// A status whose URL is one of this server is fetched by its ID. The server finds or fetches the statuses of other
    /// servers, which requires the access token of a user.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let status = mastodon.status_find("https://mastodon.social/@Gargron/103270115826048975").await?;
    /// mastodon.status_favourite(&status).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such status, the user may not see it, or it is on another server and this
    /// client has no access token; [`Error::IllegalArgument`] if the text is not a URL; and those of every call.
    #[doc(alias("url", "resolve"))]
    pub fn status_find(&self, url: impl Into<String>) -> StatusFindCall {
        StatusFindCall {
            client: self.clone(),
            url: url.into(),
            resolve: true,
            deadline: self.core().settings.deadline,
        }
    }
}

impl StatusFindCall {
    lookup_options!("a status");

    async fn find(self) -> Result<Status, Error> {
        within(self.deadline, NAME, async {
            let url = page_url(&self.url).ok_or_else(|| {
                let reason = format!(
                    "`{}` is not the URL of a status, such as `https://mastodon.social/@Gargron/103270115826048975`",
                    shown(&self.url)
                );
                Error::argument(NAME, "url", reason)
            })?;
            self.find_by_url(&url).await
        })
        .await
    }

    async fn find_by_url(&self, url: &Url) -> Result<Status, Error> {
        let is_own = is_own(url, &self.client);
        if is_own && let Some(id) = status_id(url) {
            match self.client.status(id).await {
                Err(error) if error.is_not_found() => {}
                result => return result,
            }
        } else if self.client.core().token.is_some() {
            let search = self.client.search_v2(url.as_str());
            let search = search.kind(SearchType::Statuses).resolve(self.resolve);
            let mut statuses = search.await?.statuses;
            let is_status = |status: &Status| {
                let page = status.url.as_deref();
                is_same_page(url, &status.uri) || page.is_some_and(|page| is_same_page(url, page))
            };
            if let Some(index) = statuses.iter().position(is_status) {
                return Ok(statuses.swap_remove(index));
            }
            // The page may have redirected the server to another one.
            if statuses.len() == 1 {
                return Ok(statuses.swap_remove(0));
            }
        }
        let host = host(url);
        let what = format!("the status `{}`", shown(url.as_str()));
        let host = (!is_own).then_some(&*host);
        Err(not_found(NAME, what, host, &self.client, self.resolve))
    }
}

impl IntoFuture for StatusFindCall {
    type Output = Result<Status, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.find())
    }
}

impl fmt::Debug for StatusFindCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(NAME)
            .field("url", &shown(&self.url))
            .field("resolve", &self.resolve)
            .finish_non_exhaustive()
    }
}
