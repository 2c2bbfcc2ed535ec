//! Publishing and editing of statuses: validation and notifications.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Application, Filtered, Media, Poll, Quote, QuotePolicy, State, Status, StatusVersion,
    Visibility,
};
use crate::clock::seconds_after;
use crate::ids::Id;
use crate::limits::{
    MAX_POLL_OPTION_CHARACTERS, MAX_POLL_OPTIONS, MAX_STATUS_CHARACTERS, POLL_DURATION_SECONDS,
};
use crate::text;

/// Reason why a status was not published or edited.
#[derive(Debug)]
pub(crate) enum PostError {
    /// Messages of the failed validation.
    Invalid(Vec<String>),
    /// Mentioned accounts that are not in `allowed_mentions`.
    UnexpectedMentions(Vec<Id>),
}

/// Parameters of a poll to create.
#[derive(Clone, Debug)]
pub(crate) struct PollDraft {
    pub(crate) options: Vec<String>,
    pub(crate) expires_in: i64,
    pub(crate) multiple: bool,
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
    pub(crate) spoiler_text: String,
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
        let mut validation_errors = Vec::new();
        if self.options.len() < 2 {
            validation_errors.push("Choices must have more than one item".to_owned());
        }
        if self.options.len() > MAX_POLL_OPTIONS {
            validation_errors.push(format!(
                "Choices can't contain more than {MAX_POLL_OPTIONS} items"
            ));
        }
        let is_too_long = |option: &String| option.chars().count() > MAX_POLL_OPTION_CHARACTERS;
        if self.options.iter().any(is_too_long) {
            validation_errors.push(format!(
                "Choices cannot be longer than {MAX_POLL_OPTION_CHARACTERS} characters each"
            ));
        }
        if self.options.iter().collect::<BTreeSet<_>>().len() < self.options.len() {
            validation_errors.push("Choices contain duplicate items".to_owned());
        }
        if self.expires_in > *POLL_DURATION_SECONDS.end() {
            validation_errors.push("Deadline is too far into the future".to_owned());
        }
        if self.expires_in < *POLL_DURATION_SECONDS.start() {
            validation_errors.push("Deadline is too soon".to_owned());
        }
        validation_errors
    }

    fn into_poll(self, id: Id, now: Timestamp) -> Poll {
        Poll {
            id,
            options: self.options,
            // The validation allows at most one month, so the sum is in range.
            expires: seconds_after(now, self.expires_in).unwrap_or(Timestamp::MAX),
            multiple: self.multiple,
            hide_totals: self.hide_totals,
            votes: BTreeMap::new(),
        }
    }
}

