//! What a call has to ask the server before it is sent: who the user is, what a status holds, where
//! an endpoint of OAuth is.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::auth::is_oauth;
use crate::call::Call;
use crate::error::Error;
use crate::generated::api::STATUS_LIMITS;
use crate::generated::endpoints::{ACCOUNT_VERIFY_CREDENTIALS, STATUS, STATUS_UPDATE};
use crate::generated::entities::{AccountId, CredentialAccount, MediaAttachmentId, Status};
use crate::generated::methods::{NewPoll, StatusPostCall, StatusUpdateCall};
use crate::params::Value;
use crate::request::Request;

/// The parameters that an edit throws away where they are not given.
const CARRIED: [&str; 5] = ["spoiler_text", "sensitive", "language", "media_ids", "poll"];

/// Whom a reply mentions, until it is known which of them is the user.
#[derive(Debug)]
pub(crate) struct Reply {
    mentions: Vec<(AccountId, String)>,
    text: String,
}

impl Reply {
    pub(crate) fn new(to: &Status, text: String) -> Self {
        let author = (&to.account.id, &to.account.acct);
        let mut mentions: Vec<(AccountId, String)> = Vec::new();
        for (id, acct) in
            std::iter::once(author).chain(to.mentions.iter().map(|one| (&one.id, &one.acct)))
        {
            if mentions.iter().all(|(known, _)| known != id) {
                mentions.push((id.clone(), acct.clone()));
            }
        }
        Self { mentions, text }
    }

    /// The text with its mentions, without that of the user.
    pub(crate) fn text(&self, user: Option<&AccountId>) -> String {
        let others = self.mentions.iter().filter(|(id, _)| Some(id) != user);
        let mut text: String = others.map(|(_, acct)| format!("@{acct} ")).collect();
        text.push_str(&self.text);
        text
    }
}

/// Whether something is to be filled in.
pub(crate) fn is_incomplete(request: &Request) -> bool {
    request.reply.is_some() || is_edit(request) || is_oauth(request.endpoint)
}

fn is_edit(request: &Request) -> bool {
    std::ptr::eq(request.endpoint, &STATUS_UPDATE)
}

/// Fills in what the caller left to the client.
pub(crate) async fn complete(request: &mut Request) -> Result<(), Error> {
    if let Some(reply) = request.reply.take() {
        // Where the user is not known everybody is mentioned: that does no harm, an unsent reply would.
        if let Some(user) = request.client.known_user().await {
            let text = reply.text(Some(user));
            request.values.set("status", text);
        }
    }
    if is_edit(request) {
        carry_over(request).await?;
    }
    if is_oauth(request.endpoint) {
        let told = request.client.oauth_metadata().await;
        request.address = told.and_then(|told| told.address(request.endpoint).cloned());
    }
    Ok(())
}

/// Gives an edit what the status has and the caller did not speak of.
async fn carry_over(request: &mut Request) -> Result<(), Error> {
    let missing = |request: &Request, name: &str| {
        request.values.get(name).is_none() && !request.dropped.contains(&name)
    };
    if !CARRIED.iter().any(|name| missing(request, name)) {
        return Ok(());
    }
    let Some(Value::Text(id)) = request.values.get("id").cloned() else {
        return Ok(());
    };
    let status: Status = Call::new(&request.client, &STATUS)
        .with("id", Value::Text(id))
        .unchecked()
        .await?;
    let mut keep = |name: &'static str, value: Option<Value>| {
        if let (true, Some(value)) = (missing(request, name), value) {
            request.values.set(name, value);
        }
    };
    let media: Vec<MediaAttachmentId> = status
        .media_attachments
        .iter()
        .map(|media| media.id.clone())
        .collect();
    keep("media_ids", (!media.is_empty()).then(|| media.into()));
    keep(
        "spoiler_text",
        Some(status.spoiler_text.clone().into()).filter(|_| !status.spoiler_text.is_empty()),
    );
    keep("sensitive", Some(status.sensitive.into()));
    keep("language", status.language.clone().map(Into::into));
    if missing(request, "poll")
        && let Some(poll) = &status.poll
    {
        let left = poll
            .expires_at
            .map(|end| Duration::try_from(end.duration_since(Timestamp::now())));
        let shortest = Duration::from_secs(STATUS_LIMITS.poll_min_seconds.unwrap_or(0));
        let left = match left {
            Some(Ok(left)) if !poll.expired => left.max(shortest),
            _ => {
                return Err(Error::argument(
                    request.endpoint,
                    "poll",
                    "the poll has ended, and an edit either opens it again or deletes it: give `poll` or say `without_poll`".to_owned(),
                ));
            }
        };
        let options = poll.options.iter().map(|option| option.title.as_str());
        request
            .values
            .set("poll", NewPoll::new(options, left).multiple(poll.multiple));
    }
    Ok(())
}

impl crate::client::Mastodon {
    /// The user that the token stands for, asked for once; `None` where that cannot be learnt.
    async fn known_user(&self) -> Option<&AccountId> {
        let ask = async || {
            let call = Call::<CredentialAccount>::new(self, &ACCOUNT_VERIFY_CREDENTIALS);
            call.unchecked().await.map(|account| account.id)
        };
        self.inner.user.get_or_try_init(ask).await.ok()
    }
}

impl StatusPostCall {
    pub(crate) fn replying(mut self, reply: Reply) -> Self {
        self.0.reply = Some(Arc::new(reply));
        self
    }
}

/// # What an edit keeps
///
/// The server replaces the whole status: what an edit does not name, it loses. This call therefore
/// looks at the status first and carries over its media, poll, content warning, sensitivity and
/// language, as far as nothing was said of them. A poll then ends when it would have ended, but five
/// minutes from now at the least; whether it hides its totals no server tells, so that is not kept.
impl StatusUpdateCall {
    /// Takes the media off the status.
    pub fn without_media(mut self) -> Self {
        self.0.dropped.push("media_ids");
        self
    }

    /// Deletes the poll with its votes.
    pub fn without_poll(mut self) -> Self {
        self.0.dropped.push("poll");
        self
    }

    /// Sends exactly what was set and looks at nothing before; what was not set is lost.
    pub fn replace_all(mut self) -> Self {
        self.0.dropped.extend(CARRIED);
        self
    }
}
