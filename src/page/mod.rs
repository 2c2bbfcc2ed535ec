//! Pages of lists, and the way from one to the next.

mod neighbours;
mod stored;
mod streams;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::DeserializeOwned;

use crate::call::CallFuture;
use crate::decode;
use crate::error::Error;
use crate::params::Group;
use crate::request::Request;
use crate::transport::RawResponse;

pub use stored::StoredPage;
pub use streams::{Items, Pages};

use neighbours::neighbours;

/// What a page is read from: a list, or an object with the list inside.
pub trait PageBody: DeserializeOwned {
    /// The type of its items.
    type Item;

    /// The items.
    fn items(&self) -> &[Self::Item];

    /// The items, out of the object.
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

/// A page of a list. It is a slice of its items, and knows the way to its neighbours.
///
/// Where the server wraps the list in an object, `W` is that object: see [`Page::body`]. A page can
/// be stored with the way to its neighbours; [`StoredPage`] reads it back.
#[derive(Clone)]
pub struct Page<T, W = Vec<T>> {
    body: W,
    request: Request,
    next: Option<Group>,
    previous: Option<Group>,
    item: PhantomData<fn() -> T>,
}

impl<T, W: PageBody<Item = T>> Page<T, W> {
    pub(crate) fn read(response: &RawResponse, request: Request) -> Result<Self, Error> {
        let body: W = decode::read(request.endpoint, response)?;
        let (next, previous) = neighbours(response, &request, body.items().len());
        Ok(Self {
            body,
            request,
            next,
            previous,
            item: PhantomData,
        })
    }

    /// The whole answer.
    pub fn body(&self) -> &W {
        &self.body
    }

    /// The whole answer.
    pub fn into_body(self) -> W {
        self.body
    }

    /// The items.
    pub fn into_items(self) -> Vec<T> {
        self.body.into_items()
    }

    /// Whether the server says that there is a next page. It may turn out to be empty.
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Whether the server says that there is a previous page. It may turn out to be empty.
    pub fn has_previous(&self) -> bool {
        self.previous.is_some()
    }

    /// Fetches the next page; `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// As the first call, and [`Error::Paging`] where the server leads back to this page.
    pub async fn next(&self) -> Result<Option<Self>, Error> {
        self.follow(self.next.as_ref()).await
    }

    /// Fetches the previous page; `None` at the beginning of the list.
    ///
    /// # Errors
    ///
    /// As [`Page::next`].
    pub async fn previous(&self) -> Result<Option<Self>, Error> {
        self.follow(self.previous.as_ref()).await
    }

    async fn follow(&self, to: Option<&Group>) -> Result<Option<Self>, Error> {
        let Some(to) = to else { return Ok(None) };
        if *to == self.request.values {
            return Err(circle(&self.request));
        }
        CallFuture::new(self.request.at(to.clone())).await.map(Some)
    }

    /// The items of this page and of all that follow, fetched as they are wanted.
    pub fn items(self) -> Items<T, W> {
        let pages = self.pages();
        Items::from_first(self.body.into_items(), pages)
    }

    /// The pages that follow this one, fetched as they are wanted.
    pub fn pages(&self) -> Pages<T, W> {
        Pages::after(self)
    }

    /// The items of this page and of all that follow, all fetched now.
    ///
    /// # Errors
    ///
    /// When a page cannot be fetched; [`Page::items`] keeps what came before it.
    pub async fn remaining(self) -> Result<Vec<T>, Error> {
        self.remaining_up_to(usize::MAX).await
    }

    /// The items of this page and of those that follow, so many of them at the most. No more pages
    /// are fetched than that takes.
    ///
    /// # Errors
    ///
    /// As [`Page::remaining`].
    pub async fn remaining_up_to(self, most: usize) -> Result<Vec<T>, Error> {
        let mut all = Vec::with_capacity(self.len().min(most));
        let mut items = self.items();
        while all.len() < most
            && let Some(item) = items.try_next().await?
        {
            all.push(item);
        }
        Ok(all)
    }
}

fn circle(request: &Request) -> Error {
    Error::Paging {
        endpoint: request.endpoint.name,
        reason: "the server's link leads back to a page that was there already, so there is no way further; what came before is whole".to_owned(),
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
            .field("next", &self.next)
            .field("previous", &self.previous)
            .finish_non_exhaustive()
    }
}
