//! Blocked and allowed domains of other servers.

use jiff::Timestamp;

use crate::ids::Id;
use crate::state::{About, State};

/// Length limits of domains and their labels.
const MAX_DOMAIN: usize = 255;
const MAX_LABEL: usize = 63;

/// What a domain block does with the accounts of the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Silence,
    Suspend,
    Noop,
}

impl Severity {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "silence" => Self::Silence,
            "suspend" => Self::Suspend,
            "noop" => Self::Noop,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Suspend => "suspend",
            Self::Noop => "noop",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct DomainBlock {
    pub(crate) id: Id,
    pub(crate) domain: String,
    pub(crate) created: Timestamp,
    pub(crate) severity: Severity,
    pub(crate) reject_media: bool,
    pub(crate) reject_reports: bool,
    pub(crate) private_comment: Option<String>,
    pub(crate) public_comment: Option<String>,
    pub(crate) obfuscate: bool,
}

impl DomainBlock {
    /// Creates a block that is not stored yet.
    pub(crate) fn new(domain: &str, severity: Severity, now: Timestamp) -> Self {
        Self {
            id: 0,
            domain: domain.to_owned(),
            created: now,
            severity,
            reject_media: false,
            reject_reports: false,
            private_comment: None,
            public_comment: None,
            obfuscate: false,
        }
    }

    /// Whether the block restricts more than another one that covers the domain already.
    pub(crate) fn is_stricter_than(&self, other: &Self) -> bool {
        match (self.severity, other.severity) {
            (Severity::Suspend, _) => true,
            (_, Severity::Suspend) | (Severity::Noop, Severity::Silence) => false,
            _ => {
                (self.reject_media || !other.reject_media)
                    && (self.reject_reports || !other.reject_reports)
            }
        }
    }

    /// Returns the domain as the public sees it: partly hidden if the staff wants it.
    pub(crate) fn public_domain(&self) -> String {
        if !self.obfuscate {
            return self.domain.clone();
        }
        let length = self.domain.chars().count();
        let visible = length / 4;
        let hide = |(index, letter)| {
            let is_hidden = index > visible && index < length - visible && letter != '.';
            if is_hidden { '*' } else { letter }
        };
        self.domain.chars().enumerate().map(hide).collect()
    }
}

/// Domain with which a server in limited federation mode federates.
#[derive(Clone, Debug)]
pub(crate) struct DomainAllow {
    pub(crate) id: Id,
    pub(crate) domain: String,
    pub(crate) created: Timestamp,
}

/// Relationships that a domain block has ended.
#[derive(Clone, Debug)]
pub(crate) struct Severance {
    pub(crate) id: Id,
    /// What ended them: `domain_block` by the staff, or `user_domain_block`.
    pub(crate) kind: &'static str,
    pub(crate) domain: String,
    pub(crate) followers: usize,
    pub(crate) following: usize,
    pub(crate) created: Timestamp,
}

/// Returns a domain and its parent domains.
pub(super) fn variants(domain: &str) -> Vec<String> {
    let domain = normalize_domain(domain);
    let labels: Vec<&str> = domain.split('.').collect();
    let starts = 0..labels.len();
    starts.map(|start| labels[start..].join(".")).collect()
}

/// Normalizes a domain: in lower case, without a trailing slash.
pub(crate) fn normalize_domain(domain: &str) -> String {
    let domain = domain.trim();
    domain.strip_suffix('/').unwrap_or(domain).to_lowercase()
}

/// Whether a domain consists of letters, digits and hyphens, in labels of valid lengths.
pub(crate) fn is_valid_domain(domain: &str) -> bool {
    let is_valid_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.len() <= MAX_DOMAIN && domain.split('.').all(is_valid_label)
}

impl State {
    /// Returns the block of a domain or of its closest parent domain.
    pub(crate) fn domain_block_for(&self, domain: &str) -> Option<&DomainBlock> {
        let blocks = &self.moderation.domain_blocks;
        variants(domain)
            .iter()
            .find_map(|variant| blocks.values().find(|block| block.domain == *variant))
    }

    /// Stores a block and applies it to the known accounts of the domain.
    pub(crate) fn add_domain_block(&mut self, block: DomainBlock, now: Timestamp) -> Id {
        let id = self.next_row_id();
        self.moderation
            .domain_blocks
            .insert(id, DomainBlock { id, ..block });
        self.apply_domain_block(id, now);
        id
    }

    /// Returns the accounts of a domain and of its subdomains.
    pub(crate) fn accounts_on_domain_and_subdomains(&self, domain: &str) -> Vec<Id> {
        let is_on = |own: &str| variants(own).iter().any(|variant| variant == domain);
        let accounts = self.accounts.values();
        let matching = accounts.filter(|account| account.domain.as_deref().is_some_and(is_on));
        matching.map(|account| account.id).collect()
    }

