//! Finds an account by its handle or the URL of its profile.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use url::Url;

use super::address::{Handle, Profile, page_url, profile};
use super::{host, is_own, is_same_page, not_found, shown, within};
use crate::client::Mastodon;
use crate::entities::{Account, SearchType};
use crate::error::Error;

/// Name of the method in errors.
const NAME: &str = "account_find";

/// Maximum number of results of a search.
const MAX_RESULTS: u32 = 5;

/// A call of [`Mastodon::account_find`] with its options.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Clone)]
pub struct AccountFindCall {
    client: Mastodon,
    address: String,
    resolve: bool,
    deadline: Option<Duration>,
}

/// # Accounts and statuses by their addresses
impl Mastodon {
    /// Finds an account by what people know of it: its handle, or the URL of its profile.
    ///
    /// - `address`: `@alice` or `alice` for an account of this server; `@alice@example.org`, `alice@example.org` or
    ///   `acct:alice@example.org`; the URL of a profile on Mastodon or other software, such as
    ///   `https://example.org/@alice` or `https://example.org/users/alice`.
    ///
    /// An account that this server knows is found with [`account_lookup`](Self::account_lookup). The server fetches an
    /// unknown account from its own server, which requires the access token of a user.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let account = mastodon.account_find("@Gargron@mastodon.social").await?;
    /// mastodon.account_follow(&account).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such account, or if this client has no access token and the server does not
    /// know it; [`Error::IllegalArgument`] if the text is neither a handle nor a URL; and those of every call.
    #[doc(alias("handle", "webfinger", "resolve"))]
    pub fn account_find(&self, address: impl Into<String>) -> AccountFindCall {
        AccountFindCall {
            client: self.clone(),
            address: address.into(),
            resolve: true,
            deadline: self.core().settings.deadline,
        }
    }
}

impl AccountFindCall {
    lookup_options!("an account");

    async fn find(self) -> Result<Account, Error> {
        within(self.deadline, NAME, async {
            let text = self.address.trim();
            match page_url(text) {
                Some(url) => self.find_by_url(&url).await,
                None => self.find_by_handle(&self.parse_handle(text)?).await,
            }
        })
        .await
    }

    fn parse_handle(&self, text: &str) -> Result<Handle, Error> {
        Handle::parse(text).ok_or_else(|| {
            let reason = format!(
                "`{}` is neither a handle such as `@alice@example.org` nor the URL of a profile",
                shown(text)
            );
            Error::argument(NAME, "address", reason)
        })
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Account, Error> {
        let (known, has_lookup) = self.lookup(&handle.acct()).await?;
        if let Some(account) = known {
            return Ok(account);
        }
        // The search finds what the lookup finds, and fetches accounts of other servers.
        let may_search = match &handle.domain {
            Some(_) => self.resolve,
            None => !has_lookup,
        };
        if may_search && self.client.core().token.is_some() {
            let search = self.client.account_search(handle.acct());
            let found = search.resolve(self.resolve).limit(MAX_RESULTS).await?;
            let mut accounts = found.into_iter();
            if let Some(account) = accounts.find(|account| has_handle(account, handle)) {
                return Ok(account);
            }
        }
        let what = format!("the account `{}`", shown(&handle.acct()));
        Err(self.not_found(what, handle.domain.as_deref()))
    }

    async fn find_by_url(&self, url: &Url) -> Result<Account, Error> {
        let (own_host, is_own) = (host(url), is_own(url, &self.client));
        let profile = profile(url);
        let user = match &profile {
            Some(Profile::Id(id)) if is_own => {
                return match self.client.account(id.as_str()).await {
                    Err(error) if error.is_not_found() => {
                        Err(self.not_found(format!("the account `{}`", shown(url.as_str())), None))
                    }
                    result => result,
                };
            }
            Some(Profile::Handle(handle)) => Some(&handle.user),
            Some(Profile::Guess(user)) => Some(user),
            Some(Profile::Id(_)) | None => None,
        };
        let acct = match &profile {
            Some(Profile::Handle(handle)) if handle.domain.is_some() || is_own => {
                Some(handle.acct())
            }
            Some(Profile::Guess(user)) if is_own => Some(user.clone()),
            _ => user.map(|user| format!("{user}@{own_host}")),
        };
        let is_account = |account: &Account| is_page_of(url, account);
        if let Some(acct) = &acct {
            let is_certain = matches!(profile, Some(Profile::Handle(_)));
            let (known, _) = self.lookup(acct).await?;
            if let Some(account) = known.filter(|account| is_certain || is_account(account)) {
                return Ok(account);
            }
        }
        if self.resolve && self.client.core().token.is_some() {
            let search = self.client.search_v2(url.as_str());
            let found = search.kind(SearchType::Accounts).resolve(true).await?;
            let mut accounts = found.accounts;
            if let Some(index) = accounts.iter().position(is_account) {
                return Ok(accounts.swap_remove(index));
            }
            // The page may have redirected the server to another one.
            if let [account] = &*accounts
                && user.is_none_or(|user| account.username.eq_ignore_ascii_case(user))
            {
                return Ok(accounts.swap_remove(0));
            }
        }
        let what = format!("the account `{}`", shown(url.as_str()));
        Err(self.not_found(what, (!is_own).then_some(&*own_host)))
    }

    /// Returns the account if the server knows it, and whether the server has the endpoint.
    async fn lookup(&self, acct: &str) -> Result<(Option<Account>, bool), Error> {
        match self.client.account_lookup(acct).await {
            Ok(account) => Ok((Some(account), true)),
            Err(Error::Version { .. }) => Ok((None, false)),
            Err(error) if error.is_not_found() => Ok((None, true)),
            Err(error) => Err(error),
        }
    }

    fn not_found(&self, what: String, host: Option<&str>) -> Error {
        not_found(NAME, what, host, &self.client, self.resolve)
    }
}

/// Returns whether a search result is the account with this handle. The domain of a handle can differ from that of the
/// pages of its server.
fn has_handle(account: &Account, handle: &Handle) -> bool {
    let domain = account.acct.split_once('@').map(|(_, domain)| domain);
    let is_domain = |expected: &str| {
        let page = account.url.as_deref().and_then(|url| Url::parse(url).ok());
        let host = page.as_ref().and_then(Url::host_str);
        [domain, host]
            .into_iter()
            .flatten()
            .any(|known| known.eq_ignore_ascii_case(expected))
    };
    account.username.eq_ignore_ascii_case(&handle.user)
        && match &handle.domain {
            Some(expected) => is_domain(expected),
            None => domain.is_none(),
        }
}

/// Returns whether a URL is that of an account's profile.
fn is_page_of(url: &Url, account: &Account) -> bool {
    let page = account.url.as_deref();
    page.is_some_and(|page| is_same_page(url, page)) || is_same_page(url, &account.uri)
}

impl IntoFuture for AccountFindCall {
    type Output = Result<Account, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.find())
    }
}

impl fmt::Debug for AccountFindCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(NAME)
            .field("address", &shown(&self.address))
            .field("resolve", &self.resolve)
            .finish_non_exhaustive()
    }
}
