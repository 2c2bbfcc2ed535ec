//! Changes of `api.yaml`.

use super::{Diff, Rule, facts};
use mastodon_spec::yaml::{ApiFile, Map, RateLimitBucket};

impl Diff<'_> {
    pub(super) fn api(&mut self) {
        let (old, new) = (&self.old.spec.api, &self.new.spec.api);
        self.named(
            (&old.scopes, &new.scopes),
            (Rule::ScopeAdded, Rule::ScopeRemoved),
            "",
        );
        self.named(
            (&old.rate_limits, &new.rate_limits),
            (Rule::RateLimitAdded, Rule::RateLimitRemoved),
            "",
        );
        let fact = (Rule::ApiFact, Rule::ApiFact);
        self.named(
            (&old.response_headers, &new.response_headers),
            fact,
            "header ",
        );
        self.named((&old.error_schemas, &new.error_schemas), fact, "error ");
        self.named((&old.streams, &new.streams), fact, "stream ");
        self.named((&old.events, &new.events), fact, "event ");
        self.releases(old, new);
        self.limits(&old.rate_limits, &new.rate_limits);
    }

    /// Reports the keys that only one side has.
    fn named<T>(
        &mut self,
        (old, new): (&Map<T>, &Map<T>),
        (added, removed): (Rule, Rule),
        what: &str,
    ) {
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            let detail = (added == Rule::ApiFact).then(|| "added".to_owned());
            self.push(added, format!("{what}{name}"), detail);
        }
        for name in old.keys().filter(|name| !new.contains_key(*name)) {
            let detail = (removed == Rule::ApiFact).then(|| "removed".to_owned());
            self.push(removed, format!("{what}{name}"), detail);
        }
    }

    fn releases(&mut self, old: &ApiFile, new: &ApiFile) {
        for release in &new.releases {
            let known = |other: &&mastodon_spec::yaml::Release| other.version == release.version;
            if !old.releases.iter().any(|other| known(&other)) {
                let number = release.api_version;
                let number = number.map(|number| format!("API version {number}"));
                self.push(
                    Rule::ApiFact,
                    format!("release {}", release.version),
                    number,
                );
            }
        }
    }

    fn limits(&mut self, old: &Map<RateLimitBucket>, new: &Map<RateLimitBucket>) {
        let limits = |bucket: &RateLimitBucket| {
            let additional = bucket.additional.iter().map(|limit| {
                format!(
                    "{} in {} s per {}",
                    limit.requests,
                    limit.seconds,
                    limit.per.name()
                )
            });
            let own = format!(
                "{} in {} s per {}",
                bucket.requests,
                bucket.seconds,
                bucket.per.name()
            );
            vec![(
                "limits",
                facts::list(std::iter::once(own).chain(additional)),
            )]
        };
        for (name, after) in new {
            if let Some(before) = old.get(name) {
                self.facts(Rule::ApiFact, name, limits(before), &limits(after));
            }
        }
    }
}
