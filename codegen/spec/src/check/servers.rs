//! Checks of `servers.yaml`, and of the conditions that name its servers.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::load::{At, SERVERS};
use crate::problem::closest;
use crate::yaml::{
    Condition, MASTODON, Map, On, Place, Seen, Server, ServersFile, Spec, Version, VersionLocation,
};

impl Check<'_> {
    pub(super) fn servers(&mut self, spec: &Spec) {
        SERVERS.clone_into(&mut self.file);
        let ServersFile {
            sources, servers, ..
        } = &spec.servers;
        if !servers.is_empty() && !servers.contains_key(MASTODON) {
            self.report(
                &["servers"],
                At::Key,
                format!("`{MASTODON}` is missing"),
                None,
            );
        }
        for (name, source) in sources {
            if source.trim().is_empty() {
                self.report(&["sources", name], At::Value, "the source is empty", None);
            }
        }
        let mut names = BTreeMap::new();
        for (key, server) in servers {
            self.server(key, server, servers);
            let own = server.name.iter().map(|name| ("name", name));
            let others = server.also_named.iter().map(|name| ("also_named", name));
            let build = server.build.iter().map(|build| ("build", build));
            for (at, name) in own.chain(others).chain(build) {
                let group = (at == "build", name.to_lowercase());
                if let Some(other) = names.insert(group, key) {
                    self.report(
                        &["servers", key, at],
                        At::Value,
                        format!("`{other}` has the same {at}, `{name}`"),
                        None,
                    );
                }
            }
        }
    }

    fn server(&mut self, key: &str, server: &Server, servers: &Map<Server>) {
        let path = ["servers", key];
        if !key
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            self.report(
                &path,
                At::Key,
                "the key of a server must be in snake_case",
                None,
            );
        }
        if server.name.is_none() {
            self.missing(&path, "name", None);
        }
        self.sentence(&path, "description", server.description.as_ref());
        for base in &server.based_on.0 {
            if !servers.contains_key(&base.server) {
                let hint = closest(&base.server, servers.keys().map(String::as_str));
                self.report(
                    &["servers", key, "based_on"],
                    At::Value,
                    format!("unknown server `{}`", base.server),
                    hint.map(|meant| format!("did you mean `{meant}`?")),
                );
            }
        }
        if bases(servers, key).contains(key) {
            self.report(
                &["servers", key, "based_on"],
                At::Value,
                "a server cannot be based on itself",
                None,
            );
        }
        if server.version == Some(VersionLocation::Build) && server.build.is_none() {
            self.report(
                &["servers", key, "version"],
                At::Value,
                "`version: build` needs `build`",
                Some("write the start of its build metadata: `build: hometown-`".into()),
            );
        }
        if let Some(source) = &server.source {
            self.source(&["servers", key, "source"], source);
        }
        self.streaming(key, server);
    }

    /// Checks how a server offers streams.
    fn streaming(&mut self, key: &str, server: &Server) {
        let (path, streaming) = (["servers", key, "streaming"], &server.streaming);
        for (name, condition) in streaming.conditions() {
            self.condition(&[&path[..], &[name]].concat(), key, condition);
        }
        for (index, location) in streaming.token.iter().enumerate() {
            if streaming.token[..index].contains(location) {
                self.report(
                    &[&path[..], &["token", &index.to_string()]].concat(),
                    At::Value,
                    "the location is listed twice",
                    None,
                );
            }
        }
        if let Some(source) = &streaming.source {
            self.source(&[&path[..], &["source"]].concat(), source);
        }
    }

    /// Checks the short name of the source of a server, or of how it offers streams.
    fn source(&mut self, path: &[&str], text: &str) {
        for part in text.split(';') {
            self.short_name(path, part.split_whitespace().next().unwrap_or_default());
        }
    }

    fn short_name(&mut self, path: &[&str], name: &str) {
        let known = self.names.sources;
        if !known.contains_key(name) {
            let hint = closest(name, known.keys().map(String::as_str)).map_or_else(
                || "the sources are listed in servers.yaml".to_owned(),
                |near| format!("did you mean `{near}`? the sources are listed in servers.yaml"),
            );
            self.report(
                path,
                At::Value,
                format!("unknown source `{name}`"),
                Some(hint),
            );
        }
    }

    /// Checks the servers and conditions of an item, and where they can be seen.
    pub(super) fn on(&mut self, path: &[&str], on: &On, seen: &Seen) {
        let servers = self.names.servers;
        for (server, condition) in &on.0 {
            let at = [path, &["on", server]].concat();
            if server == MASTODON {
                self.report(
                    &at,
                    At::Key,
                    "`on` is for other servers than Mastodon",
                    Some("write `since`, `deprecated` or `removed`".into()),
                );
                continue;
            }
            if !servers.contains_key(server) {
                let hint = closest(server, servers.keys().map(String::as_str)).map_or_else(
                    || "the servers are listed in servers.yaml".to_owned(),
                    |near| format!("did you mean `{near}`? the servers are listed in servers.yaml"),
                );
                self.report(
                    &at,
                    At::Key,
                    format!("unknown server `{server}`"),
                    Some(hint),
                );
                continue;
            }
            self.condition(&at, server, condition);
        }
        self.seen(&[path, &["seen"]].concat(), seen);
    }

    /// Reports something undocumented that does not name where it can be seen.
    pub(super) fn unseen(&mut self, path: &[&str], undocumented: bool, seen: &Seen) {
        if undocumented && seen.is_empty() {
            self.missing(
                path,
                "seen",
                Some(
                    "write where it can be seen, such as `seen: mastodon#39547` or `seen: app/models/status.rb`"
                        .into(),
                ),
            );
        }
    }

    /// Checks the short names of the sources in which an item can be seen.
    fn seen(&mut self, path: &[&str], seen: &Seen) {
        for place in &seen.0 {
            if let Place::Other { source, .. } = place {
                self.short_name(path, source);
            }
        }
    }

    fn condition(&mut self, path: &[&str], server: &str, condition: &Condition) {
        let servers = self.names.servers;
        let has = |key: fn(&Server) -> bool| {
            let mut all = bases(servers, server);
            all.insert(server);
            all.iter().filter_map(|name| servers.get(*name)).any(key)
        };
        let problem = match condition {
            Condition::Api(_) if !has(|server| server.api.is_some()) => {
                Some(("api", "the key of its API level in `api_versions`"))
            }
            Condition::Features(_) if !has(|server| server.features.is_some()) => {
                Some(("features", "the path of its list of features"))
            }
            _ => None,
        };
        if let Some((key, what)) = problem {
            self.report(
                path,
                At::Value,
                format!("`{server}` has no `{key}` in servers.yaml"),
                Some(format!("add {what}, or write a version")),
            );
        }
        if let Condition::Versions {
            since: Some(since),
            until: Some(until),
        } = condition
            && since.numbers >= until.numbers
        {
            self.report(
                path,
                At::Value,
                format!("`until {until}` is not later than {since}"),
                None,
            );
        }
    }

    /// Checks that an item of a file about other servers is only on other servers, and that such an item is in such
    /// a file.
    pub(super) fn servers_folder(
        &mut self,
        path: &[&str],
        what: &str,
        since: Option<&Version>,
        is_only_on: bool,
    ) {
        let (folder, _) = self.file.split_once('/').unwrap_or_default();
        let folder = format!("{folder}/servers/");
        let is_inside = self.file.starts_with(&folder);
        if is_inside && since.is_some() {
            self.report(
                &[path, &["since"]].concat(),
                At::Key,
                format!("{folder} is for what Mastodon does not have"),
                Some(format!(
                    "move the {what} to another file, or remove `since`"
                )),
            );
        } else if is_only_on && !is_inside {
            self.report(
                path,
                At::Key,
                format!("Mastodon does not have this {what}"),
                Some(format!("move it to a file in {folder}, or add `since`")),
            );
        }
    }
}

/// All servers that a server is based on, directly or not.
fn bases<'a>(servers: &'a Map<Server>, key: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut pending: Vec<&Server> = servers.get(key).into_iter().collect();
    while let Some(server) = pending.pop() {
        for base in &server.based_on.0 {
            if found.insert(base.server.as_str()) {
                pending.extend(servers.get(&base.server));
            }
        }
    }
    found
}
