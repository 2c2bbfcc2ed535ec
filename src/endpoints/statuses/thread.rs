//! Threads: posts several statuses, each as a reply to the one before, and continues after a failure.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::FindPostedStatus;
use super::reply::ReplyTarget;
use crate::call::decode::decode;
use crate::call::endpoints::STATUS_POST;
use crate::call::lost_response::{FindHook, Search};
use crate::client::Mastodon;
use crate::endpoints::methods::StatusPostCall;
use crate::entities::{MediaAttachmentId, Status, StatusId, Visibility};
use crate::error::{Error, ThreadProgress, TimeoutSetting};
use crate::hex::random_hex;

/// Name of the method in errors.
const NAME: &str = "thread_post";

/// Sets parameters of a part.
type Configure = Arc<dyn Fn(usize, StatusPostCall) -> StatusPostCall + Send + Sync>;

/// Receives the progress.
type OnProgress = Arc<dyn Fn(&ThreadProgress) + Send + Sync>;

/// Status to which the first part replies.
#[derive(Clone, Debug)]
enum ReplyTo {
    Id(StatusId),
    /// With mentions of the accounts in the conversation.
    Status(ReplyTarget),
}

/// A call of [`Mastodon::thread_post`] with its options.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Clone)]
pub struct ThreadPostCall {
    client: Mastodon,
    parts: Vec<String>,
    in_reply_to: Option<ReplyTo>,
    configure: Vec<Configure>,
    key: Option<String>,
    progress: Option<ThreadProgress>,
    on_progress: Option<OnProgress>,
    deadline: Option<Duration>,
}

/// # Threads
impl Mastodon {
    /// Posts several statuses as a thread: each is a reply to the one before. Returns the statuses in order.
    ///
    /// [`StatusLimits::split`](crate::server::StatusLimits::split) splits a long text into parts. All parts are checked
    /// against the server's limits before the first one is posted.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon, text: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use mastodon_sdk::{Error, Visibility};
    ///
    /// let parts = mastodon.status_limits().await?.split(text)?;
    /// let thread = mastodon.thread_post(&parts).visibility(Visibility::Unlisted).language("en");
    /// let statuses = match thread.clone().await {
    ///     // Does not post anything twice. `progress` can also be stored as JSON, and resumed by another process.
    ///     Err(Error::ThreadIncomplete { progress, source, .. }) if source.is_retryable() => {
    ///         thread.resume(*progress).await?
    ///     }
    ///     result => result?,
    /// };
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::ThreadIncomplete`] if a part was posted, or may have been posted, and then a request failed; otherwise
    /// those of [`status_post`](Self::status_post).
    #[doc(alias("long text", "tweetstorm"))]
    pub fn thread_post(
        &self,
        parts: impl IntoIterator<Item = impl Into<String>>,
    ) -> ThreadPostCall {
        ThreadPostCall {
            client: self.clone(),
            parts: parts.into_iter().map(Into::into).collect(),
            in_reply_to: None,
            configure: Vec::new(),
            key: None,
            progress: None,
            on_progress: None,
            deadline: self.core().settings.deadline,
        }
    }
}

impl ThreadPostCall {
    maybe_method!();

    /// Status to which the first part replies.
    pub fn in_reply_to_id(mut self, id: impl Into<StatusId>) -> Self {
        self.in_reply_to = Some(ReplyTo::Id(id.into()));
        self
    }

    /// Replies to a status as [`status_reply`](Mastodon::status_reply) does: the first part mentions its author and all
    /// accounts that it mentions. All parts have its visibility and content warning unless they are set.
    pub fn in_reply_to(mut self, status: &Status) -> Self {
        self.in_reply_to = Some(ReplyTo::Status(ReplyTarget::new(status)));
        self
    }

    /// Visibility of all parts. Default: that of the user's preferences.
    pub fn visibility(self, visibility: impl Into<Visibility>) -> Self {
        let visibility = visibility.into();
        self.each(move |_, post| post.visibility(&visibility))
    }

    /// Language of all parts, such as `en`.
    pub fn language(self, language: impl Into<String>) -> Self {
        let language = language.into();
        self.each(move |_, post| post.language(language.as_str()))
    }

    /// Content warning of all parts. The limit of a status includes it: see
    /// [`SplitOptions::spoiler_text`](crate::server::SplitOptions::spoiler_text).
    pub fn spoiler_text(self, spoiler_text: impl Into<String>) -> Self {
        let spoiler_text = spoiler_text.into();
        self.each(move |_, post| post.spoiler_text(spoiler_text.as_str()))
    }

    /// Uploaded media to attach to the first part.
    pub fn media_ids(
        self,
        media_ids: impl IntoIterator<Item = impl Into<MediaAttachmentId>>,
    ) -> Self {
        let media_ids: Vec<MediaAttachmentId> = media_ids.into_iter().map(Into::into).collect();
        self.each(move |index, post| match index {
            0 => post.media_ids(&media_ids),
            _ => post,
        })
    }

    /// Sets any other parameters of a part. The function receives the index of the part, beginning with 0, and its call.
    ///
    /// ```
    /// # fn example(mastodon: mastodon_sdk::Mastodon, parts: Vec<String>) {
    /// use mastodon_sdk::Visibility;
    /// // Only the first part appears in public timelines.
    /// let thread = mastodon.thread_post(parts).each(|index, post| match index {
    ///     0 => post,
    ///     _ => post.visibility(Visibility::Unlisted),
    /// });
    /// # }
    /// ```
    pub fn each(
        mut self,
        configure: impl Fn(usize, StatusPostCall) -> StatusPostCall + Send + Sync + 'static,
    ) -> Self {
        self.configure.push(Arc::new(configure));
        self
    }

