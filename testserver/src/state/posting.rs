//! Publishing and editing of statuses: validation and notifications.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::{
    Application, Filtered, Media, Notification, Poll, Quote, QuotePolicy, State, Status,
    StatusVersion, Visibility,
};
use crate::clock::{later, seconds_after};
use crate::ids::Id;
use crate::limits::{
    MAX_POLL_OPTION_CHARACTERS, MAX_POLL_OPTIONS, MAX_STATUS_CHARACTERS, POLL_DURATION_SECONDS,
};
use crate::text;

/// Time after the end of a poll at which the notifications about it are sent, if it was edited or is on another server.
const RESULT_DELAY: Duration = Duration::from_secs(5 * 60);

/// Age up to which accounts have additional banned texts.
const NEW_ACCOUNT_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Reason why a status was not published or edited.
#[derive(Debug)]
pub(crate) enum PostError {
    /// Messages of the failed validation.
    Invalid(Vec<String>),
    /// Messages of the failed validation of a scheduled status. Mastodon's response does not have them.
    InvalidScheduled(Vec<String>),
    /// The status looks like spam. Mastodon answers as if it was published, but does not store it.
    SilentlyDropped(Box<Status>),
    /// Mentioned accounts that are not in `allowed_mentions`.
    UnexpectedMentions(Vec<Id>),
}

/// Parameters of a poll.
#[derive(Clone, Debug, Default)]
pub(crate) struct PollDraft {
    /// Options, without blank ones and without white space around them.
    pub(crate) options: Vec<String>,
    /// Options as they were sent.
    pub(crate) sent_options: Vec<String>,
    /// Duration in seconds.
    pub(crate) expires_in: Option<i64>,
    pub(crate) multiple: Option<bool>,
    pub(crate) hide_totals: bool,
}

/// Status to publish, with default values applied.
#[derive(Clone, Debug)]
pub(crate) struct StatusDraft {
    /// ID that a test has chosen.
    pub(crate) id: Option<Id>,
    pub(crate) text: String,
    pub(crate) spoiler_text: String,
    pub(crate) sensitive: bool,
    pub(crate) visibility: Visibility,
    pub(crate) language: Option<String>,
    pub(crate) reply_to: Option<Id>,
    pub(crate) media: Vec<Id>,
    pub(crate) poll: Option<PollDraft>,
    pub(crate) quoted: Option<Id>,
    pub(crate) quote_policy: QuotePolicy,
    pub(crate) allowed_mentions: Option<Vec<Id>>,
    pub(crate) application: Option<Application>,
}

/// Default values for new statuses.
#[derive(Clone, Debug)]
pub(crate) struct PostingDefaults {
    pub(crate) visibility: Visibility,
    pub(crate) sensitive: bool,
    pub(crate) language: Option<String>,
    pub(crate) quote_policy: QuotePolicy,
}

impl Default for PostingDefaults {
    fn default() -> Self {
        Self {
            visibility: Visibility::Public,
            sensitive: false,
            language: None,
            quote_policy: QuotePolicy::Public,
        }
    }
}

/// New content of a status.
#[derive(Clone, Debug)]
pub(crate) struct EditDraft {
    pub(crate) text: String,
    /// `None` keeps the spoiler text.
    pub(crate) spoiler_text: Option<String>,
    pub(crate) sensitive: bool,
    pub(crate) language: Option<String>,
    pub(crate) media: Vec<Id>,
    /// Attached files whose description, focus or thumbnail changes.
    pub(crate) changed_media: Vec<Media>,
    pub(crate) poll: Option<PollDraft>,
    pub(crate) quote_policy: Option<QuotePolicy>,
}

impl PollDraft {
    fn validation_errors(&self) -> Vec<String> {
        let mut errors = Vec::new();
        let mut require = |is_met: bool, error: String| {
            if !is_met {
                errors.push(error);
            }
        };
        let is_too_long = |option: &String| text::graphemes(option) > MAX_POLL_OPTION_CHARACTERS;
        let distinct = self.options.iter().collect::<BTreeSet<_>>().len();
        require(
            !self.options.is_empty(),
            "Choices can't be blank".to_owned(),
        );
        require(
            self.expires_in.is_some(),
            "Deadline can't be blank".to_owned(),
        );
        require(
            self.options.len() > 1,
            "Choices must have more than one item".to_owned(),
        );
        require(
            self.options.len() <= MAX_POLL_OPTIONS,
            format!("Choices can't contain more than {MAX_POLL_OPTIONS} items"),
        );
        require(
            !self.options.iter().any(is_too_long),
            format!("Choices cannot be longer than {MAX_POLL_OPTION_CHARACTERS} characters each"),
        );
        require(
            distinct == self.options.len(),
            "Choices contain duplicate items".to_owned(),
        );
        let duration = self.expires_in.unwrap_or(*POLL_DURATION_SECONDS.start());
        require(
            duration <= *POLL_DURATION_SECONDS.end(),
            "Deadline is too far into the future".to_owned(),
        );
        require(
            duration >= *POLL_DURATION_SECONDS.start(),
            "Deadline is too soon".to_owned(),
        );
        errors
    }

