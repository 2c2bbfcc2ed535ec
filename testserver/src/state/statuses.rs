//! Statuses: content, visibility, and relations to other statuses.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::{Poll, State};
use crate::ids::Id;
use crate::text;

/// Visibility of a status, ordered from the most to the least public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    Public,
    Unlisted,
    Private,
    Direct,
}

impl Visibility {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "public" => Self::Public,
            "unlisted" => Self::Unlisted,
            "private" => Self::Private,
            "direct" => Self::Direct,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }

    /// Whether everyone can see and boost the status.
    pub(crate) fn is_distributable(self) -> bool {
        self <= Self::Unlisted
    }
}

/// Accounts that can quote a status, in addition to its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum QuotePolicy {
    Public,
    Followers,
    Nobody,
}

impl QuotePolicy {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "public" => Self::Public,
            "followers" => Self::Followers,
            "nobody" => Self::Nobody,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Followers => "followers",
            Self::Nobody => "nobody",
        }
    }

    /// Restricts the policy to what a status of this visibility allows.
    pub(crate) fn limited_by(self, visibility: Visibility) -> Self {
        if visibility.is_distributable() {
            self
        } else {
            Self::Nobody
        }
    }
}

/// Quote in a status. All authors are local, so quotes are accepted or rejected immediately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    /// Quoted status; `None` if it was deleted.
    pub(crate) status: Option<Id>,
    pub(crate) revoked: bool,
}

/// Application that posted a status.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) website: Option<String>,
}

/// Version of a status in its edit history.
#[derive(Clone, Debug)]
pub(crate) struct StatusVersion {
    pub(crate) created: Timestamp,
    pub(crate) text: String,
    pub(crate) spoiler_text: String,
    pub(crate) sensitive: bool,
    /// Media attachments, with the descriptions of that version.
    pub(crate) media: Vec<(Id, Option<String>)>,
    pub(crate) options: Option<Vec<String>>,
    pub(crate) quote: Option<Quote>,
}

#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) created: Timestamp,
    /// Time at which the server stored it. Later than `created` if IDs are skewed.
    pub(crate) arrived: Timestamp,
    pub(crate) edited: Option<Timestamp>,
    pub(crate) text: String,
    pub(crate) spoiler_text: String,
    pub(crate) sensitive: bool,
    pub(crate) visibility: Visibility,
    pub(crate) language: Option<String>,
    /// Status that it replies to; `None` if that was deleted.
    pub(crate) reply_to: Option<Id>,
    /// Account that it replies to. Kept if the replied-to status is deleted.
    pub(crate) reply_to_account: Option<Id>,
    /// Conversation: the ID of the first status of the thread.
    pub(crate) conversation: Id,
    /// Boosted status, if this is a boost.
    pub(crate) reblog_of: Option<Id>,
    /// Mentioned accounts, in the order of the text.
    pub(crate) mentions: Vec<Id>,
    /// Accounts that can see the status although the text does not (or no longer) mention them.
    pub(crate) silent_mentions: BTreeSet<Id>,
    /// Normalized hashtags.
    pub(crate) tags: Vec<String>,
    pub(crate) media: Vec<Id>,
    pub(crate) poll: Option<Poll>,
    pub(crate) quote: Option<Quote>,
    pub(crate) quote_policy: QuotePolicy,
    pub(crate) application: Option<Application>,
    /// URL of its preview card, once the server has fetched the card.
    pub(crate) card: Option<String>,
    /// Row number of the pin, if the status is pinned.
    pub(crate) pinned: Option<Id>,
    /// Versions: the original and one for each edit. Empty if the status was not edited.
    pub(crate) versions: Vec<StatusVersion>,
    /// Accounts that favourited it, with the row numbers.
    pub(crate) favourited_by: BTreeMap<Id, Id>,
    /// Accounts that bookmarked it, with the row numbers.
    pub(crate) bookmarked_by: BTreeMap<Id, Id>,
    /// Accounts that boosted it, with the IDs of the boosts.
    pub(crate) reblogged_by: BTreeMap<Id, Id>,
    /// Statuses that quote it, with the row numbers.
    pub(crate) quoted_by: BTreeMap<Id, Id>,
    /// Replies.
    pub(crate) replies: BTreeSet<Id>,
}

