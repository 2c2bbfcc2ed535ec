//! Mentions in the text of statuses.

use super::State;
use crate::ids::Id;
use crate::text::{self, Handle, Segment};

/// Text of a status whose mentions are resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResolvedText {
    /// The text, with the address of each mentioned account in its canonical form.
    pub(crate) text: String,
    /// Accounts in the text, in order and without duplicates.
    pub(crate) accounts: Vec<Id>,
    /// Those that are mentioned: accounts that the author blocks are not.
    pub(crate) mentions: Vec<Id>,
}

impl State {
    /// Finds the account of a handle in a text.
    pub(crate) fn account_for_handle(&self, handle: Handle<'_>) -> Option<Id> {
        self.find_account(handle.name, handle.domain)
    }

    /// Returns the accounts that a text mentions, in order and without duplicates.
    pub(crate) fn mentioned_accounts(&self, text: &str) -> Vec<Id> {
        let mut accounts = Vec::new();
        for segment in text::segments(text) {
            if let Segment::Mention(handle) = segment
                && let Some(account) = self.account_for_handle(handle)
                && !accounts.contains(&account)
            {
                accounts.push(account);
            }
        }
        accounts
    }

    /// Resolves the mentions in the text of a status. Unknown accounts, suspended ones, and users who are not confirmed or
    /// not approved yet cannot be mentioned: their handles stay as they are.
    pub(crate) fn resolve_mentions(&self, author: Id, text: &str) -> ResolvedText {
        let mut resolved = ResolvedText::default();
        let mut at = 0;
        for segment in text::segments(text) {
            let length = segment.source_length(&text[at..]);
            let source = &text[at..at + length];
            at += length;
            let Some(account) = self.mentionable_account(segment) else {
                resolved.text.push_str(source);
                continue;
            };
            resolved.text.push('@');
            resolved.text.push_str(&account.acct());
            if !resolved.accounts.contains(&account.id) {
                resolved.accounts.push(account.id);
            }
        }
        let is_blocked =
            |account: Id| self.blocks(author, account) || self.blocks_domain_of(author, account);
        let accounts = resolved.accounts.iter().copied();
        resolved.mentions = accounts.filter(|account| !is_blocked(*account)).collect();
        resolved
    }

    fn mentionable_account(&self, segment: Segment<'_>) -> Option<&super::Account> {
        let Segment::Mention(handle) = segment else {
            return None;
        };
        let account = self.accounts.get(&self.account_for_handle(handle)?)?;
        let is_mentionable =
            !account.suspended && !account.is_unconfirmed() && account.pending_reason.is_none();
        is_mentionable.then_some(account)
    }

    /// Counts the handles in a text of accounts on other servers that this server does not know.
    pub(crate) fn unknown_remote_handles(&self, text: &str) -> u32 {
        let is_unknown = |segment: &Segment<'_>| {
            matches!(segment, Segment::Mention(handle)
                if handle.domain.is_some() && self.account_for_handle(*handle).is_none())
        };
        let segments = text::segments(text);
        let unknown = segments.iter().filter(|segment| is_unknown(segment));
        u32::try_from(unknown.count()).unwrap_or(u32::MAX)
    }
}
