//! Asynchronous refreshes: work in the background that a response can point to.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::State;
use crate::clock::later;

/// Time after which a running refresh is forgotten.
const RUNNING: Duration = Duration::from_secs(24 * 3600);
/// Time after which a finished refresh is forgotten.
const FINISHED: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsyncRefresh {
    pub(crate) is_running: bool,
    /// Number of results so far, for refreshes that count them.
    pub(crate) result_count: Option<u64>,
    expires: Timestamp,
}

/// Returns the ID of the refresh with a name. It is opaque for clients.
pub(crate) fn async_refresh_id(name: &str) -> String {
    let quoted = BASE64_STANDARD.encode(format!("\"{name}\""));
    let digest = Sha256::digest(name.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{quoted}--{digest}")
}

impl State {
    pub(crate) fn async_refresh(&self, id: &str, now: Timestamp) -> Option<&AsyncRefresh> {
        let refresh = self.async_refreshes.get(id);
        refresh.filter(|refresh| refresh.expires > now)
    }

    pub(crate) fn start_async_refresh(
        &mut self,
        name: &str,
        result_count: Option<u64>,
        now: Timestamp,
    ) {
        let refresh = AsyncRefresh {
            is_running: true,
            result_count,
            expires: later(now, RUNNING),
        };
        self.async_refreshes.retain(|_, other| other.expires > now);
        self.async_refreshes.insert(async_refresh_id(name), refresh);
    }

    /// Marks a refresh as finished. Does nothing if it does not exist.
    pub(crate) fn finish_async_refresh(&mut self, name: &str, now: Timestamp) {
        if let Some(refresh) = self.async_refreshes.get_mut(&async_refresh_id(name)) {
            refresh.is_running = false;
            refresh.expires = later(now, FINISHED);
        }
    }

    /// Returns the value of the `Mastodon-Async-Refresh` header while the refresh runs.
    pub(crate) fn async_refresh_header(
        &self,
        name: &str,
        retry_seconds: u32,
        now: Timestamp,
    ) -> Option<String> {
        let id = async_refresh_id(name);
        let refresh = self.async_refresh(&id, now)?;
        let count = refresh.result_count;
        let count = count.map_or_else(String::new, |count| format!(", result_count={count}"));
        refresh
            .is_running
            .then(|| format!("id=\"{id}\", retry={retry_seconds}{count}"))
    }
}
