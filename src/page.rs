//! Pages of lists, and the way from one to the next.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;
use url::{Url, form_urlencoded};

use crate::decode;
use crate::endpoint::Style;
use crate::error::Error;
use crate::params::Value;
use crate::request::{PageFuture, Request, Sending};
use crate::transport::RawResponse;

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
/// Where the server wraps the list in an object, `W` is that object: see [`Page::body`].
#[derive(Clone)]
pub struct Page<T, W = Vec<T>> {
    body: W,
    next: Option<Request>,
    previous: Option<Request>,
    item: PhantomData<fn() -> T>,
}

impl<T, W: PageBody<Item = T>> Page<T, W> {
    pub(crate) fn read(response: &RawResponse, request: &Request) -> Result<Self, Error> {
        let body: W = decode::read(request.endpoint, response)?;
        let (next, previous) = neighbours(response, request, body.items().len());
        Ok(Self {
            body,
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
    /// As the first call.
    pub async fn next(&self) -> Result<Option<Self>, Error> {
        follow(self.next.clone()).await
    }

    /// Fetches the previous page; `None` at the beginning of the list.
    ///
    /// # Errors
    ///
    /// As the first call.
    pub async fn previous(&self) -> Result<Option<Self>, Error> {
        follow(self.previous.clone()).await
    }

    /// The items of this page and of all that follow, fetched as they are wanted.
    pub fn items(self) -> Items<T, W> {
        Items {
            pages: Pages::from_next(self.next),
            ready: self.body.into_items().into(),
        }
    }

    /// The pages that follow this one, fetched as they are wanted.
    pub fn pages(&self) -> Pages<T, W> {
        Pages::from_next(self.next.clone())
    }

    /// The items of this page and of all that follow, all fetched now.
    ///
    /// # Errors
    ///
    /// When a page cannot be fetched; [`Page::items`] keeps what came before it.
    pub async fn remaining(self) -> Result<Vec<T>, Error> {
        let mut items = self.items();
        let mut all = Vec::with_capacity(items.ready.len());
        while let Some(item) = items.try_next().await? {
            all.push(item);
        }
        Ok(all)
    }
}

async fn follow<T, W: PageBody<Item = T>>(
    request: Option<Request>,
) -> Result<Option<Page<T, W>>, Error> {
    match request {
        Some(request) => PageFuture::new(request).await.map(Some),
        None => Ok(None),
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
            .finish_non_exhaustive()
    }
}

/// The requests for the pages beside this one.
fn neighbours(
    response: &RawResponse,
    request: &Request,
    items: usize,
) -> (Option<Request>, Option<Request>) {
    let links: Vec<(String, Vec<(String, String)>)> = response
        .headers
        .get_all("link")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(links)
        .collect();
    let by_link = |rel: &str| {
        let (_, query) = links.iter().find(|(found, _)| found == rel)?;
        moved(request, query)
    };
    let paging = request.endpoint.paging.as_ref();
    // Where the server sends links, none means the end.
    let counted = paging.is_some_and(|paging| paging.style == Style::Offset && !paging.link);
    if links.is_empty() && counted && items > 0 {
        let number = |name: &str| match request.values.get(name) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        };
        let offset = number("offset").unwrap_or(0);
        let mut next = request.clone();
        next.values
            .set("offset", offset + i64::try_from(items).unwrap_or(i64::MAX));
        let step = number("limit")
            .or(paging
                .and_then(|paging| paging.default_limit)
                .map(i64::from))
            .unwrap_or(0);
        let previous = (offset > 0).then(|| {
            let mut previous = request.clone();
            previous.values.set("offset", (offset - step).max(0));
            previous
        });
        return (Some(next), previous);
    }
    (by_link("next"), by_link("prev"))
}

/// The names by which a list is paged, wherever they come from.
const POSITIONS: [&str; 4] = ["max_id", "since_id", "min_id", "offset"];

/// The request at another position: the filters stay the caller's own, because servers lose some of
/// them in the link; `None` if it would be the same request again.
fn moved(request: &Request, query: &[(String, String)]) -> Option<Request> {
    let mut moved = request.clone();
    moved.values.retain(|name| !POSITIONS.contains(&name));
    for (name, value) in query {
        let plain = name.split('[').next().unwrap_or(name);
        if request.values.get(plain).is_none() || POSITIONS.contains(&plain) {
            // What is not of the endpoint is the server's own cursor, such as `before`.
            if request.endpoint.param(plain).is_none() {
                moved.values.set_owned(name.clone(), value.clone());
            }
        }
    }
    (moved.values != request.values).then_some(moved)
}

/// The links of a header: their relation, and the query of their address. The address itself is
/// never asked: it could be anybody's.
fn links(header: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut links = Vec::new();
    for piece in header.split('<').skip(1) {
        let Some((address, attributes)) = piece.split_once('>') else {
            continue;
        };
        let rel = attributes
            .split(';')
            .find_map(|attribute| attribute.trim().strip_prefix("rel="));
        let Some(rel) = rel.map(|rel| rel.trim_matches([' ', ',', '"'])) else {
            continue;
        };
        let query = Url::parse(address)
            .ok()
            .and_then(|url| url.query().map(str::to_owned));
        let query = query
            .or_else(|| address.split_once('?').map(|(_, query)| query.to_owned()))
            .unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        links.push((rel.to_owned(), pairs));
    }
    links
}

/// The pages of a list, one after the other.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T, W = Vec<T>> {
    waiting: Option<Request>,
    sending: Option<Sending>,
    /// The positions that were asked for, so that links in a circle come to an end.
    visited: HashSet<String>,
    body: PhantomData<fn() -> (T, W)>,
}

impl<T, W> Pages<T, W> {
    pub(crate) fn new(request: Request) -> Self {
        Self::from_next(Some(request))
    }

