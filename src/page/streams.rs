//! Lists as streams: page after page, item after item.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::{Page, PageBody, circle};
use crate::error::Error;
use crate::params::Group;
use crate::request::{Request, Sending};
use crate::transport::RawResponse;

/// The pages of a list, one after the other.
///
/// An error is an item, and the last one unless [`retry`](Self::retry) is called.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T, W = Vec<T>> {
    /// What will be asked next, or is being asked.
    waiting: Option<Request>,
    asking: Option<Asking>,
    /// What could not be had.
    failed: Option<Request>,
    circle: Option<Error>,
    /// The positions that were asked for, as hashes: a list may have very many.
    visited: HashSet<u64>,
    ahead: bool,
    body: PhantomData<fn() -> (T, W)>,
}

/// A request under way.
enum Asking {
    /// It goes on when it is polled.
    Here(Sending),
    /// It goes on by itself: unpolled, it could hold its place before a rate limit against calls
    /// that the reader of the list makes in between.
    Ahead(JoinHandle<Result<(RawResponse, Request), Error>>),
}

impl Asking {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        request: &Request,
    ) -> Poll<Result<(RawResponse, Request), Error>> {
        match self {
            Self::Here(sending) => sending.as_mut().poll(context),
            Self::Ahead(task) => Pin::new(task).poll(context).map(|joined| {
                joined.unwrap_or_else(|error| {
                    Err(Error::Network {
                        endpoint: request.endpoint.name,
                        reason: "the program ended the request".to_owned(),
                        source: Some(Box::new(error)),
                    })
                })
            }),
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Self::Ahead(task) = self {
            task.abort();
        }
    }
}

fn hash(values: &Group) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{values:?}").hash(&mut hasher);
    hasher.finish()
}

impl<T, W> Pages<T, W> {
    pub(crate) fn new(request: Request) -> Self {
        let visited = HashSet::from([hash(&request.values)]);
        Self {
            waiting: Some(request),
            asking: None,
            failed: None,
            circle: None,
            visited,
            ahead: false,
            body: PhantomData,
        }
    }

    pub(super) fn after(page: &Page<T, W>) -> Self {
        let mut pages = Self::new(page.request.clone());
        pages.waiting = None;
        pages.follow(page);
        pages
    }

    /// Fetches the next page already while this one is being worked on. It is fetched even if it is
    /// not wanted in the end.
    pub fn read_ahead(mut self) -> Self {
        self.ahead = true;
        self
    }

    /// Has the page that failed asked for again; without a failure it does nothing.
    pub fn retry(&mut self) {
        if let Some(request) = self.failed.take() {
            self.waiting = Some(request);
        }
    }

    /// Takes the way from a page to the next.
    fn follow(&mut self, page: &Page<T, W>) {
        let Some(next) = &page.next else { return };
        if self.visited.insert(hash(next)) {
            self.waiting = Some(page.request.at(next.clone()));
        } else {
            self.circle = Some(circle(&page.request));
        }
    }

    fn begin_ahead(&mut self) {
        if let (true, Some(request), Ok(runtime)) =
            (self.ahead, &self.waiting, Handle::try_current())
        {
            self.asking = Some(Asking::Ahead(runtime.spawn(request.clone().send())));
        }
    }
}

impl<T, W: PageBody<Item = T>> Stream for Pages<T, W> {
    type Item = Result<Page<T, W>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let pages = &mut *self;
        if let Some(error) = pages.circle.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let Some(request) = &pages.waiting else {
            return Poll::Ready(None);
        };
        let asking = pages
            .asking
            .get_or_insert_with(|| Asking::Here(request.clone().send()));
        let answer = ready!(asking.poll(context, request));
        pages.asking = None;
        let asked = pages.waiting.take();
        let page = answer.and_then(|(raw, request)| Page::read(&raw, request));
        match &page {
            Ok(page) => {
                pages.follow(page);
                pages.begin_ahead();
            }
            Err(_) => pages.failed = asked,
        }
        Poll::Ready(Some(page))
    }
}

impl<T, W: PageBody<Item = T>> Pages<T, W> {
    /// The next page; `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// When the page cannot be fetched, and [`Error::Paging`] where the server leads in a circle.
    pub async fn try_next(&mut self) -> Result<Option<Page<T, W>>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

/// The items of a list, page after page.
///
/// An error is an item, and the last one unless [`retry`](Self::retry) is called.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T, W = Vec<T>> {
    ready: VecDeque<T>,
    pages: Pages<T, W>,
}

impl<T, W> Items<T, W> {
    pub(crate) fn new(pages: Pages<T, W>) -> Self {
        Self::from_first(Vec::new(), pages)
    }

    pub(super) fn from_first(first: Vec<T>, pages: Pages<T, W>) -> Self {
        Self {
            ready: first.into(),
            pages,
        }
    }

    /// Fetches the next page already while the items of this one are being worked on. It is fetched
    /// even if it is not wanted in the end.
    pub fn read_ahead(mut self) -> Self {
        self.pages = self.pages.read_ahead();
        self
    }

    /// Has the page that failed asked for again; without a failure it does nothing.
    pub fn retry(&mut self) {
        self.pages.retry();
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
    /// When a page cannot be fetched, and [`Error::Paging`] where the server leads in a circle.
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
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}
