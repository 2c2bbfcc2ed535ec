//! Asynchronous refreshes: work that the server continues after it has sent a response.

use jiff::{SignedDuration, Timestamp};

use super::State;

/// Time during which the state of finished work is known.
const KEPT_WHEN_FINISHED: SignedDuration = SignedDuration::from_hours(1);

/// Work in the background.
#[derive(Clone, Debug)]
pub(crate) struct AsyncRefresh {
    pub(crate) id: String,
    pub(crate) finished_at: Timestamp,
    /// Number of results so far, for work that counts them.
    pub(crate) result_count: Option<u64>,
}

impl AsyncRefresh {
    pub(crate) fn is_running(&self, now: Timestamp) -> bool {
        now < self.finished_at
    }
}

impl State {
    /// Starts work that is finished at the given time. The same key has the same ID each time.
    pub(crate) fn start_async_refresh(
        &mut self,
        key: &str,
        finished_at: Timestamp,
        result_count: Option<u64>,
    ) -> AsyncRefresh {
        let known = self.async_refreshes.get(key);
        let known = known.map(|refresh| refresh.id.clone());
        let id = known.unwrap_or_else(|| self.unique_token("refresh"));
        let refresh = AsyncRefresh {
            id,
            finished_at,
            result_count,
        };
        self.async_refreshes.insert(key.to_owned(), refresh.clone());
        refresh
    }

    /// Returns the work with this key, unless it is finished.
    pub(crate) fn running_refresh(&self, key: &str, now: Timestamp) -> Option<&AsyncRefresh> {
        let refresh = self.async_refreshes.get(key)?;
        refresh.is_running(now).then_some(refresh)
    }

    /// Finds work by its ID. Finished work is forgotten after an hour.
    pub(crate) fn async_refresh(&self, id: &str, now: Timestamp) -> Option<&AsyncRefresh> {
        let mut refreshes = self.async_refreshes.values();
        let refresh = refreshes.find(|refresh| refresh.id == id)?;
        let is_known = now.duration_since(refresh.finished_at) < KEPT_WHEN_FINISHED;
        is_known.then_some(refresh)
    }
}
