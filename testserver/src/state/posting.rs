//! Posting and editing: what a status must be, and whom it concerns.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Application, Media, Poll, Quote, QuotePolicy, State, Status, Version, Visibility};
use crate::clock::seconds_after;
use crate::ids::Id;
use crate::limits::{CHARACTERS, OPTION_CHARACTERS, OPTIONS, POLL_SECONDS};
use crate::text;

/// Why nothing was posted.
#[derive(Debug)]
pub(crate) enum Problem {
    /// What the validation found.
    Invalid(Vec<String>),
    /// The text mentions accounts that the poster did not name.
    Unexpected(Vec<Id>),
}

/// A poll to be made.
#[derive(Clone, Debug)]
pub(crate) struct PollDraft {
    pub(crate) options: Vec<String>,
    pub(crate) expires_in: i64,
    pub(crate) multiple: bool,
    pub(crate) hide_totals: bool,
}

/// A status to be posted, its defaults filled in.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) spoiler: String,
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

/// What holds where a post does not say it.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub(crate) visibility: Visibility,
    pub(crate) sensitive: bool,
    pub(crate) language: Option<String>,
    pub(crate) quote_policy: QuotePolicy,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            visibility: Visibility::Public,
            sensitive: false,
            language: None,
            quote_policy: QuotePolicy::Public,
        }
    }
}

/// What a status is to become.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) text: String,
    pub(crate) spoiler: String,
    pub(crate) sensitive: bool,
    pub(crate) language: Option<String>,
    pub(crate) media: Vec<Id>,
    /// Attached files with their new descriptions and the like.
    pub(crate) changed_media: Vec<Media>,
    pub(crate) poll: Option<PollDraft>,
    pub(crate) quote_policy: Option<QuotePolicy>,
}

impl PollDraft {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.options.len() < 2 {
            problems.push("Choices must have more than one item".to_owned());
        }
        if self.options.len() > OPTIONS {
            problems.push(format!("Choices can't contain more than {OPTIONS} items"));
        }
        let long = |option: &String| option.chars().count() > OPTION_CHARACTERS;
        if self.options.iter().any(long) {
            problems.push(format!(
                "Choices cannot be longer than {OPTION_CHARACTERS} characters each"
            ));
        }
        if self.options.iter().collect::<BTreeSet<_>>().len() < self.options.len() {
            problems.push("Choices contain duplicate items".to_owned());
        }
        if self.expires_in > *POLL_SECONDS.end() {
            problems.push("Deadline is too far into the future".to_owned());
        }
        if self.expires_in < *POLL_SECONDS.start() {
            problems.push("Deadline is too soon".to_owned());
        }
        problems
    }

    fn begin(self, id: Id, now: Timestamp) -> Poll {
        Poll {
            id,
            options: self.options,
            // The validation has left only what lies within a month.
            expires: seconds_after(now, self.expires_in).unwrap_or(Timestamp::MAX),
            multiple: self.multiple,
            hide_totals: self.hide_totals,
            votes: BTreeMap::new(),
        }
    }
}

/// What is wrong with a status of these parts.
fn problems(text: &str, spoiler: &str, poll: Option<&PollDraft>, has_more: bool) -> Vec<String> {
    let mut problems = Vec::new();
    if text.is_empty() && poll.is_none() && !has_more {
        problems.push("Text can't be blank".to_owned());
    }
    if text::length(text) + spoiler.chars().count() > CHARACTERS {
        problems.push(format!("Text character limit of {CHARACTERS} exceeded"));
    }
    problems.extend(poll.map(PollDraft::problems).unwrap_or_default());
    problems
}

fn refuse_if(problems: Vec<String>) -> Result<(), Problem> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problem::Invalid(problems))
    }
}

impl State {
    /// The user's own defaults.
    pub(crate) fn posting_defaults(&self, user: Id) -> Defaults {
        let account = self.accounts.get(&user);
        account.map_or_else(Defaults::default, |account| Defaults {
            // Who approves followers by hand means them, unless they say otherwise.
            visibility: account.privacy.unwrap_or(if account.profile.locked {
                Visibility::Private
            } else {
                Visibility::Public
            }),
            ..account.posting.clone()
        })
    }

