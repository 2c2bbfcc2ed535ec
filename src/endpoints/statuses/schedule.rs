//! Scheduled statuses.

use mastodon_types::Time;

use crate::endpoints::methods::StatusPostCall;
use crate::entities::PostedStatus;

impl<T> StatusPostCall<T> {
    /// Publication time if there is one: without a time, the status is published immediately. See
    /// [`scheduled_at`](Self::scheduled_at).
    ///
    /// The call then returns a [`PostedStatus`], which is a status or a scheduled status.
    pub fn maybe_scheduled_at(
        self,
        scheduled_at: Option<impl Into<Time>>,
    ) -> StatusPostCall<PostedStatus> {
        match scheduled_at {
            Some(time) => self.scheduled_at(time),
            None => StatusPostCall(self.0, std::marker::PhantomData),
        }
    }
}