    /// Limits or suspends the accounts of a blocked domain, and lifts what the block no longer does.
    pub(crate) fn apply_domain_block(&mut self, id: Id, now: Timestamp) {
        let Some(block) = self.moderation.domain_blocks.get(&id) else {
            return;
        };
        let (domain, severity) = (block.domain.clone(), block.severity);
        let accounts = self.accounts_on_domain_and_subdomains(&domain);
        let mut severed = Vec::new();
        for account in accounts {
            self.lift_domain_block(id, account, severity);
            severed.extend(self.restrict(id, account, severity, now));
        }
        self.notify_about_severance(&domain, &severed, now);
    }

    /// Applies the block of its domain to a new remote account.
    pub(crate) fn restrict_new_account(&mut self, account: Id, now: Timestamp) {
        let domain = self
            .accounts
            .get(&account)
            .and_then(|account| account.domain.clone());
        let block = domain.and_then(|domain| self.domain_block_for(&domain));
        if let Some((id, severity)) = block.map(|block| (block.id, block.severity)) {
            self.restrict(id, account, severity, now);
        }
    }

    /// Limits or suspends an account because of a domain block. Returns the follows that this ended, as pairs of a local
    /// user and whether the user was followed.
    fn restrict(
        &mut self,
        block: Id,
        id: Id,
        severity: Severity,
        now: Timestamp,
    ) -> Vec<(Id, bool)> {
        let Some(account) = self.accounts.get_mut(&id) else {
            return Vec::new();
        };
        match severity {
            Severity::Silence if !account.limited => {
                account.limited = true;
                account.moderation.limited_by = Some(block);
                Vec::new()
            }
            Severity::Suspend if !account.suspended => {
                account.moderation.suspended_by = Some(block);
                let followed: Vec<Id> = account.follows.keys().copied().collect();
                let followers: Vec<Id> = self.followers(id).map(|(_, follower)| follower).collect();
                self.delete_account_data(id, now);
                let followed = followed.into_iter().map(|user| (user, true));
                let followers = followers.into_iter().map(|user| (user, false));
                followed.chain(followers).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Lifts what a domain block has done to an account and what the given severity does not do.
    fn lift_domain_block(&mut self, block: Id, account: Id, severity: Severity) {
        let Some(account) = self.accounts.get_mut(&account) else {
            return;
        };
        let moderation = &mut account.moderation;
        if severity != Severity::Silence && moderation.limited_by == Some(block) {
            (account.limited, moderation.limited_by) = (false, None);
        }
        if severity != Severity::Suspend && moderation.suspended_by == Some(block) {
            (account.suspended, moderation.suspended_by) = (false, None);
        }
    }

    /// Removes a domain block. Its effects on accounts end; deleted content does not come back.
    pub(crate) fn remove_domain_block(&mut self, id: Id) {
        let Some(block) = self.moderation.domain_blocks.remove(&id) else {
            return;
        };
        for account in self.accounts_on_domain_and_subdomains(&block.domain) {
            self.lift_domain_block(id, account, Severity::Noop);
        }
    }

    pub(crate) fn is_limited_federation(&self) -> bool {
        self.behavior.with(|behavior| behavior.limited_federation)
    }

    /// Ends the federation with a domain that is no longer allowed: in limited federation mode its accounts are deleted.
    pub(crate) fn end_federation(&mut self, domain: &str, now: Timestamp) {
        if self.is_limited_federation() {
            for account in self.accounts_on_domain(domain) {
                self.remove_account(account, now);
            }
        }
    }

    /// Notifies each local user who lost follows to or from a blocked domain.
    fn notify_about_severance(&mut self, domain: &str, severed: &[(Id, bool)], now: Timestamp) {
        let mut users: Vec<Id> = severed.iter().map(|(user, _)| *user).collect();
        users.sort_unstable();
        users.dedup();
        for user in users {
            let count = |was_followed: bool| {
                let own = severed.iter().filter(|(other, _)| *other == user);
                own.filter(|(_, followed)| *followed == was_followed)
                    .count()
            };
            let id = self.next_row_id();
            let severance = Severance {
                id,
                kind: "domain_block",
                domain: domain.to_owned(),
                followers: count(true),
                following: count(false),
                created: now,
            };
            self.moderation.severances.insert(id, severance);
            self.notify_self(user, "severed_relationships", About::Severance(id), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obfuscated_domain_shows_only_its_ends() {
        let mut block = DomainBlock::new("nasty.example", Severity::Noop, Timestamp::UNIX_EPOCH);
        assert_eq!(block.public_domain(), "nasty.example");
        block.obfuscate = true;
        assert_eq!(block.public_domain(), "nast*.****ple");
    }

    #[test]
    fn variants_are_the_domain_and_its_parents() {
        assert_eq!(
            variants("A.b.example"),
            ["a.b.example", "b.example", "example"]
        );
    }
}