/// Validates the content of a status.
fn validation_errors(
    text: &str,
    spoiler_text: &str,
    poll: Option<&PollDraft>,
    has_attachments: bool,
) -> Vec<String> {
    let mut validation_errors = Vec::new();
    if text.is_empty() && poll.is_none() && !has_attachments {
        validation_errors.push("Text can't be blank".to_owned());
    }
    if text::counted_length(text) + spoiler_text.chars().count() > MAX_STATUS_CHARACTERS {
        validation_errors.push(format!(
            "Text character limit of {MAX_STATUS_CHARACTERS} exceeded"
        ));
    }
    validation_errors.extend(poll.map(PollDraft::validation_errors).unwrap_or_default());
    validation_errors
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

    /// Validates a draft.
    pub(crate) fn validate_draft(&self, account: Id, draft: &StatusDraft) -> Result<(), PostError> {
        let quoted = draft.quoted.and_then(|id| self.statuses.get(&id));
        if let Some(quoted) = quoted
            && draft.visibility == Visibility::Direct
            && quoted.account != account
            && !self
                .mentioned_accounts(&draft.text)
                .contains(&quoted.account)
        {
            return Err(PostError::Invalid(vec![
                "Cannot quote a non-mentioned user in a Private Mention post.".to_owned(),
            ]));
        }
        self.check_hashtags(&draft.text)?;
        let has_attachments = !draft.media.is_empty() || draft.quoted.is_some();
        reject_if_any(validation_errors(
            &draft.text,
            &draft.spoiler_text,
            draft.poll.as_ref(),
            has_attachments,
        ))
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
        let mentions = self.mentioned_accounts(&draft.text);
        if let Some(allowed) = &draft.allowed_mentions {
            let unexpected = mentions.iter().filter(|id| !allowed.contains(id));
            let unexpected: Vec<Id> = unexpected.copied().collect();
            if !unexpected.is_empty() {
                return Err(PostError::UnexpectedMentions(unexpected));
            }
        }
        self.validate_draft(account, &draft)?;
        let (id, created) = match (draft.id, created) {
            (Some(id), created) => (id, created.unwrap_or(now)),
            (None, Some(created)) => (self.free_status_id_at(created), created),
            (None, None) => self.next_status_id(now),
        };
        let parent = draft.reply_to.and_then(|id| self.statuses.get(&id));
        let parent = parent.and_then(|status| self.statuses.get(&status.original_id()));
        let quoted = draft.quoted.and_then(|id| self.statuses.get(&id));
        let quoted = quoted.map(|status| (status.id, status.account));
        let mut status = Status {
            arrived: now,
            spoiler_text: draft.spoiler_text,
            sensitive: draft.sensitive,
            visibility: draft.visibility,
            language: draft.language,
            reply_to: parent.map(|parent| parent.id),
            // A self-reply keeps the replied-to account of its parent.
            reply_to_account: parent.map(|parent| {
                parent
                    .reply_to_account
                    .filter(|_| parent.account == account)
                    .unwrap_or(parent.account)
            }),
            conversation: parent.map_or(id, |parent| parent.conversation),
            mentions: mentions.clone(),
            media: draft.media,
            quote: draft.quoted.map(|_| Quote {
                status: quoted.map(|(id, _)| id),
                revoked: false,
            }),
            quote_policy: draft.quote_policy.limited_by(draft.visibility),
            application: draft.application,
            ..Status::new(id, account, created, &draft.text)
        };
        status.silent_mentions.extend(
            quoted
                .map(|(_, author)| author)
                .filter(|author| *author != account),
        );
        status.poll = draft
            .poll
            .map(|poll| poll.into_poll(self.next_row_id(), now));
        self.insert_status(status);
        for mentioned in mentions {
            self.notify_about_status(mentioned, "mention", account, id, now);
        }
        for follower in self.followers_to_notify(account, id, now) {
            self.notify_about_status(follower, "status", account, id, now);
        }
        if let Some((_, author)) = quoted {
            self.notify_about_status(author, "quote", account, id, now);
        }
        Ok(id)
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
        self.check_hashtags(&edit.text)?;
        let has_attachments = !edit.media.is_empty() || before.quote.is_some();
        reject_if_any(validation_errors(
            &edit.text,
            &edit.spoiler_text,
            edit.poll.as_ref(),
            has_attachments,
        ))?;
        let mut after = Status {
            text: edit.text,
            spoiler_text: edit.spoiler_text,
            sensitive: edit.sensitive,
            language: edit.language.or(before.language.clone()),
            media: edit.media,
            ..before.clone()
        };
        if let Some(policy) = edit.quote_policy {
            after.quote_policy = policy.limited_by(after.visibility);
        }
        after.poll = edit
            .poll
            .map(|poll| self.edited_poll(before.poll.as_ref(), poll, now));
        let deadline = |status: &Status| status.poll.as_ref().map(|poll| (poll.id, poll.expires));
        let is_changed = before.text != after.text
            || before.spoiler_text != after.spoiler_text
            || before.sensitive != after.sensitive
            || before.language != after.language
            || before.media != after.media
            || deadline(&before) != deadline(&after)
            || !edit.changed_media.is_empty();
        if !is_changed {
            if let Some(status) = self.statuses.get_mut(&id) {
                status.quote_policy = after.quote_policy;
            }
            return Ok(());
        }
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
        after.mentions = self.mentioned_accounts(&after.text);
        let (removed, added): (Vec<Id>, Vec<Id>) = (
            difference(&before.mentions, &after.mentions),
            difference(&after.mentions, &before.mentions),
        );
        after.silent_mentions.extend(removed);
        after.versions.push(self.snapshot(&after, now));
        let boosters: Vec<Id> = after.reblogged_by.keys().copied().collect();
        let quoting: Vec<Id> = after.quoted_by.keys().copied().collect();
        let author = after.account;
        self.statuses.insert(id, after);
        self.stream_edit(id, now);
        for mentioned in added {
            self.notify_about_status(mentioned, "mention", author, id, now);
        }
        for booster in boosters {
            self.notify_about_status(booster, "update", author, id, now);
        }
        for quoting in quoting {
            let status = self.statuses.get(&quoting);
            let status = status.filter(|status| status.quote.is_some_and(|quote| !quote.revoked));
            if let Some(quoter) = status.map(|status| status.account) {
                self.notify_about_status(quoter, "quoted_update", author, quoting, now);
            }
        }
        Ok(())
    }

    /// Returns the edited poll. The votes are reset if the options change.
    fn edited_poll(&mut self, old: Option<&Poll>, new: PollDraft, now: Timestamp) -> Poll {
        let Some(old) = old else {
            let id = self.next_row_id();
            return new.into_poll(id, now);
        };
        let keeps_votes = old.options == new.options && old.multiple == new.multiple;
        let mut poll = new.into_poll(old.id, now);
        if keeps_votes {
            poll.votes = old.votes.clone();
        }
        poll
    }

    fn reattach_poll_and_media(&mut self, before: &Status, after: &Status) {
        for attachment in &before.media {
            if let Some(attachment) = self.media.get_mut(attachment) {
                attachment.status = None;
            }
        }
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
            self.add_due_task(poll.expires, super::DueTask::EndPoll(poll.id));
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