    fn from_next(waiting: Option<Request>) -> Self {
        Self {
            waiting,
            sending: None,
            visited: HashSet::new(),
            body: PhantomData,
        }
    }
}

impl<T, W: PageBody<Item = T>> Stream for Pages<T, W> {
    type Item = Result<Page<T, W>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.sending.is_none() {
            let Some(request) = self.waiting.take() else {
                return Poll::Ready(None);
            };
            if !self.visited.insert(format!("{:?}", request.values)) {
                return Poll::Ready(None);
            }
            self.sending = Some(request.send());
        }
        let Some(sending) = &mut self.sending else {
            return Poll::Ready(None);
        };
        let result = ready!(sending.as_mut().poll(context));
        self.sending = None;
        let page = result.and_then(|(response, request)| Page::read(&response, &request));
        if let Ok(page) = &page {
            self.waiting.clone_from(&page.next);
        }
        Poll::Ready(Some(page))
    }
}

/// The items of a list, page after page.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T, W = Vec<T>> {
    ready: VecDeque<T>,
    pages: Pages<T, W>,
}

impl<T, W> Items<T, W> {
    pub(crate) fn new(pages: Pages<T, W>) -> Self {
        Self {
            ready: VecDeque::new(),
            pages,
        }
    }
}

impl<T, W> Unpin for Items<T, W> {}

impl<T, W: PageBody<Item = T>> Stream for Items<T, W> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.ready = page.into_items().into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T, W: PageBody<Item = T>> Items<T, W> {
    /// The next item; `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// When a page cannot be fetched; the list ends there.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

impl<T, W> fmt::Debug for Pages<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("next", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl<T, W> fmt::Debug for Items<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("ready", &self.ready.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn links_are_read_by_their_relation_whatever_their_address() {
        let header = r#"<https://other.example/api/v1/x?max_id=7&limit=2>; rel="next", </api/v1/x?before=2024-01-01>; rel="prev""#;
        let found = links(header);
        assert_eq!(found[0].0, "next");
        assert_eq!(
            found[0].1,
            [
                ("max_id".to_owned(), "7".to_owned()),
                ("limit".to_owned(), "2".to_owned())
            ]
        );
        assert_eq!(found[1].1, [("before".to_owned(), "2024-01-01".to_owned())]);
    }
}
