//! Pages of lists, and requests for the next and previous page.

mod neighbors;
mod progress;
mod range;
mod stored;
mod streams;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::OnceLock;

use mastodon_types::Cursor;
use mastodon_types::json::{Decoded, RejectedItem};
use serde::de::DeserializeOwned;

use super::CallFuture;
use super::decode::decode_reporting;
use super::params::{Group, Value};
use super::request::Request;
use super::sealed::Converted;
use crate::error::Error;
use crate::http::RawResponse;

pub(crate) use range::ListRange;
pub use stored::StoredPage;
pub use streams::{Items, Pages};

use neighbors::{Links, Neighbors, newer_values};
use range::cursor;

/// Body of a page: a list, or an object that contains the list.
pub trait PageBody: DeserializeOwned {
    /// Type of the items.
    type Item;

    /// Returns the items.
    fn items(&self) -> &[Self::Item];

    /// Converts the body to its items.
    fn into_items(self) -> Vec<Self::Item>;
}

impl<T: DeserializeOwned> PageBody for Vec<T> {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }

    fn into_items(self) -> Vec<T> {
        self
    }
}

/// A page of a list. It dereferences to a slice of its items, and can fetch the next and the previous page.
///
/// [`items`](Self::items) of the page or of the call returns the items of all pages, and `newer_than` of the call those
/// that are new.
///
/// If the server wraps the list in an object, `W` is that object: see [`Page::body`]. A page can be
/// stored as JSON together with its cursors; [`StoredPage`](crate::call::StoredPage) loads it.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// let page = mastodon.timeline_home().limit(40).await?;
/// println!("{} statuses", page.len());
/// if let Some(older) = page.next().await? {
///     for status in &older {
///         println!("{}", status.account.acct);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias("pagination", "paginated list"))]
#[derive(Clone)]
pub struct Page<T, W = Vec<T>> {
    body: W,
    request: Request,
    links: Links,
    /// Parameters of the pages that the links lead to. Computed when they are needed: many lists are read to their first
    /// page only.
    neighbors: OnceLock<Neighbors>,
    rejected: Vec<RejectedItem>,
    item: PhantomData<fn() -> T>,
}

impl<T, W> Page<T, W> {
    fn neighbors(&self) -> &Neighbors {
        self.neighbors
            .get_or_init(|| self.links.neighbors(&self.request))
    }
}

impl<T, W: PageBody<Item = T>> Page<T, W> {
    pub(crate) fn decode(
        response: &RawResponse,
        request: Request,
    ) -> Result<Converted<Self>, Error> {
        let Decoded {
            value: body,
            problems,
            rejected,
            ..
        } = decode_reporting::<W>(&request, response)?;
        let sent = body.items().len() + rejected.len();
        let links = Links::new(&response.headers, sent);
        let neighbors = OnceLock::new();
        if request.is_oldest_first() {
            let Neighbors { next, previous } = links.neighbors(&request);
            let previous = newer_values(response, &request, previous.as_ref());
            neighbors.get_or_init(|| Neighbors { next, previous });
        }
        let page = Self {
            body,
            request,
            links,
            neighbors,
            rejected: rejected.clone(),
            item: PhantomData,
        };
        Ok(Converted {
            value: page,
            problems,
            rejected,
        })
    }