    fn into_poll(self, id: Id, now: Timestamp) -> Poll {
        // The validation allows at most one month, so the sum is in range.
        let expires = seconds_after(now, self.expires_in.unwrap_or_default());
        let expires = expires.unwrap_or(Timestamp::MAX);
        Poll {
            id,
            options: self.options,
            expires,
            end_notified_at: expires,
            multiple: self.multiple == Some(true),
            hide_totals: self.hide_totals,
            votes: BTreeMap::new(),
        }
    }
}

/// Validates the text of a status. A boost has none. `disallowed`: the hashtags in it that cannot be used.
fn text_errors(status: &Status, disallowed: &[String]) -> Vec<String> {
    let mut errors = Vec::new();
    if status.reblog_of.is_some() {
        return errors;
    }
    if text::is_blank(&status.text) && status.media.is_empty() && status.quote.is_none() {
        errors.push("Text can't be blank".to_owned());
    }
    let counted = text::counted_length(&status.text) + text::graphemes(&status.spoiler_text);
    if counted > MAX_STATUS_CHARACTERS {
        errors.push(format!(
            "Text character limit of {MAX_STATUS_CHARACTERS} exceeded"
        ));
    }
    if let [tag] = disallowed {
        errors.push(format!("Text contained a disallowed hashtag: {tag}"));
    } else if !disallowed.is_empty() {
        let tags = disallowed.join(", ");
        errors.push(format!("Text contained the disallowed hashtags: {tags}"));
    }
    errors
}

fn reject_if_any(validation_errors: Vec<String>) -> Result<(), PostError> {
    if validation_errors.is_empty() {
        Ok(())
    } else {
        Err(PostError::Invalid(validation_errors))
    }
}

impl State {
    /// Returns the default values of a user.
    pub(crate) fn posting_defaults(&self, user: Id) -> PostingDefaults {
        let account = self.accounts.get(&user);
        account.map_or_else(PostingDefaults::default, |account| PostingDefaults {
            // The default of a locked account is private.
            visibility: account
                .default_visibility
                .unwrap_or(if account.profile.locked {
                    Visibility::Private
                } else {
                    Visibility::Public
                }),
            ..account.posting_defaults.clone()
        })
    }

    /// Validates a status that is scheduled. Its mentions are resolved when it is published, so a direct status that
    /// quotes another account is always rejected.
    pub(crate) fn validate_scheduled(
        &self,
        account: Id,
        draft: &StatusDraft,
        now: Timestamp,
    ) -> Result<(), PostError> {
        self.check_direct_quote(account, draft, &[])?;
        let status = self.drafted_status(account, draft, text::strip(&draft.text), now);
        if self.is_spam(account, &draft.text, std::iter::empty(), now) {
            return Err(PostError::SilentlyDropped(Box::new(status)));
        }
        let mut errors = self.text_errors(&status);
        errors.extend(draft.poll.iter().flat_map(PollDraft::validation_errors));
        if errors.is_empty() {
            Ok(())
        } else {
            Err(PostError::InvalidScheduled(errors))
        }
    }

    fn text_errors(&self, status: &Status) -> Vec<String> {
        text_errors(status, &self.unusable_hashtags(&status.text))
    }

    /// Whether a new status has a banned text, and neither replies to nor mentions a follower of the author.
    fn is_spam(
        &self,
        author: Id,
        text: &str,
        mut involved: impl Iterator<Item = Id>,
        now: Timestamp,
    ) -> bool {
        let (banned, banned_if_new) = self.behavior.with(|behavior| {
            let posting = &behavior.posting;
            (
                posting.banned_texts.clone(),
                posting.banned_texts_of_new_accounts.clone(),
            )
        });
        let account = self.accounts.get(&author);
        let is_new = account.is_some_and(|account| later(account.created, NEW_ACCOUNT_AGE) >= now);
        let text = text.to_lowercase();
        let mut banned = banned.iter().chain(banned_if_new.iter().filter(|_| is_new));
        banned.any(|banned| text.contains(&banned.to_lowercase()))
            && !involved.any(|account| self.follows(account, author))
    }

