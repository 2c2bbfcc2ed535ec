//! Lists as streams of pages and of items.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::progress::{MAX_PAGES_WITHOUT_NEW_ITEMS, Progress};
use super::{Page, PageBody, cycle_error};
use crate::call::params::Group;
use crate::call::request::{Request, SendFuture};
use crate::error::Error;
use crate::http::RawResponse;

/// Stream of the pages of a list.
///
/// The stream returns an error as an item and then ends, unless [`retry`](Self::retry) is called.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// let mut pages = mastodon.notifications().pages().read_ahead(true);
/// while let Some(page) = pages.try_next().await? {
///     println!("{} notifications", page.len());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T, W = Vec<T>> {
    /// The next request, which may already be in flight.
    next: Option<Request>,
    in_flight: Option<InFlight>,
    /// The request that failed, or that is not sent because the pages before it contained nothing new.
    failed: Option<Request>,
    /// Why the list does not continue: a cycle of links, or pages without a new item.
    stopped: Option<Error>,
    progress: Progress,
    /// Hashes of the requested positions: a list may have very many pages.
    visited: HashSet<u64>,
    read_ahead: bool,
    order: PageOrder,
    /// Pages that are held back until the oldest one is known, newest first.
    held_back: Vec<Page<T, W>>,
    /// Size of their JSON.
    held_back_bytes: usize,
}

/// Order of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageOrder {
    NewestFirst,
    OldestFirst,
    /// The oldest page first, of a list that the server only returns from the newest item on.
    Reversed,
}

impl PageOrder {
    fn of(request: &Request) -> Self {
        if !request.is_oldest_first() {
            return Self::NewestFirst;
        }
        match request.accepts_cursor("min_id") {
            true => Self::OldestFirst,
            false => Self::Reversed,
        }
    }
}

/// Maximum size of the JSON of pages that are held back.
const MAX_HELD_BACK_BYTES: usize = 64 << 20;

/// A request in flight.
enum InFlight {
    /// Polled with the stream.
    Polled(SendFuture),
    /// Polled by a task of its own: otherwise it could be the first in the queue of a rate limit and block
    /// other calls while the caller does not poll the stream.
    Spawned(JoinHandle<Result<(RawResponse, Request), Error>>),
}

impl InFlight {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        request: &Request,
    ) -> Poll<Result<(RawResponse, Request), Error>> {
        match self {
            Self::Polled(future) => future.as_mut().poll(context),
            Self::Spawned(task) => Pin::new(task).poll(context).map(|joined| {
                joined.unwrap_or_else(|error| {
                    Err(Error::Network {
                        endpoint: request.name(),
                        reason: "the task of the request was aborted".to_owned(),
                        source: Some(Box::new(error)),
                    })
                })
            }),
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Self::Spawned(task) = self {
            task.abort();
        }
    }
}

fn no_progress_error(request: &Request) -> Error {
    Error::Paging {
        endpoint: request.name(),
        reason: format!(
            "the last {MAX_PAGES_WITHOUT_NEW_ITEMS} pages contained no new items, although the server reports more; the items so far may be complete, and `retry` continues with the next page"
        ),
    }
}

fn too_many_error(request: &Request) -> Error {
    Error::Paging {
        endpoint: request.name(),
        reason: format!(
            "the server returns this list only from the newest item on, and more than {} MiB of it are newer than the position; read it in that order, with `since_id`",
            MAX_HELD_BACK_BYTES >> 20
        ),
    }
}

fn no_link_error(request: &Request) -> Error {
    Error::Paging {
        endpoint: request.name(),
        reason: "the server sends no link to newer items, although the page is full; the items so far are complete, and a newer `newer_than` continues".to_owned(),
    }
}

fn hash(values: &Group) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{values:?}").hash(&mut hasher);
    hasher.finish()
}

impl<T, W: PageBody<Item = T>> Pages<T, W> {
    pub(crate) fn new(request: Request) -> Self {
        let visited = HashSet::from([hash(&request.values)]);
        Self {
            order: PageOrder::of(&request),
            next: Some(request),
            in_flight: None,
            failed: None,
            stopped: None,
            progress: Progress::default(),
            visited,
            read_ahead: false,
            held_back: Vec::new(),
            held_back_bytes: 0,
        }
    }

    pub(super) fn after(page: &Page<T, W>) -> Self {
        let mut pages = Self::new(page.request.clone());
        pages.next = None;
        pages.follow(page);
        pages
    }

    /// Whether to fetch the next page while the caller processes the current one. Default: false. The page is
    /// fetched even if the caller does not use it.
    pub fn read_ahead(mut self, read_ahead: bool) -> Self {
        self.read_ahead = read_ahead;
        self
    }

    /// Retries the request that failed. After pages without new items, it continues with the next page. Does nothing
    /// if no request has failed.
    pub fn retry(&mut self) {
        if let Some(request) = self.failed.take() {
            self.progress.reset();
            self.next = Some(request);
        }
    }

