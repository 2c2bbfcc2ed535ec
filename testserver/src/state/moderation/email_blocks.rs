//! Email addresses and domains that cannot be used to sign up.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::domains::variants;
use crate::ids::Id;
use crate::state::State;

/// Maximum number of remembered addresses per day of a blocked email domain.
const MAX_ADDRESSES: usize = 1000;
/// Number of days for which attempts are remembered.
const HISTORY_DAYS: usize = 14;
/// Seconds per day.
const DAY: i64 = 86_400;

/// Email domain that is blocked from sign-up, or whose users need approval.
#[derive(Clone, Debug)]
pub(crate) struct EmailDomainBlock {
    pub(crate) id: Id,
    pub(crate) domain: String,
    pub(crate) created: Timestamp,
    pub(crate) allow_with_approval: bool,
    /// Number of sign-up attempts and their addresses, by the day since the Unix epoch.
    pub(crate) attempts: BTreeMap<i64, (usize, BTreeSet<IpAddr>)>,
}

/// Email address that is blocked from sign-up.
#[derive(Clone, Debug)]
pub(crate) struct CanonicalEmailBlock {
    pub(crate) id: Id,
    pub(crate) hash: String,
    /// Suspended account that the address belongs to.
    pub(crate) account: Option<Id>,
}

impl CanonicalEmailBlock {
    /// Returns the hash of the canonical form of an email address: in lower case, without dots and tags in its name.
    pub(crate) fn of_email(email: &str) -> String {
        let email = email.to_lowercase();
        let (name, domain) = email.split_once('@').unwrap_or((&email, ""));
        let name = name.replace('.', "");
        let name = name.split('+').next().unwrap_or_default();
        hex_sha256(&format!("{name}@{domain}"))
    }
}

/// Returns a SHA-256 hash in hexadecimal digits.
pub(crate) fn hex_sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    /// Blocks an email address by its hash. Returns `None` if it is blocked already.
    pub(crate) fn add_canonical_email_block(
        &mut self,
        hash: String,
        account: Option<Id>,
    ) -> Option<Id> {
        let mut blocks = self.moderation.canonical_email_blocks.values();
        if blocks.any(|block| block.hash == hash) {
            return None;
        }
        let id = self.next_row_id();
        let block = CanonicalEmailBlock { id, hash, account };
        self.moderation.canonical_email_blocks.insert(id, block);
        Some(id)
    }

    /// Whether an email address, or one that reaches the same mailbox, is blocked.
    pub(crate) fn is_email_blocked(&self, email: &str) -> bool {
        let hash = CanonicalEmailBlock::of_email(email);
        let mut blocks = self.moderation.canonical_email_blocks.values();
        blocks.any(|block| block.hash == hash)
    }

    /// Whether an email domain or one of its parent domains is blocked, completely or without approval. Counts the
    /// attempt.
    pub(crate) fn is_email_domain_blocked(
        &mut self,
        domain: &str,
        allow_with_approval: bool,
        attempt: Option<(IpAddr, Timestamp)>,
    ) -> bool {
        let variants = variants(domain);
        let blocks = self.moderation.email_domain_blocks.values_mut();
        let matching = blocks.filter(|block| {
            block.allow_with_approval == allow_with_approval && variants.contains(&block.domain)
        });
        let mut is_blocked = false;
        for block in matching {
            is_blocked = true;
            if let Some((address, now)) = attempt {
                let day = now.as_second().div_euclid(DAY);
                let (uses, addresses) = block.attempts.entry(day).or_default();
                *uses += 1;
                if addresses.len() < MAX_ADDRESSES {
                    addresses.insert(address);
                }
                if block.attempts.len() > HISTORY_DAYS {
                    block.attempts.pop_first();
                }
            }
        }
        is_blocked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_same_mailbox_have_the_same_hash() {
        let hash = CanonicalEmailBlock::of_email("ada.lovelace+news@Example.org");
        assert_eq!(
            hash,
            CanonicalEmailBlock::of_email("adalovelace@example.org")
        );
        assert_ne!(hash, CanonicalEmailBlock::of_email("ada@example.org"));
    }
}
