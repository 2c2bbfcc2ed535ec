//! What `api.yaml` has of scopes and rate limits.

use super::Compare;
use crate::Rule;
use crate::outside::Limit;
use mastodon_spec::load::API;
use mastodon_spec::yaml::{RateFamily, RatePer};

impl Compare<'_, '_> {
    /// The scopes, where the source lists them.
    pub(super) fn scopes(&mut self) {
        let (known, outside) = (self.known, self.outside);
        if outside.scopes.is_empty() {
            return;
        }
        let ours = &known.model.spec.api.scopes;
        for their in &outside.scopes {
            let (name, at) = (&their.name, &their.at);
            let path = ["scopes".to_owned(), name.clone()];
            let Some(our) = ours.get(name) else {
                let path = ["scopes".to_owned()];
                let since = their.since.as_ref();
                let detail = since.map_or_else(String::new, |since| format!("since {since}"));
                self.push(Rule::MissingScope, name, detail, (API, &path), at);
                continue;
            };
            if let (Some(theirs), Some(ours)) = (&their.since, &our.since)
                && theirs != ours
            {
                let detail = format!("{ours} here, {theirs} there");
                self.push(Rule::OtherSince, name, detail, (API, &path), at);
            }
            let gone = our.deprecated.is_some() || our.removed.is_some();
            if their.deprecated != gone {
                let detail = match gone {
                    true => "deprecated here, not there",
                    false => "deprecated there, not here",
                };
                self.push(Rule::OtherScope, name, detail, (API, &path), at);
            }
            let sorted = |names: &[String]| {
                let mut names = names.to_vec();
                names.sort();
                names.join(", ")
            };
            let (ours, theirs) = (sorted(&our.includes), sorted(&their.includes));
            if ours != theirs {
                let detail = format!("includes {ours} here, {theirs} there");
                self.push(Rule::OtherScope, name, detail, (API, &path), at);
            }
        }
        for (name, our) in ours {
            let told = outside.scopes.iter().any(|their| their.name == *name);
            if told || our.deprecated.is_some() || our.removed.is_some() {
                continue;
            }
            let path = ["scopes".to_owned(), name.clone()];
            self.push(Rule::ExtraScope, name, "", (API, &path), "");
        }
    }

    /// The rate limits that the source tells of; servers have more.
    pub(super) fn limits(&mut self) {
        let (known, outside) = (self.known, self.outside);
        for limit in &outside.limits {
            let mut families: Vec<&str> = Vec::new();
            for http in &limit.endpoints {
                let method = known.endpoint(http).map(|endpoint| endpoint.method);
                let family = method.and_then(|method| method.rate_limit.as_deref());
                families.push(family.unwrap_or(GENERAL));
            }
            if limit.endpoints.is_empty() {
                families.push(GENERAL);
            }
            families.sort_unstable();
            families.dedup();
            for name in families {
                let Some(family) = known.model.spec.api.rate_limits.get(name) else {
                    continue;
                };
                if counts(family, limit, name) {
                    continue;
                }
                let path = ["rate_limits".to_owned(), name.to_owned()];
                let (per, whose) = match limit.by_address {
                    true => ("address", "of an address"),
                    false => ("user", "of a user"),
                };
                let detail = format!(
                    "no limit of {} requests {whose} in {} seconds here: `requests: {}, seconds: {}, per: {per}`",
                    limit.requests, limit.seconds, limit.requests, limit.seconds
                );
                self.push(Rule::OtherLimit, name, detail, (API, &path), &limit.at);
            }
        }
    }
}

/// The family of what belongs to no other.
const GENERAL: &str = "general";

/// Whether one of the limits of a family is the one that is told of.
fn counts(family: &RateFamily, limit: &Limit, name: &str) -> bool {
    let also = family
        .additional
        .iter()
        .map(|also| (also.requests, also.seconds, also.per));
    let mut all = also.chain([(family.requests, family.seconds, family.per)]);
    all.any(|(requests, seconds, per)| {
        // Without a token all is counted for the address.
        let same = name == GENERAL || (per == RatePer::Address) == limit.by_address;
        same && (requests, seconds) == (limit.requests, limit.seconds)
    })
}