    /// Makes the page after this one the next request.
    fn follow(&mut self, page: &Page<T, W>) {
        let following = match self.order {
            PageOrder::NewestFirst | PageOrder::Reversed => &page.neighbors().next,
            PageOrder::OldestFirst => &page.neighbors().previous,
        };
        let Some(next) = following else {
            if self.order == PageOrder::OldestFirst && page.is_full() {
                self.stopped = Some(no_link_error(&page.request));
            }
            return;
        };
        if !self.visited.insert(hash(next)) {
            self.stopped = Some(cycle_error(&page.request));
            return;
        }
        let request = page.request.following(next.clone());
        if self.progress.is_stuck() {
            self.stopped = Some(no_progress_error(&request));
            self.failed = Some(request);
        } else {
            self.next = Some(request);
        }
    }

    /// Returns the items of a page in the order of the pages. Servers send the newest item first.
    fn ordered(&self, items: Vec<T>) -> VecDeque<T> {
        match self.order {
            PageOrder::NewestFirst => items.into(),
            PageOrder::OldestFirst | PageOrder::Reversed => items.into_iter().rev().collect(),
        }
    }

    fn start_read_ahead(&mut self) {
        if let (true, Some(request), Ok(runtime)) =
            (self.read_ahead, &self.next, Handle::try_current())
        {
            self.in_flight = Some(InFlight::Spawned(runtime.spawn(request.clone().send())));
        }
    }
}

impl<T, W> Unpin for Pages<T, W> {}

impl<T, W: PageBody<Item = T>> Stream for Pages<T, W> {
    type Item = Result<Page<T, W>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let pages = &mut *self;
        loop {
            if let Some(error) = pages.stopped.take() {
                return Poll::Ready(Some(Err(error)));
            }
            if pages.next.is_none() && pages.failed.is_none() {
                return Poll::Ready(pages.held_back.pop().map(Ok));
            }
            match ready!(pages.poll_request(context)) {
                Some(Ok(page)) if pages.order == PageOrder::Reversed => pages.hold_back(page),
                page => return Poll::Ready(page),
            }
        }
    }
}

impl<T, W: PageBody<Item = T>> Pages<T, W> {
    /// Sends the next request; `None` if there is none.
    fn poll_request(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Page<T, W>, Error>>> {
        let Some(request) = &self.next else {
            return Poll::Ready(None);
        };
        let in_flight = self
            .in_flight
            .get_or_insert_with(|| InFlight::Polled(request.clone().send()));
        let response = ready!(in_flight.poll(context, request));
        self.in_flight = None;
        let request = self.next.take();
        let page = response.and_then(|(raw, request)| {
            self.progress.record(&raw.body);
            self.held_back_bytes = self.held_back_bytes.saturating_add(raw.body.len());
            Page::decode(&raw, request)
        });
        let page = page.map(|converted| converted.value);
        match &page {
            Ok(page) => {
                self.follow(page);
                self.start_read_ahead();
            }
            Err(_) => self.failed = request,
        }
        Poll::Ready(Some(page))
    }

    /// Keeps a page until the pages after it are known.
    fn hold_back(&mut self, page: Page<T, W>) {
        if self.stopped.is_some() && self.failed.is_none() {
            // Without the pages after them, the caller would continue at a position that skips those.
            self.held_back.clear();
        } else if self.held_back_bytes > MAX_HELD_BACK_BYTES && self.next.is_some() {
            self.stopped = Some(too_many_error(&page.request));
            (self.next, self.in_flight) = (None, None);
            self.held_back.clear();
        } else {
            self.held_back.push(page);
        }
    }
}

impl<T, W: PageBody<Item = T>> Pages<T, W> {
    /// Returns the next page, or `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// If the page cannot be fetched, and [`Error::Paging`] if a link of the server leads back to an earlier page, or
    /// if eight pages in a row contained nothing new.
    pub async fn try_next(&mut self) -> Result<Option<Page<T, W>>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

/// Stream of the items of a list, fetched page by page.
///
/// The stream returns an error as an item and then ends, unless [`retry`](Self::retry) is called.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// let mut statuses = mastodon.timeline_home().items();
/// while let Some(status) = statuses.try_next().await? {
///     println!("{}", status.account.acct);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T, W = Vec<T>> {
    ready: VecDeque<T>,
    pages: Pages<T, W>,
}

impl<T, W: PageBody<Item = T>> Items<T, W> {
    pub(crate) fn new(pages: Pages<T, W>) -> Self {
        Self::from_first(Vec::new(), pages)
    }

    pub(super) fn from_first(first: Vec<T>, pages: Pages<T, W>) -> Self {
        Self {
            ready: pages.ordered(first),
            pages,
        }
    }

    /// Whether to fetch the next page while the caller processes the items of the current one. Default: false.
    /// The page is fetched even if the caller does not use it.
    pub fn read_ahead(mut self, read_ahead: bool) -> Self {
        self.pages = self.pages.read_ahead(read_ahead);
        self
    }

    /// Retries the request that failed. After pages without new items, it continues with the next page. Does nothing
    /// if no request has failed.
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
                Some(Ok(page)) => self.ready = self.pages.ordered(page.into_items()),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T, W: PageBody<Item = T>> Items<T, W> {
    /// Returns the next item, or `None` at the end of the list.
    ///
    /// # Errors
    ///
    /// If a page cannot be fetched, and [`Error::Paging`] if a link of the server leads back to an earlier page, or
    /// if eight pages in a row contained nothing new.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

impl<T, W> fmt::Debug for Pages<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("next", &self.next)
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
