//! Edits: preserves the parameters that are not given.

use std::time::Duration;

use jiff::Timestamp;

use crate::call::Call;
use crate::call::core::BoxFuture;
use crate::call::endpoints::STATUS;
use crate::call::params::Value;
use crate::call::request::{PrepareHook, Request};
use crate::endpoints::methods::{NewPoll, StatusUpdateCall};
use crate::entities::{MediaAttachmentId, Poll, Status};
use crate::error::Error;
use crate::facts::STATUS_LIMITS;

/// Parameters that an edit clears on the server if they are not given.
const PRESERVED_ON_EDIT: [&str; 5] = ["spoiler_text", "sensitive", "language", "media_ids", "poll"];

/// Fetches the status before an edit and fills in the parameters that are not given.
pub(crate) struct PreserveUnsetParams;

impl PrepareHook for PreserveUnsetParams {
    fn prepare<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(preserve_unset_params(request))
    }
}

async fn preserve_unset_params(request: &mut Request) -> Result<(), Error> {
    let is_unset = |request: &Request, name: &str| request.values.get(name).is_none();
    if !PRESERVED_ON_EDIT.iter().any(|name| is_unset(request, name)) {
        return Ok(());
    }
    let Some(id) = request.values.get("id").cloned() else {
        return Ok(());
    };
    let status: Status = Call::new(&request.core, &STATUS)
        .with("id", id)
        .without_version_check()
        .await?;
    let mut preserve = |name: &'static str, value: Option<Value>| {
        if let (true, Some(value)) = (is_unset(request, name), value) {
            request.set(name, value);
        }
    };
    let media: Vec<MediaAttachmentId> = status
        .media_attachments
        .iter()
        .map(|media| media.id.clone())
        .collect();
    preserve("media_ids", (!media.is_empty()).then(|| media.into()));
    preserve(
        "spoiler_text",
        Some(status.spoiler_text.clone().into()).filter(|_| !status.spoiler_text.is_empty()),
    );
    preserve("sensitive", Some(status.sensitive.into()));
    preserve("language", status.language.clone().map(Into::into));
    if is_unset(request, "poll")
        && let Some(poll) = &status.poll
    {
        request.set("poll", preserved_poll(request.endpoint.name, poll)?);
    }
    Ok(())
}

/// Returns the poll as a parameter, with the remaining time as its duration.
fn preserved_poll(endpoint: &'static str, poll: &Poll) -> Result<NewPoll, Error> {
    let time_left = poll
        .expires_at
        .map(|end| Duration::try_from(end.duration_since(Timestamp::now())));
    let min = Duration::from_secs(STATUS_LIMITS.poll_min_seconds.unwrap_or(0));
    let time_left = match time_left {
        Some(Ok(time_left)) if !poll.expired => time_left.max(min),
        _ => {
            return Err(Error::argument(
                endpoint,
                "poll",
                "the poll has ended, so an edit would either reopen or delete it; pass `poll`, or `remove_poll(true)`",
            ));
        }
    };
    let options = poll.options.iter().map(|option| option.title.as_str());
    Ok(NewPoll::new(options, time_left).multiple(poll.multiple))
}

/// # Parameters that are not given
///
/// The server replaces the whole status and clears every parameter that is not given. This call therefore
/// fetches the status first and preserves its media, poll, content warning, sensitivity and language unless
/// they are given. A preserved poll ends at the same time, but no earlier than five minutes from now;
/// whether it hides its totals is not preserved, because servers do not report that.
impl StatusUpdateCall {
    /// Whether to remove the media attachments. Default: false.
    pub fn remove_media(self, remove: bool) -> Self {
        self.omit("media_ids", remove)
    }

    /// Whether to delete the poll with its votes. Default: false.
    pub fn remove_poll(self, remove: bool) -> Self {
        self.omit("poll", remove)
    }

    /// Whether to clear everything that is not given, without fetching the status first. Default: false.
    pub fn replace_all(self, replace: bool) -> Self {
        PRESERVED_ON_EDIT
            .into_iter()
            .fold(self, |call, name| call.omit(name, replace))
    }

    /// Marks a parameter that is not given as omitted, or removes the mark.
    fn omit(mut self, name: &'static str, omit: bool) -> Self {
        match self.0.values.get(name) {
            None if omit => self.0.set(name, Value::Omit),
            Some(Value::Omit) if !omit => self.0.values.retain(|known| known != name),
            _ => {}
        }
        self
    }
}