    /// Returns the items that cannot be read and that the page therefore lacks: with their positions, the reasons,
    /// and the JSON that the server sent.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let page = mastodon.timeline_home().await?;
    /// for item in page.rejected() {
    ///     eprintln!("status {} is missing: {}", item.position, item.problem);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn rejected(&self) -> &[RejectedItem] {
        &self.rejected
    }

    /// Returns the whole response body.
    pub fn body(&self) -> &W {
        &self.body
    }

    /// Converts the page to the whole response body.
    pub fn into_body(self) -> W {
        self.body
    }

    /// Converts the page to its items.
    pub fn into_items(self) -> Vec<T> {
        self.body.into_items()
    }

    /// Returns whether there is a next page, according to the `Link` header or the offset. It may be empty.
    #[doc(alias("get_pagination_info", "is last page"))]
    pub fn has_next(&self) -> bool {
        self.neighbors().next.is_some()
    }

    /// Returns whether there is a previous page, according to the `Link` header or the offset. It may be empty.
    #[doc(alias("get_pagination_info", "is first page"))]
    pub fn has_previous(&self) -> bool {
        self.neighbors().previous.is_some()
    }

    /// Returns the cursor of the newest item of this page, which `newer_than` of the same call accepts later. `None` if
    /// the server sends no link to the previous page, as for an empty page.
    ///
    /// In lists of statuses and notifications, the cursor is the ID of an item. In others, such as followers and blocks,
    /// it is a value that only the link contains.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let followers = mastodon.account_followers("23972").await?;
    /// let Some(newest) = followers.newest_cursor() else { return Ok(()) };
    /// // Later, perhaps after a restart:
    /// let mut new_followers = mastodon.account_followers("23972").newer_than(newest).items();
    /// while let Some(account) = new_followers.try_next().await? {
    ///     println!("{} follows", account.acct);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("get_pagination_info"))]
    pub fn newest_cursor(&self) -> Option<Cursor> {
        let previous = self.neighbors().previous.as_ref()?;
        let position = cursor(previous, "min_id").or_else(|| cursor(previous, "since_id"));
        position.map(Cursor::from)
    }

    /// Returns the cursor of the oldest item of this page, which `older_than` of the same call accepts later. `None` if
    /// the server sends no link to the next page.
    #[doc(alias("get_pagination_info"))]
    pub fn oldest_cursor(&self) -> Option<Cursor> {
        cursor(self.neighbors().next.as_ref()?, "max_id").map(Cursor::from)
    }

    /// Fetches the next page, with older items. Returns `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// The same as the first call, and [`Error::Paging`] if the server's link leads back to this page.
    #[doc(alias("fetch_next", "older"))]
    pub async fn next(&self) -> Result<Option<Self>, Error> {
        self.follow(self.neighbors().next.as_ref()).await
    }

    /// Fetches the previous page, with newer items. Returns `None` at the beginning of the list.
    ///
    /// # Errors
    ///
    /// The same as [`Page::next`].
    #[doc(alias("fetch_previous", "newer"))]
    pub async fn previous(&self) -> Result<Option<Self>, Error> {
        self.follow(self.neighbors().previous.as_ref()).await
    }

    /// Returns whether the page has as many items as a page of the list can have.
    fn is_full(&self) -> bool {
        let paging = self.request.endpoint.paging.as_ref();
        let limit = match self.request.values.get("limit") {
            Some(Value::Integer(limit)) => Some(*limit),
            _ => paging
                .and_then(|paging| paging.default_limit)
                .map(i64::from),
        };
        let items = self.body.items().len() + self.rejected.len();
        limit.is_none_or(|limit| i64::try_from(items).is_ok_and(|items| items >= limit))
            && items > 0
    }

    async fn follow(&self, to: Option<&Group>) -> Result<Option<Self>, Error> {
        let Some(to) = to else { return Ok(None) };
        if *to == self.request.values {
            return Err(cycle_error(&self.request));
        }
        CallFuture::new(self.request.following(to.clone()))
            .await
            .map(Some)
    }

    /// Returns a stream of the items of this page and of all following pages. Each page is fetched when it
    /// is needed. If the call was made with `newer_than`, the following pages are newer, and the oldest item is the
    /// first.
    #[doc(alias("pagination_iterator", "iterate"))]
    pub fn items(self) -> Items<T, W> {
        let pages = self.pages();
        Items::from_first(self.body.into_items(), pages)
    }

    /// Returns a stream of the following pages. Each page is fetched when it is needed. If the call was made with
    /// `newer_than`, the following pages are newer, otherwise older.
    #[doc(alias("pagination_page_iterator"))]
    pub fn pages(&self) -> Pages<T, W> {
        Pages::after(self)
    }

    /// Fetches all following pages and returns the items of this page and of all of them.
    ///
    /// # Errors
    ///
    /// If a page cannot be fetched. Use [`Page::items`] to keep the items before it.
    #[doc(alias("fetch_remaining", "all items"))]
    pub async fn remaining(self) -> Result<Vec<T>, Error> {
        self.remaining_up_to(usize::MAX).await
    }

    /// Returns at most `max` items of this page and of the following pages, which are fetched when they are
    /// needed.
    ///
    /// # Errors
    ///
    /// The same as [`Page::remaining`].
    pub async fn remaining_up_to(self, max: usize) -> Result<Vec<T>, Error> {
        let mut all = Vec::with_capacity(self.len().min(max));
        let mut items = self.items();
        while all.len() < max
            && let Some(item) = items.try_next().await?
        {
            all.push(item);
        }
        Ok(all)
    }
}

fn cycle_error(request: &Request) -> Error {
    Error::Paging {
        endpoint: request.name(),
        reason: "the server's link leads back to an earlier page, so the next page cannot be requested; the items so far are complete".to_owned(),
    }
}

impl<T, W: PageBody<Item = T>> Deref for Page<T, W> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.body.items()
    }
}

impl<T, W: PageBody<Item = T>> IntoIterator for Page<T, W> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_items().into_iter()
    }
}

impl<'a, T, W: PageBody<Item = T>> IntoIterator for &'a Page<T, W> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T, W: fmt::Debug> fmt::Debug for Page<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("body", &self.body)
            .field("next", &self.neighbors().next)
            .field("previous", &self.neighbors().previous)
            .finish_non_exhaustive()
    }
}