    /// Rejects a direct status that quotes an account without mentioning it.
    fn check_direct_quote(
        &self,
        account: Id,
        draft: &StatusDraft,
        mentioned: &[Id],
    ) -> Result<(), PostError> {
        let quoted = draft.quoted.and_then(|id| self.statuses.get(&id));
        let quoted = quoted.filter(|_| draft.visibility == Visibility::Direct);
        match quoted {
            Some(quoted) if quoted.account != account && !mentioned.contains(&quoted.account) => {
                Err(PostError::Invalid(vec![
                    "Cannot quote a non-mentioned user in a Private Mention post.".to_owned(),
                ]))
            }
            _ => Ok(()),
        }
    }

    /// Returns the status that a draft becomes, without its ID, mentions and poll.
    fn drafted_status(
        &self,
        account: Id,
        draft: &StatusDraft,
        text: &str,
        created: Timestamp,
    ) -> Status {
        let parent = draft.reply_to.and_then(|id| self.statuses.get(&id));
        let parent = parent.and_then(|status| self.statuses.get(&status.original_id()));
        let quoted = draft.quoted.and_then(|id| self.statuses.get(&id));
        let visibility = self.allowed_visibility(account, draft.visibility, quoted);
        Status {
            spoiler_text: text::strip(&draft.spoiler_text).to_owned(),
            sensitive: draft.sensitive,
            visibility,
            language: draft.language.clone(),
            reply_to: parent.map(|parent| parent.id),
            // A self-reply keeps the replied-to account of its parent.
            reply_to_account: parent.map(|parent| {
                parent
                    .reply_to_account
                    .filter(|_| parent.account == account)
                    .unwrap_or(parent.account)
            }),
            conversation: parent.map_or(0, |parent| parent.conversation),
            media: draft.media.clone(),
            quote: draft.quoted.map(|_| Quote {
                status: quoted.map(|quoted| quoted.id),
                revoked: false,
            }),
            quote_policy: draft.quote_policy.limited_by(visibility),
            application: draft.application.clone(),
            ..Status::new(0, account, created, text)
        }
    }

    /// Returns the visibility of a status for which the author has requested one. Limited accounts cannot post publicly,
    /// and who quotes a private status cannot reach more accounts than that does.
    fn allowed_visibility(
        &self,
        account: Id,
        requested: Visibility,
        quoted: Option<&Status>,
    ) -> Visibility {
        let account = self.accounts.get(&account);
        let is_limited = account.is_some_and(|account| account.limited);
        let quotes_private = quoted.is_some_and(|status| status.visibility == Visibility::Private);
        if quotes_private {
            requested.max(Visibility::Private)
        } else if is_limited {
            requested.max(Visibility::Unlisted)
        } else {
            requested
        }
    }

    /// Publishes a status and notifies the mentioned, following and quoted users.
    pub(crate) fn publish_status(
        &mut self,
        account: Id,
        draft: StatusDraft,
        now: Timestamp,
    ) -> Result<Id, PostError> {
        self.publish_status_created_at(account, draft, None, now)
    }