    /// Start of the idempotency keys of the parts. A second call with the same key and parts within one hour posts
    /// nothing twice on Mastodon; [`resume`](Self::resume) works longer, and on all servers. Default: a random key.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Continues a call that failed, with the same parts and options. Parts that were posted are not posted again, not
    /// even one whose response was lost.
    pub fn resume(mut self, progress: ThreadProgress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Calls a function before each part is sent, and after the last one was posted. An application that stores the
    /// progress can [`resume`](Self::resume) the thread after it was stopped.
    pub fn on_progress(
        mut self,
        callback: impl Fn(&ThreadProgress) + Send + Sync + 'static,
    ) -> Self {
        self.on_progress = Some(Arc::new(callback));
        self
    }

    /// Maximum duration of the whole call. Default: that of the client.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    async fn send(mut self) -> Result<Vec<Status>, Error> {
        let mut progress = match self.progress.take() {
            Some(progress) => progress,
            None => ThreadProgress::new(match self.key.take() {
                Some(key) => key,
                None => random_hex()?,
            }),
        };
        self.check(&progress).await?;
        // A time that cannot be represented is never reached.
        let end = self
            .deadline
            .and_then(|limit| Instant::now().checked_add(limit));
        while progress.posted.len() < self.parts.len() {
            match self.post_next(&mut progress, end).await {
                Ok(status) => {
                    progress.posted.push(status);
                    progress.unconfirmed_since = None;
                }
                Err(error)
                    if progress.posted.is_empty() && progress.unconfirmed_since.is_none() =>
                {
                    return Err(error);
                }
                Err(error) => {
                    return Err(Error::ThreadIncomplete {
                        progress: Box::new(progress),
                        total: self.parts.len(),
                        source: Box::new(error),
                    });
                }
            }
        }
        self.report(&progress);
        Ok(progress.posted)
    }

