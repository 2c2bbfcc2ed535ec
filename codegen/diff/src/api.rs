//! Changes of `api.yaml` and `servers.yaml`.

use super::{Diff, Rule, facts, old_to_new, sides};
use mastodon_spec::names::variant_name;
use mastodon_spec::yaml::{Map, RateLimitBucket, Server};

impl Diff<'_> {
    pub(super) fn api(&mut self) {
        let (old, new) = (&self.old.spec.api, &self.new.spec.api);
        let variant =
            |owner: &str, name: &str| vec![format!("{owner}::{}", variant_name(name, None))];
        let (added, removed) = (Rule::ScopeAdded, Rule::ScopeRemoved);
        self.named((&old.scopes, &new.scopes), (added, removed), "", |name| {
            variant("Scope", name)
        });
        for (name, scope) in new
            .scopes
            .iter()
            .filter(|(name, _)| !old.scopes.contains_key(*name))
        {
            self.added_since(name, scope.since.as_ref(), None);
        }
        let (added, removed) = (Rule::RateLimitAdded, Rule::RateLimitRemoved);
        self.named(
            (&old.rate_limits, &new.rate_limits),
            (added, removed),
            "",
            |name| variant("RateLimitBucket", name),
        );
        let fact = (Rule::ApiFact, Rule::ApiFact);
        let none = |_: &str| Vec::new();
        self.named(
            (&old.response_headers, &new.response_headers),
            fact,
            "header ",
            none,
        );
        self.named(
            (&old.error_schemas, &new.error_schemas),
            fact,
            "error ",
            none,
        );
        self.releases();
        self.entries(&old.rate_limits, &new.rate_limits, "", limits);
        self.entries(&old.scopes, &new.scopes, "scope ", facts::scope);
        self.entries(
            &old.error_schemas,
            &new.error_schemas,
            "error ",
            facts::error_schema,
        );
        self.entries(
            &old.response_headers,
            &new.response_headers,
            "header ",
            facts::header,
        );
        self.entries(&old.paging, &new.paging, "page ", facts::param);
        let facts = (facts::api(old), facts::api(new));
        self.facts(Rule::ApiFact, "api.yaml", facts.0, &facts.1);
    }

    /// Reports the keys that only one side has.
    fn named<T>(
        &mut self,
        (old, new): (&Map<T>, &Map<T>),
        (added, removed): (Rule, Rule),
        what: &str,
        items: impl Fn(&str) -> Vec<String>,
    ) {
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            let detail = (added == Rule::ApiFact).then(|| "added".to_owned());
            self.push(added, format!("{what}{name}"), detail, items(name));
        }
        for name in old.keys().filter(|name| !new.contains_key(*name)) {
            let detail = (removed == Rule::ApiFact).then(|| "removed".to_owned());
            self.push(removed, format!("{what}{name}"), detail, items(name));
        }
    }

    /// Reports the keys that differ in entries that both sides have.
    fn entries<T>(
        &mut self,
        old: &Map<T>,
        new: &Map<T>,
        what: &str,
        facts: impl Fn(&T) -> facts::Facts,
    ) {
        for (name, after) in new {
            if let Some(before) = old.get(name) {
                let subject = format!("{what}{name}");
                self.facts(Rule::ApiFact, &subject, facts(before), &facts(after));
            }
        }
    }

    fn releases(&mut self) {
        let (old, new) = (&self.old.spec.api.releases, &self.new.spec.api.releases);
        for release in new {
            let before = old.iter().find(|other| other.version == release.version);
            let number = release
                .api_version
                .map(|number| format!("API version {number}"));
            let subject = format!("release {}", release.version);
            match before {
                None => self.push(Rule::ApiFact, subject, number, []),
                Some(before) if before.api_version != release.api_version => {
                    let before = before
                        .api_version
                        .map(|number| format!("API version {number}"));
                    let detail = old_to_new(before, number);
                    self.push(Rule::ApiFact, subject, Some(detail), []);
                }
                Some(_) => {}
            }
        }
        for release in old {
            if !new.iter().any(|other| other.version == release.version) {
                let subject = format!("release {}", release.version);
                self.push(Rule::ApiFact, subject, Some("removed".to_owned()), []);
            }
        }
    }

    pub(super) fn servers(&mut self) {
        let (old, new) = (
            &self.old.spec.servers.servers,
            &self.new.spec.servers.servers,
        );
        let variant =
            |key: &str, server: &Server| variant_name(server.name.as_deref().unwrap_or(key), None);
        let item = |key: &str, server: &Server| format!("Software::{}", variant(key, server));
        let pairs = |servers| -> Vec<(&str, &Server)> {
            let servers: &Map<Server> = servers;
            servers
                .iter()
                .map(|(key, server)| (key.as_str(), server))
                .collect()
        };
        let sides = sides(pairs(old), pairs(new));
        for (key, server) in sides.old {
            self.push(Rule::ServerRemoved, key, None, [item(key, server)]);
        }
        for (key, server) in sides.new {
            self.push(Rule::ServerAdded, key, None, [item(key, server)]);
        }
        for (key, before, after) in sides.both {
            self.text(before.description.as_ref(), after.description.as_ref());
            if variant(key, before) != variant(key, after) {
                let detail = format!("{} → {}", variant(key, before), variant(key, after));
                let items = [item(key, before), item(key, after)];
                self.push(Rule::ServerRenamed, key, Some(detail), items);
            }
            self.facts(
                Rule::ServerFact,
                key,
                facts::server(before),
                &facts::server(after),
            );
        }
    }
}

fn limits(bucket: &RateLimitBucket) -> facts::Facts {
    let limit = |requests, seconds, per: &str| format!("{requests} in {seconds} s per {per}");
    let own = limit(bucket.requests, bucket.seconds, bucket.per.name());
    let additional = bucket.additional.iter();
    let additional = additional.map(|it| limit(it.requests, it.seconds, it.per.name()));
    vec![
        (
            "limits",
            facts::list(std::iter::once(own).chain(additional)),
        ),
        ("successes_only", facts::flag(bucket.successes_only)),
    ]
}