    /// Like [`publish_status`](Self::publish_status), for a status that was created earlier on another server.
    pub(crate) fn publish_status_created_at(
        &mut self,
        account: Id,
        draft: StatusDraft,
        created: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Id, PostError> {
        let resolved = self.resolve_mentions(account, text::strip(&draft.text));
        if let Some(allowed) = &draft.allowed_mentions {
            // Accounts that the author blocks are not mentioned, but must be allowed too.
            let unexpected = resolved.accounts.iter().filter(|id| !allowed.contains(id));
            let unexpected: Vec<Id> = unexpected.copied().collect();
            if !unexpected.is_empty() {
                return Err(PostError::UnexpectedMentions(unexpected));
            }
        }
        self.check_direct_quote(account, &draft, &resolved.accounts)?;
        let mut status = self.drafted_status(account, &draft, &resolved.text, now);
        status.mentions.clone_from(&resolved.mentions);
        let accounts = resolved.accounts.iter().copied();
        let involved = accounts.chain(status.reply_to_account);
        if self.is_spam(account, &resolved.text, involved, now) {
            status.id = self.next_id(now);
            return Err(PostError::SilentlyDropped(Box::new(status)));
        }
        let mut errors = self.text_errors(&status);
        errors.extend(draft.poll.iter().flat_map(PollDraft::validation_errors));
        reject_if_any(errors)?;
        let (id, created) = match (draft.id, created) {
            (Some(id), created) => (id, created.unwrap_or(now)),
            (None, Some(created)) => (self.free_status_id_at(created), created),
            (None, None) => self.next_status_id(now),
        };
        (status.id, status.created, status.arrived) = (id, created, now);
        if status.reply_to.is_none() {
            status.conversation = id;
        }
        let quoted = draft.quoted.and_then(|id| self.statuses.get(&id));
        let quoted = quoted.map(|status| status.account);
        status
            .silent_mentions
            .extend(quoted.filter(|author| *author != account));
        if let Some(poll) = draft.poll {
            status.poll = Some(self.new_poll(account, poll, now));
        }
        self.insert_status(status);
        for mentioned in resolved.mentions {
            self.notify_about_status(mentioned, "mention", account, id, now);
        }
        for follower in self.followers_to_notify(account, id, now) {
            self.notify_about_status(follower, "status", account, id, now);
        }
        if let Some(author) = quoted {
            self.notify_about_status(author, "quote", account, id, now);
        }
        Ok(id)
    }

    fn new_poll(&mut self, author: Id, draft: PollDraft, now: Timestamp) -> Poll {
        let mut poll = draft.into_poll(self.next_row_id(), now);
        let author = self.accounts.get(&author);
        if author.is_some_and(|author| author.domain.is_some()) {
            // The voters of a poll on another server are notified after its results have arrived.
            poll.end_notified_at = later(poll.expires, RESULT_DELAY);
        }
        poll
    }

    /// Publishes a public status of another server that arrives later than it was created.
    pub(crate) fn publish_late(
        &mut self,
        account: Id,
        text: &str,
        created: Timestamp,
        now: Timestamp,
    ) -> Option<Id> {
        let draft = StatusDraft {
            id: None,
            text: text.to_owned(),
            spoiler_text: String::new(),
            sensitive: false,
            visibility: Visibility::Public,
            language: Some("en".to_owned()),
            reply_to: None,
            media: Vec::new(),
            poll: None,
            quoted: None,
            quote_policy: QuotePolicy::Public,
            allowed_mentions: None,
            application: None,
        };
        self.publish_status_created_at(account, draft, Some(created), now)
            .ok()
    }

    /// Returns the followers who want notifications about new statuses of the author.
    fn followers_to_notify(&self, author: Id, id: Id, now: Timestamp) -> Vec<Id> {
        let Some(status) = self.statuses.get(&id) else {
            return Vec::new();
        };
        let wants = |account: &&super::Account| {
            let follow = account.follows.get(&author);
            follow.is_some_and(|follow| follow.notify)
                && status.visibility != Visibility::Direct
                && !status.is_reply_to_other_account()
                && self.filter_for_home(account.id, status, now) != Filtered::Hidden
        };
        let accounts = self.accounts.values().filter(wants);
        accounts.map(|account| account.id).collect()
    }

    /// Edits a status. An edit without changes creates no version.
    pub(crate) fn edit_status(
        &mut self,
        id: Id,
        edit: EditDraft,
        now: Timestamp,
    ) -> Result<(), PostError> {
        let Some(before) = self.statuses.get(&id).cloned() else {
            return Ok(());
        };
        reject_if_any(
            edit.poll
                .as_ref()
                .map(PollDraft::validation_errors)
                .unwrap_or_default(),
        )?;
        let mut after = Status {
            text: edit.text,
            spoiler_text: edit.spoiler_text.unwrap_or(before.spoiler_text.clone()),
            sensitive: edit.sensitive,
            language: edit.language.or(before.language.clone()),
            media: edit.media,
            quote_policy: edit.quote_policy.unwrap_or(before.quote_policy),
            ..before.clone()
        };
        after.poll = edit.poll.map(|poll| self.edited_poll(&before, poll, now));
        // Compared as sent: white space around the text counts as a change, although it is then removed.
        let deadline = |status: &Status| status.poll.as_ref().map(|poll| (poll.id, poll.expires));
        let is_changed = before.text != after.text
            || before.spoiler_text != after.spoiler_text
            || before.sensitive != after.sensitive
            || before.language != after.language
            || before.quote_policy != after.quote_policy
            || before.media != after.media
            || deadline(&before) != deadline(&after)
            || !edit.changed_media.is_empty();
        if !is_changed {
            return Ok(());
        }
        let resolved = self.resolve_mentions(after.account, text::strip(&after.text));
        after.text.clone_from(&resolved.text);
        after.spoiler_text = text::strip(&after.spoiler_text).to_owned();
        after.quote_policy = after.quote_policy.limited_by(after.visibility);
        reject_if_any(self.text_errors(&after))?;
        if before.versions.is_empty() {
            after.versions.push(self.snapshot(&before, before.created));
        }
        for attachment in edit.changed_media {
            self.media.insert(attachment.id, attachment);
        }
        self.reattach_poll_and_media(&before, &after);
        after.edited = Some(now);
        if before.text != after.text {
            after.card = None;
            self.fetch_card_later(id, now);
        }
        after.tags = text::hashtags(&after.text);
        self.register_tags(&after.text);
        // An account that is blocked since does not keep its access.
        let removed = difference(&before.mentions, &resolved.accounts);
        after.silent_mentions.extend(removed);
        after.mentions = resolved.mentions;
        after.versions.push(self.snapshot(&after, now));
        self.statuses.insert(id, after);
        self.stream_edit(id, now);
        self.notify_about_edit(id, now);
        Ok(())
    }

    /// Notifies the accounts that an edit concerns. Who has a notification about the mention already, gets no other one;
    /// notifications about earlier edits are replaced.
    fn notify_about_edit(&mut self, id: Id, now: Timestamp) {
        let Some(status) = self.statuses.get(&id) else {
            return;
        };
        let author = status.account;
        let is_quote = |id: &Id| {
            let quote = self.statuses.get(id).and_then(|status| status.quote);
            quote.is_some_and(|quote| !quote.revoked)
        };
        let mentions = status.mentions.iter().map(|to| (*to, "mention", id));
        let boosters = status.reblogged_by.keys().map(|to| (*to, "update", id));
        let quoting = status.quoted_by.keys().filter(|id| is_quote(id));
        let quoters = quoting.filter_map(|quoting| {
            let quoter = self.statuses.get(quoting)?.account;
            Some((quoter, "quoted_update", *quoting))
        });
        let notified: Vec<_> = mentions.chain(boosters).chain(quoters).collect();
        for (to, kind, status) in notified {
            let is_about_this = |other: &Notification| {
                other.to == to && other.kind == kind && other.status == Some(status)
            };
            if kind != "mention" {
                self.notifications.retain(|_, other| !is_about_this(other));
            } else if self.notifications.values().any(is_about_this) {
                continue;
            }
            self.notify_about_status(to, kind, author, status, now);
        }
    }

    /// Returns the edited poll. Its time starts again. The votes are deleted unless the options are sent exactly as they
    /// are, and `multiple` as well.
    fn edited_poll(&mut self, before: &Status, new: PollDraft, now: Timestamp) -> Poll {
        let old = before.poll.as_ref();
        let kept =
            old.filter(|old| old.options == new.sent_options && new.multiple == Some(old.multiple));
        let id = old.map_or_else(|| self.next_row_id(), |old| old.id);
        let mut poll = new.into_poll(id, now);
        poll.end_notified_at = later(poll.expires, RESULT_DELAY);
        poll.votes = kept.map(|old| old.votes.clone()).unwrap_or_default();
        poll
    }

    /// Attaches the poll and the media of an edited status. Media that the edit leaves out stays attached to the status,
    /// although it is no longer shown: a later edit can show it again, but another status cannot have it.
    fn reattach_poll_and_media(&mut self, before: &Status, after: &Status) {
        for attachment in &after.media {
            if let Some(attachment) = self.media.get_mut(attachment) {
                attachment.status = Some(after.id);
            }
        }
        if let (Some(old), None) = (&before.poll, &after.poll) {
            self.polls.remove(&old.id);
        }
        if let Some(poll) = &after.poll {
            self.polls.insert(poll.id, after.id);
            self.add_due_task(poll.end_notified_at, super::DueTask::EndPoll(poll.id));
        }
    }

    /// Returns the current content of a status as a version for its history.
    pub(crate) fn snapshot(&self, status: &Status, created: Timestamp) -> StatusVersion {
        let with_description = |id: &Id| {
            let attachment = self.media.get(id);
            (
                *id,
                attachment.and_then(|attachment| attachment.description.clone()),
            )
        };
        StatusVersion {
            created,
            text: status.text.clone(),
            spoiler_text: status.spoiler_text.clone(),
            sensitive: status.sensitive,
            media: status.media.iter().map(with_description).collect(),
            options: status.poll.as_ref().map(|poll| poll.options.clone()),
            quote: status.quote,
        }
    }
}

/// Returns the IDs that are only in the first slice.
fn difference(ids: &[Id], other: &[Id]) -> Vec<Id> {
    ids.iter()
        .filter(|id| !other.contains(id))
        .copied()
        .collect()
}