    /// Checks the parts before the first of them is posted.
    async fn check(&self, progress: &ThreadProgress) -> Result<(), Error> {
        if self.parts.is_empty() {
            return Err(Error::argument(
                NAME,
                "parts",
                "a thread needs at least one part",
            ));
        }
        if progress.posted.len() > self.parts.len() {
            let reason = "it is of a thread with more parts; pass the same parts as before";
            return Err(Error::argument(NAME, "resume", reason));
        }
        for index in progress.posted.len()..self.parts.len() {
            let mut request = self.part(index, progress).0;
            request.prepare().await?;
        }
        Ok(())
    }

    /// Posts the next part, unless the server already has it.
    async fn post_next(
        &self,
        progress: &mut ThreadProgress,
        end: Option<Instant>,
    ) -> Result<Status, Error> {
        let mut post = self.part(progress.posted.len(), progress);
        if let Some(since) = progress.unconfirmed_since
            && let Some(status) = self.find(&post, since).await?
        {
            return Ok(status);
        }
        if let (Some(end), Some(limit)) = (end, self.deadline) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::timeout(NAME, TimeoutSetting::Deadline, limit));
            }
            post = post.deadline(left);
        }
        // The first request for this part may be older than this one.
        progress
            .unconfirmed_since
            .get_or_insert_with(Timestamp::now);
        self.report(progress);
        post.await.inspect_err(|error| {
            if !may_be_posted(error) {
                progress.unconfirmed_since = None;
            }
        })
    }

    /// Searches for a part that the server may have published after this time.
    async fn find(&self, post: &StatusPostCall, since: Timestamp) -> Result<Option<Status>, Error> {
        let elapsed = Timestamp::now().duration_since(since);
        let search = Search::started(Duration::try_from(elapsed).unwrap_or_default());
        let hook = FindPostedStatus(self.client.clone());
        // The text as it was sent: with the mentions of a reply.
        let mut request = post.0.clone();
        request.prepare().await?;
        let found = hook.find(&request, &search).await?;
        found
            .map(|response| decode(&STATUS_POST, &response))
            .transpose()
    }

    /// Returns the call that posts a part.
    fn part(&self, index: usize, progress: &ThreadProgress) -> StatusPostCall {
        let text = self.parts[index].as_str();
        let mut post = match &self.in_reply_to {
            Some(ReplyTo::Status(status)) if index == 0 => {
                status.reply(&self.client, text.to_owned())
            }
            Some(ReplyTo::Status(status)) => {
                let warning = Some(&status.spoiler_text).filter(|warning| !warning.is_empty());
                let post = self.client.status_post(text);
                post.visibility(&status.visibility)
                    .maybe(warning, StatusPostCall::spoiler_text)
            }
            Some(ReplyTo::Id(id)) if index == 0 => self.client.status_post(text).in_reply_to_id(id),
            _ => self.client.status_post(text),
        };
        for configure in &self.configure {
            post = configure(index, post);
        }
        let before = index.checked_sub(1);
        let before = before.and_then(|before| progress.posted.get(before));
        post.maybe(before, StatusPostCall::in_reply_to_id)
            .idempotency_key(format!("{}-{index}", progress.key))
    }

    fn report(&self, progress: &ThreadProgress) {
        if let Some(callback) = &self.on_progress {
            callback(progress);
        }
    }
}

/// Returns whether the server may have posted a part although the call failed.
fn may_be_posted(error: &Error) -> bool {
    match error {
        Error::ResponseLost { .. } => true,
        Error::Body { status, .. } => status.is_success(),
        Error::Decode(error) => error.is_applied,
        Error::NotMastodon { is_write, .. } => *is_write,
        Error::Timeout { setting, .. } => {
            matches!(setting, TimeoutSetting::Attempt | TimeoutSetting::Read)
        }
        _ => false,
    }
}

impl IntoFuture for ThreadPostCall {
    type Output = Result<Vec<Status>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for ThreadPostCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(NAME)
            .field("parts", &self.parts)
            .field("in_reply_to", &self.in_reply_to)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
