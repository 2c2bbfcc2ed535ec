//! Compares scopes and rate limits.

use super::Compare;
use crate::Rule;
use crate::draft::Draft;
use crate::external::Limit;
use mastodon_spec::load::API;
use mastodon_spec::yaml::{Auth, CountedPer, RateLimitBucket, Supported};

impl Compare<'_, '_> {
    /// Compares the scopes, if the source lists them.
    pub(super) fn scopes(&mut self) {
        let (spec_index, external) = (self.spec_index, self.external);
        if external.scopes.is_empty() {
            return;
        }
        let ours = &spec_index.model.spec.api.scopes;
        for their in &external.scopes {
            let (name, at) = (&their.name, &their.at);
            let path = ["scopes".to_owned(), name.clone()];
            let Some(our) = ours.get(name) else {
                let path = ["scopes".to_owned()];
                let since = their.since.as_ref();
                let detail = since.map_or_else(String::new, |since| format!("since {since}"));
                let draft = Draft::Scope {
                    name: name.clone(),
                    since: their.since.clone(),
                };
                self.push(Rule::MissingScope, name, detail, (API, &path), at)
                    .draft = Some(draft);
                continue;
            };
            if let (Some(theirs), Some(ours)) = (&their.since, &our.since)
                && theirs != ours
            {
                let detail = format!("{ours} in the specification, {theirs} in the source");
                self.push(Rule::OtherSince, name, detail, (API, &path), at);
            }
            let is_outdated = our.deprecated.is_some() || our.removed.is_some();
            if their.deprecated != is_outdated {
                let detail = match is_outdated {
                    true => "deprecated in the specification only",
                    false => "deprecated in the source only",
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
                let detail =
                    format!("includes {ours} in the specification, {theirs} in the source");
                self.push(Rule::OtherScope, name, detail, (API, &path), at);
            }
        }
        for (name, our) in ours {
            let is_in_source = external.scopes.iter().any(|their| their.name == *name);
            if is_in_source
                || our.deprecated.is_some()
                || our.removed.is_some()
                || self.is_scope_of_others(name)
            {
                continue;
            }
            let path = ["scopes".to_owned(), name.clone()];
            self.push(Rule::ExtraScope, name, "", (API, &path), "");
        }
    }

    /// Whether only methods and streams of other servers need a scope.
    fn is_scope_of_others(&self, scope: &str) -> bool {
        let spec = self.spec_index.model.spec;
        let mut methods = spec.methods.values().flat_map(|file| file.methods.values());
        let mut streams = spec.api.streams.values();
        let needs = |auth: &Option<Auth>| {
            auth.as_ref()
                .is_some_and(|auth| auth.scopes.iter().any(|own| own == scope))
        };
        let without_since = spec
            .api
            .scopes
            .get(scope)
            .is_none_or(|own| own.since.is_none());
        let of_mastodon = methods.any(|method| needs(&method.auth) && !method.is_only_on())
            || streams
                .any(|stream| stream.scopes.iter().any(|own| own == scope) && !stream.is_only_on());
        let mut methods = spec.methods.values().flat_map(|file| file.methods.values());
        let mut streams = spec.api.streams.values();
        let of_others = methods.any(|method| needs(&method.auth))
            || streams.any(|stream| stream.scopes.iter().any(|own| own == scope));
        without_since && of_others && !of_mastodon
    }

    /// Compares the rate limits of the source, which need not contain all of them.
    pub(super) fn limits(&mut self) {
        let (spec_index, external) = (self.spec_index, self.external);
        for limit in &external.limits {
            let mut buckets: Vec<&str> = Vec::new();
            for http in &limit.endpoints {
                let method = spec_index.endpoint(http).map(|endpoint| endpoint.method);
                let bucket = method.and_then(|method| method.rate_limit.as_deref());
                buckets.push(bucket.unwrap_or(GENERAL));
            }
            if limit.endpoints.is_empty() {
                buckets.push(GENERAL);
            }
            buckets.sort_unstable();
            buckets.dedup();
            for name in buckets {
                let Some(bucket) = spec_index.model.spec.api.rate_limits.get(name) else {
                    continue;
                };
                if has_limit(bucket, limit, name) {
                    continue;
                }
                let path = ["rate_limits".to_owned(), name.to_owned()];
                let (per, per_text) = match limit.by_address {
                    true => ("address", "per IP address"),
                    false => ("user", "per user"),
                };
                let detail = format!(
                    "missing limit of {} requests {per_text} in {} seconds: `requests: {}, seconds: {}, per: {per}`",
                    limit.requests, limit.seconds, limit.requests, limit.seconds
                );
                self.push(Rule::OtherLimit, name, detail, (API, &path), &limit.at);
            }
        }
    }
}

/// The rate limit of all endpoints.
const GENERAL: &str = "general";

/// Whether one of the limits equals that of the source.
fn has_limit(bucket: &RateLimitBucket, limit: &Limit, name: &str) -> bool {
    let additional = bucket
        .additional
        .iter()
        .map(|other| (other.requests, other.seconds, other.per));
    let mut all = additional.chain([(bucket.requests, bucket.seconds, bucket.per)]);
    all.any(|(requests, seconds, per)| {
        // Requests without a token are counted by IP address.
        let same = name == GENERAL || (per == CountedPer::Address) == limit.by_address;
        same && (requests, seconds) == (limit.requests, limit.seconds)
    })
}