impl Status {
    /// Creates a public status with a text. Its mentions are not resolved.
    pub(crate) fn new(id: Id, account: Id, created: Timestamp, text: &str) -> Self {
        Self {
            id,
            account,
            created,
            arrived: created,
            edited: None,
            text: text.to_owned(),
            spoiler_text: String::new(),
            sensitive: false,
            visibility: Visibility::Public,
            language: Some("en".to_owned()),
            reply_to: None,
            reply_to_account: None,
            conversation: id,
            reblog_of: None,
            mentions: Vec::new(),
            silent_mentions: BTreeSet::new(),
            tags: text::hashtags(text),
            media: Vec::new(),
            poll: None,
            quote: None,
            quote_policy: QuotePolicy::Public,
            application: None,
            card: None,
            pinned: None,
            versions: Vec::new(),
            favourited_by: BTreeMap::new(),
            bookmarked_by: BTreeMap::new(),
            reblogged_by: BTreeMap::new(),
            quoted_by: BTreeMap::new(),
            replies: BTreeSet::new(),
        }
    }

    /// Returns the ID of the boosted status, or its own ID if it is not a boost.
    pub(crate) fn original_id(&self) -> Id {
        self.reblog_of.unwrap_or(self.id)
    }

    /// Whether public timelines can show the status.
    pub(crate) fn is_in_public_timelines(&self) -> bool {
        self.visibility == Visibility::Public && self.reblog_of.is_none()
    }

    /// Whether the status is a reply to another account.
    pub(crate) fn is_reply_to_other_account(&self) -> bool {
        self.reply_to_account
            .is_some_and(|account| account != self.account)
    }
}

impl State {
    /// Adds a status, links it to the status that it replies to, boosts or quotes, and streams it.
    pub(crate) fn insert_status(&mut self, status: Status) {
        let (id, author) = (status.id, status.account);
        if let Some(parent) = status.reply_to.and_then(|id| self.statuses.get_mut(&id)) {
            parent.replies.insert(id);
        }
        if let Some(boosted) = status.reblog_of.and_then(|id| self.statuses.get_mut(&id)) {
            boosted.reblogged_by.insert(author, id);
        }
        if let Some(quoted) = status.quote.and_then(|quote| quote.status) {
            let row = self.next_row_id();
            if let Some(quoted) = self.statuses.get_mut(&quoted) {
                quoted.quoted_by.insert(id, row);
            }
        }
        for attachment in &status.media {
            if let Some(attachment) = self.media.get_mut(attachment) {
                attachment.status = Some(id);
            }
        }
        if let Some(poll) = &status.poll {
            self.polls.insert(poll.id, id);
            self.add_due_task(poll.end_notified_at, super::DueTask::EndPoll(poll.id));
        }
        self.register_tags(&status.text);
        let arrived = status.arrived;
        self.statuses.insert(id, status);
        self.fetch_card_later(id, arrived);
        self.stream_update(id, arrived);
        if let Some(changed) = self.add_to_conversation(author, id) {
            self.stream_conversations(&[changed], arrived);
        }
    }

    /// Removes a status, its boosts and all notifications about it. Replies, quotes and media of it are kept.
    pub(crate) fn remove_status(&mut self, id: Id, now: Timestamp) -> Option<Status> {
        self.stream_delete(id, now);
        let removed = self.remove_without_deletion(id, now)?;
        self.release_media_later(id, false, now);
        Some(removed)
    }

    /// Removes a status with its media.
    pub(crate) fn remove_status_and_media(&mut self, id: Id, now: Timestamp) {
        self.stream_delete(id, now);
        if self.remove_without_deletion(id, now).is_some() {
            self.release_media_later(id, true, now);
        }
    }

    /// Removes one of many statuses of a deleted account.
    pub(crate) fn remove_status_in_bulk(&mut self, id: Id, now: Timestamp) {
        self.stream_bulk_delete(id, now);
        if self.remove_without_deletion(id, now).is_some() {
            self.release_media_later(id, false, now);
        }
    }

