//! Progress of a thread that is being posted.

use jiff::Timestamp;

use crate::entities::Status;
use crate::serde_impls::{deserialize_struct, serialize_struct};

/// Progress of a thread: the statuses that were posted, and what is needed to continue.
///
/// It can be stored as JSON, and passed to [`ThreadPostCall::resume`](crate::methods::ThreadPostCall::resume) by another
/// process.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ThreadProgress {
    /// Start of the idempotency keys of the parts.
    pub key: String,
    /// The statuses that were posted, in order.
    pub posted: Vec<Status>,
    /// When the next part was sent, if the server may have it although its response did not arrive.
    pub unconfirmed_since: Option<Timestamp>,
}

serialize_struct!(ThreadProgress {
    key,
    posted,
    unconfirmed_since
});
deserialize_struct!(ThreadProgress {
    key: required,
    posted: required,
    unconfirmed_since: required
});

impl ThreadProgress {
    pub(crate) fn new(key: String) -> Self {
        Self {
            key,
            posted: Vec::new(),
            unconfirmed_since: None,
        }
    }
}
