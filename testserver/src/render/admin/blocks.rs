//! Blocked and allowed domains, addresses and emails.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::iso8601;
use crate::state::{
    CanonicalEmailBlock, DomainAllow, DomainBlock, EmailDomainBlock, IpBlock, hex_sha256,
};

/// Number of days in the history of an email domain, including today.
const HISTORY_DAYS: i64 = 7;
/// Seconds per day.
const DAY: i64 = 86_400;

pub(crate) fn domain_block(block: &DomainBlock) -> Value {
    json!({
        "id": block.id.to_string(), "domain": block.domain, "digest": hex_sha256(&block.domain),
        "created_at": iso8601(block.created), "severity": block.severity.as_str(), "reject_media": block.reject_media,
        "reject_reports": block.reject_reports, "private_comment": block.private_comment,
        "public_comment": block.public_comment, "obfuscate": block.obfuscate,
    })
}

/// Renders a domain block for the public.
pub(crate) fn public_domain_block(block: &DomainBlock) -> Value {
    json!({
        "domain": block.public_domain(), "digest": hex_sha256(&block.domain), "severity": block.severity.as_str(),
        "comment": block.public_comment,
    })
}

pub(crate) fn domain_allow(allow: &DomainAllow) -> Value {
    json!({ "id": allow.id.to_string(), "domain": allow.domain, "created_at": iso8601(allow.created) })
}

pub(crate) fn email_domain_block(block: &EmailDomainBlock, now: Timestamp) -> Value {
    let today = now.as_second().div_euclid(DAY);
    let history = (0..HISTORY_DAYS).map(|days_ago| {
        let day = today - days_ago;
        let attempts = block.attempts.get(&day);
        let (uses, accounts) = attempts.map_or((0, 0), |(uses, from)| (*uses, from.len()));
        json!({ "day": (day * DAY).to_string(), "accounts": accounts.to_string(), "uses": uses.to_string() })
    });
    json!({
        "id": block.id.to_string(), "domain": block.domain, "created_at": iso8601(block.created),
        "history": history.collect::<Vec<_>>(), "allow_with_approval": block.allow_with_approval,
    })
}

pub(crate) fn canonical_email_block(block: &CanonicalEmailBlock) -> Value {
    json!({ "id": block.id.to_string(), "canonical_email_hash": block.hash })
}

pub(crate) fn ip_block(block: &IpBlock) -> Value {
    json!({
        "id": block.id.to_string(), "ip": block.range.to_string(), "severity": block.severity.as_str(),
        "comment": block.comment, "created_at": iso8601(block.created), "expires_at": block.expires.map(iso8601),
    })
}