    fn remove_without_deletion(&mut self, id: Id, now: Timestamp) -> Option<Status> {
        let removed = self.statuses.remove(&id)?;
        let changed = self.remove_from_conversations(id);
        self.stream_conversations(&changed, now);
        for boost in removed.reblogged_by.values() {
            self.statuses.remove(boost);
        }
        for reply in &removed.replies {
            if let Some(reply) = self.statuses.get_mut(reply) {
                reply.reply_to = None;
            }
        }
        for quoting in removed.quoted_by.keys() {
            let quote = self.statuses.get_mut(quoting);
            if let Some(quote) = quote.and_then(|status| status.quote.as_mut()) {
                quote.status = None;
            }
        }
        if let Some(parent) = removed.reply_to.and_then(|id| self.statuses.get_mut(&id)) {
            parent.replies.remove(&id);
        }
        if let Some(quoted) = removed.quote.and_then(|quote| quote.status)
            && let Some(quoted) = self.statuses.get_mut(&quoted)
        {
            quoted.quoted_by.remove(&id);
        }
        if let Some(poll) = &removed.poll {
            self.polls.remove(&poll.id);
        }
        if let Some(boosted) = removed.reblog_of {
            if let Some(boosted) = self.statuses.get_mut(&boosted) {
                boosted.reblogged_by.remove(&removed.account);
            }
            self.remove_notification("reblog", removed.account, boosted);
        }
        self.delete_notifications(|notification| notification.status == Some(id));
        Some(removed)
    }

    /// Removes a favourite and the notification about it.
    pub(crate) fn remove_favourite(&mut self, account: Id, status: Id) {
        let favourites = self.statuses.get_mut(&status);
        if favourites.is_some_and(|status| status.favourited_by.remove(&account).is_some()) {
            self.remove_notification("favourite", account, status);
        }
    }

    /// Removes the notification about an action that was undone.
    pub(crate) fn remove_notification(&mut self, kind: &str, from: Id, status: Id) {
        self.notifications.retain(|_, notification| {
            notification.kind != kind
                || notification.from != from
                || notification.status != Some(status)
        });
    }

    /// Notifies a user about a status, unless the user has muted the conversation or has muted or blocked the sender.
    pub(crate) fn notify_about_status(
        &mut self,
        to: Id,
        kind: &'static str,
        from: Id,
        status: Id,
        now: Timestamp,
    ) {
        let conversation = self.statuses.get(&status).map(|status| status.conversation);
        let is_conversation_muted = conversation
            .is_some_and(|conversation| self.muted_conversations.contains(&(to, conversation)));
        let mute = self.mute(to, from, now);
        let is_sender_muted = mute.is_some_and(|mute| mute.notifications);
        if !is_conversation_muted && !is_sender_muted && !self.blocks(to, from) {
            self.notify(to, kind, from, Some(status), now);
        }
    }

    /// Whether the viewer can see a status.
    pub(crate) fn can_see(&self, viewer: Option<Id>, status: &Status) -> bool {
        if let Some(boosted) = status.reblog_of.and_then(|id| self.statuses.get(&id))
            && !self.can_see(viewer, boosted)
        {
            return false;
        }
        if self.is_suspended(status.account) {
            return false;
        }
        if viewer == Some(status.account) {
            return true;
        }
        let Some(viewer) = viewer else {
            return status.visibility.is_distributable();
        };
        let is_addressed =
            status.mentions.contains(&viewer) || status.silent_mentions.contains(&viewer);
        match status.visibility {
            Visibility::Direct => is_addressed,
            Visibility::Private => is_addressed || self.follows(viewer, status.account),
            _ => !self.blocks(status.account, viewer),
        }
    }

    /// Whether timelines hide statuses of an author from the viewer, because of a suspension, of a block in either
    /// direction or a mute.
    pub(crate) fn hides_author(&self, viewer: Option<Id>, author: Id, now: Timestamp) -> bool {
        self.is_suspended(author)
            || viewer.is_some_and(|viewer| {
                viewer != author
                    && (self.blocks(viewer, author)
                        || self.blocks_domain_of(viewer, author)
                        || self.blocks(author, viewer)
                        || self.mutes(viewer, author, now))
            })
    }

    /// Whether an account can quote a status. The policy does not apply to the author.
    pub(crate) fn can_quote(&self, account: Option<Id>, status: &Status) -> bool {
        let Some(account) = account else {
            return false;
        };
        if status.visibility == Visibility::Direct || status.reblog_of.is_some() {
            return false;
        }
        account == status.account
            || match status.quote_policy {
                QuotePolicy::Public => true,
                QuotePolicy::Followers => self.follows(account, status.account),
                QuotePolicy::Nobody => false,
            }
    }
}