    /// Whether the draft could be posted as it is.
    pub(crate) fn check(&self, account: Id, draft: &Draft) -> Result<(), Problem> {
        let quoted = draft.quoted.and_then(|id| self.statuses.get(&id));
        if let Some(quoted) = quoted
            && draft.visibility == Visibility::Direct
            && quoted.account != account
            && !self.mentions(&draft.text).contains(&quoted.account)
        {
            return Err(Problem::Invalid(vec![
                "Cannot quote a non-mentioned user in a Private Mention post.".to_owned(),
            ]));
        }
        let has_more = !draft.media.is_empty() || draft.quoted.is_some();
        refuse_if(problems(
            &draft.text,
            &draft.spoiler,
            draft.poll.as_ref(),
            has_more,
        ))
    }

    /// Posts a status and tells those whom it concerns.
    pub(crate) fn publish(
        &mut self,
        account: Id,
        draft: Draft,
        now: Timestamp,
    ) -> Result<Id, Problem> {
        let mentions = self.mentions(&draft.text);
        if let Some(allowed) = &draft.allowed_mentions {
            let unexpected = mentions.iter().filter(|id| !allowed.contains(id));
            let unexpected: Vec<Id> = unexpected.copied().collect();
            if !unexpected.is_empty() {
                return Err(Problem::Unexpected(unexpected));
            }
        }
        self.check(account, &draft)?;
        let id = self.next_id(now);
        let above = draft.reply_to.and_then(|id| self.statuses.get(&id));
        let above = above.and_then(|status| self.statuses.get(&status.proper()));
        let quoted = draft.quoted.and_then(|id| self.statuses.get(&id));
        let quoted = quoted.map(|status| (status.id, status.account));
        let mut status = Status {
            spoiler: draft.spoiler,
            sensitive: draft.sensitive,
            visibility: draft.visibility,
            language: draft.language,
            reply_to: above.map(|above| above.id),
            // Who goes on with their own thread still answers whom the thread answers.
            reply_to_account: above.map(|above| {
                above
                    .reply_to_account
                    .filter(|_| above.account == account)
                    .unwrap_or(above.account)
            }),
            conversation: above.map_or(id, |above| above.conversation),
            mentions: mentions.clone(),
            media: draft.media,
            quote: draft.quoted.map(|_| Quote {
                status: quoted.map(|(id, _)| id),
                revoked: false,
            }),
            quote_policy: draft.quote_policy.within(draft.visibility),
            application: draft.application,
            ..Status::new(id, account, now, &draft.text)
        };
        status.silent.extend(
            quoted
                .map(|(_, author)| author)
                .filter(|author| *author != account),
        );
        status.poll = draft.poll.map(|poll| poll.begin(self.next_row(), now));
        self.insert_status(status);
        for mentioned in mentions {
            self.tell(mentioned, "mention", account, id, now);
        }
        for follower in self.attentive(account, id) {
            self.tell(follower, "status", account, id, now);
        }
        if let Some((_, author)) = quoted {
            self.tell(author, "quote", account, id, now);
        }
        Ok(id)
    }

    /// The followers who want to be told of this new status.
    fn attentive(&self, author: Id, id: Id) -> Vec<Id> {
        let Some(status) = self.statuses.get(&id) else {
            return Vec::new();
        };
        let wants = |account: &&super::Account| {
            let follow = account.follows.get(&author);
            follow.is_some_and(|follow| follow.notify && follow.brings(status))
                && !status.answers_another()
                && self.sees(Some(account.id), status)
        };
        let accounts = self.accounts.values().filter(wants);
        accounts.map(|account| account.id).collect()
    }

