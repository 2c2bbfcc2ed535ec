//! The same call for many items: a stream of results that goes on after errors.

use std::collections::VecDeque;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_core::Stream;

use crate::call::core::BoxFuture;
use crate::client::Mastodon;
use crate::error::Error;

/// Default and maximum number of calls at the same time.
const DEFAULT_CONCURRENCY: usize = 4;
const MAX_CONCURRENCY: usize = 32;

type StartCall<I, T> = Box<dyn FnMut(&I) -> BoxFuture<'static, Result<T, Error>> + Send>;

/// The results of the same call for many items, in the order in which the calls finish. Created by [`Mastodon::bulk`].
///
/// It is a [`Stream`] of [`BulkItem`]s. Calls are sent while it is polled. Dropping it abandons the calls that have not
/// finished: their requests may have been sent. [`stop`](Self::stop) lets them finish.
#[must_use = "streams do nothing unless polled"]
pub struct Bulk<I, T> {
    waiting: std::iter::Enumerate<vec::IntoIter<I>>,
    running: Vec<Running<I, T>>,
    /// Calls that have finished, and whose results were not returned yet.
    ready: VecDeque<BulkItem<I, T>>,
    call: StartCall<I, T>,
    concurrency: usize,
    total: usize,
    finished: usize,
}

struct Running<I, T> {
    index: usize,
    item: I,
    future: BoxFuture<'static, Result<T, Error>>,
}

/// The result of one call of a [`Bulk`].
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkItem<I, T> {
    /// Position of the item among all items, beginning with 0.
    pub index: usize,
    /// The item.
    pub item: I,
    /// Result of its call.
    pub result: Result<T, Error>,
    /// Number of calls that have finished, this one included.
    pub finished: usize,
    /// Number of items.
    pub total: usize,
}

/// # Many calls
impl Mastodon {
    /// Makes the same call for many items, several at a time, and returns a stream of the results. An error of one item
    /// does not end the stream.
    ///
    /// Each call obeys the rate limits as it does alone: it waits with
    /// [`RateLimitMode::Wait`](crate::rate_limit::RateLimitMode::Wait) and `Pace`, and fails with `Throw`. Mastodon
    /// allows 400 follows a day, for example.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon, ids: Vec<String>) {
    /// // Follows many accounts.
    /// let mut follows = mastodon.bulk(ids, |mastodon, id| mastodon.account_follow(id));
    /// while let Some(done) = follows.next().await {
    ///     match done.result {
    ///         Ok(_) => println!("{}/{}: followed {}", done.finished, done.total, done.item),
    ///         Err(error) => eprintln!("{}/{}: {}: {error}", done.finished, done.total, done.item),
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// Other examples:
    ///
    /// ```no_run
    /// # use mastodon_sdk::{Account, Error, Status};
    /// # async fn example(mastodon: mastodon_sdk::Mastodon, handles: Vec<String>, old: Vec<Status>, list: &str) {
    /// // Finds many accounts by their handles.
    /// let found = mastodon.bulk(handles, |mastodon, handle| mastodon.account_find(handle)).results().await;
    /// let accounts: Vec<Account> = found.into_iter().filter_map(|done| done.result.ok()).collect();
    ///
    /// // Deletes statuses, and stops at the first error: calls that were sent finish.
    /// let mut deletions = mastodon.bulk(old, |mastodon, status| mastodon.status_delete(status)).concurrency(1);
    /// while let Some(done) = deletions.next().await {
    ///     if done.result.is_err() {
    ///         deletions.stop();
    ///     }
    /// }
    ///
    /// // Adds accounts to a list one by one: the server refuses a whole list with one member that cannot be added.
    /// let list = list.to_owned();
    /// let added = mastodon.bulk(accounts, move |mastodon, account| {
    ///     mastodon.list_accounts_add(list.as_str(), [account])
    /// });
    /// # }
    /// ```
    #[doc(alias("batch", "concurrent", "many"))]
    pub fn bulk<I, T, C>(
        &self,
        items: impl IntoIterator<Item = I>,
        mut call: impl FnMut(&Self, &I) -> C + Send + 'static,
    ) -> Bulk<I, T>
    where
        C: IntoFuture<Output = Result<T, Error>>,
        C::IntoFuture: Send + 'static,
    {
        let items: Vec<I> = items.into_iter().collect();
        let client = self.clone();
        Bulk {
            total: items.len(),
            waiting: items.into_iter().enumerate(),
            running: Vec::new(),
            ready: VecDeque::new(),
            call: Box::new(move |item| Box::pin(call(&client, item).into_future())),
            concurrency: DEFAULT_CONCURRENCY,
            finished: 0,
        }
    }
}

impl<I, T> Bulk<I, T> {
    /// Maximum number of calls at the same time, from 1 to 32. Default: 4.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Returns the next result; `None` after the last one.
    pub async fn next(&mut self) -> Option<BulkItem<I, T>> {
        poll_fn(|context| self.poll_item(context)).await
    }

    /// Makes all calls, and returns the results in the order of the items.
    pub async fn results(mut self) -> Vec<BulkItem<I, T>> {
        let mut results = Vec::with_capacity(self.total);
        while let Some(done) = self.next().await {
            results.push(done);
        }
        results.sort_by_key(|done| done.index);
        results
    }

    /// Starts no further calls. The stream ends after the calls that were started. Returns the items whose calls were
    /// not started.
    pub fn stop(&mut self) -> Vec<I> {
        let waiting = std::mem::replace(&mut self.waiting, Vec::new().into_iter().enumerate());
        waiting.map(|(_, item)| item).collect()
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<BulkItem<I, T>>> {
        // Results that were not taken yet count, so that no more of them are kept than calls run.
        while self.running.len() + self.ready.len() < self.concurrency
            && let Some((index, item)) = self.waiting.next()
        {
            let future = (self.call)(&item);
            self.running.push(Running {
                index,
                item,
                future,
            });
        }
        // All calls are polled, so that all of them make progress.
        let mut position = 0;
        while let Some(call) = self.running.get_mut(position) {
            match call.future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    let Running { index, item, .. } = self.running.remove(position);
                    self.finished += 1;
                    self.ready.push_back(BulkItem {
                        index,
                        item,
                        result,
                        finished: self.finished,
                        total: self.total,
                    });
                }
                Poll::Pending => position += 1,
            }
        }
        match self.ready.pop_front() {
            Some(done) => Poll::Ready(Some(done)),
            None if self.running.is_empty() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// The items are not pinned.
impl<I, T> Unpin for Bulk<I, T> {}

impl<I, T> Stream for Bulk<I, T> {
    type Item = BulkItem<I, T>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<BulkItem<I, T>>> {
        self.poll_item(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.waiting.len() + self.running.len() + self.ready.len();
        (left, Some(left))
    }
}

impl<I, T> fmt::Debug for Bulk<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("finished", &self.finished)
            .field("total", &self.total)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