    /// Replaces a status. What changes nothing leaves no trace.
    pub(crate) fn edit(&mut self, id: Id, edit: Edit, now: Timestamp) -> Result<(), Problem> {
        let Some(before) = self.statuses.get(&id).cloned() else {
            return Ok(());
        };
        let has_more = !edit.media.is_empty() || before.quote.is_some();
        refuse_if(problems(
            &edit.text,
            &edit.spoiler,
            edit.poll.as_ref(),
            has_more,
        ))?;
        let mut after = Status {
            text: edit.text,
            spoiler: edit.spoiler,
            sensitive: edit.sensitive,
            language: edit.language.or(before.language.clone()),
            media: edit.media,
            ..before.clone()
        };
        if let Some(policy) = edit.quote_policy {
            after.quote_policy = policy.within(after.visibility);
        }
        after.poll = edit
            .poll
            .map(|poll| self.edited_poll(before.poll.as_ref(), poll, now));
        let deadline = |status: &Status| status.poll.as_ref().map(|poll| (poll.id, poll.expires));
        let changed = before.text != after.text
            || before.spoiler != after.spoiler
            || before.sensitive != after.sensitive
            || before.language != after.language
            || before.media != after.media
            || deadline(&before) != deadline(&after)
            || !edit.changed_media.is_empty();
        if !changed {
            if let Some(status) = self.statuses.get_mut(&id) {
                status.quote_policy = after.quote_policy;
            }
            return Ok(());
        }
        if before.versions.is_empty() {
            after.versions.push(self.version(&before, before.created));
        }
        for medium in edit.changed_media {
            self.media.insert(medium.id, medium);
        }
        self.retie_poll_and_media(&before, &after);
        after.edited = Some(now);
        after.tags = text::hashtags(&after.text);
        self.note_tags(&after.text);
        after.mentions = self.mentions(&after.text);
        let (gone, new): (Vec<Id>, Vec<Id>) = (
            left_out(&before.mentions, &after.mentions),
            left_out(&after.mentions, &before.mentions),
        );
        after.silent.extend(gone);
        after.versions.push(self.version(&after, now));
        let boosters: Vec<Id> = after.reblogged_by.keys().copied().collect();
        let quoting: Vec<Id> = after.quoted_by.keys().copied().collect();
        let author = after.account;
        self.statuses.insert(id, after);
        self.stream_edit(id, now);
        for mentioned in new {
            self.tell(mentioned, "mention", author, id, now);
        }
        for booster in boosters {
            self.tell(booster, "update", author, id, now);
        }
        for quoting in quoting {
            let found = self.statuses.get(&quoting);
            let found = found.filter(|status| status.quote.is_some_and(|quote| !quote.revoked));
            if let Some(quoter) = found.map(|status| status.account) {
                self.tell(quoter, "quoted_update", author, quoting, now);
            }
        }
        Ok(())
    }

    /// The poll that comes of an edit: the old one, its votes thrown away where they would no longer fit.
    fn edited_poll(&mut self, old: Option<&Poll>, new: PollDraft, now: Timestamp) -> Poll {
        let Some(old) = old else {
            let id = self.next_row();
            return new.begin(id, now);
        };
        let fits = old.options == new.options && old.multiple == new.multiple;
        let mut poll = new.begin(old.id, now);
        if fits {
            poll.votes = old.votes.clone();
        }
        poll
    }

    fn retie_poll_and_media(&mut self, before: &Status, after: &Status) {
        for medium in &before.media {
            if let Some(medium) = self.media.get_mut(medium) {
                medium.status = None;
            }
        }
        for medium in &after.media {
            if let Some(medium) = self.media.get_mut(medium) {
                medium.status = Some(after.id);
            }
        }
        if let (Some(old), None) = (&before.poll, &after.poll) {
            self.polls.remove(&old.id);
        }
        if let Some(poll) = &after.poll {
            self.polls.insert(poll.id, after.id);
            self.at(poll.expires, super::Due::Poll(poll.id));
        }
    }

    /// A status as it is now, for its history.
    pub(crate) fn version(&self, status: &Status, created: Timestamp) -> Version {
        let described = |id: &Id| {
            let medium = self.media.get(id);
            (*id, medium.and_then(|medium| medium.description.clone()))
        };
        Version {
            created,
            text: status.text.clone(),
            spoiler: status.spoiler.clone(),
            sensitive: status.sensitive,
            media: status.media.iter().map(described).collect(),
            options: status.poll.as_ref().map(|poll| poll.options.clone()),
            quote: status.quote,
        }
    }
}

/// The members of one list that the other does not have.
fn left_out(of: &[Id], other: &[Id]) -> Vec<Id> {
    of.iter()
        .filter(|id| !other.contains(id))
        .copied()
        .collect()
}
