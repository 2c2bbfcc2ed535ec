//! Checks the specification: undefined names, unknown versions, mismatched paths and parameters, and
//! superfluous keys.

mod already_applied;
mod differences;
mod documented;
mod entities;
mod limits;
mod lost_response;
mod methods;
pub mod prose;
mod responses;
mod search_words;
mod servers;
mod style;

use std::collections::{BTreeMap, BTreeSet};

use crate::derive::derive;
use crate::load::{At, Loaded};
use crate::names;
use crate::problem::{Problem, closest};
use crate::yaml::{Entity, Event, Map, Server, Spec, Stream, TypeRef, Version, anonymous_path};

/// Returns the specification, or all problems in the order of files and lines.
pub fn check(mut loaded: Loaded) -> Result<Spec, Vec<Problem>> {
    if loaded.is_incomplete {
        // Reports of missing definitions would be wrong while a file cannot be parsed.
        return Err(loaded.problems);
    }
    let mut spec = std::mem::take(&mut loaded.spec);
    let names = Names::collect(&spec);
    let mut check = Check {
        loaded: &mut loaded,
        names: &names,
        file: String::new(),
        false_keys: Vec::new(),
    };
    check.servers(&spec);
    check.api(&spec);
    for (file, methods) in &spec.methods {
        check.file = format!("methods/{file}.yaml");
        check.methods_file(methods);
    }
    for (file, entities) in &spec.entities {
        check.file = format!("entities/{file}.yaml");
        check.entities_file(entities);
    }
    check.differences(&spec);
    check.collisions(&spec);
    check.unused(&spec);
    check.style(&spec);
    check.search_words(&spec);
    let mut problems = loaded.problems;
    if problems.is_empty() {
        derive(&mut spec);
        return Ok(spec);
    }
    problems.sort();
    Err(problems)
}

/// Returns a specification that has passed the checks at another time, or the problems found while reading it.
pub fn trusted(loaded: Loaded) -> Result<Spec, Vec<Problem>> {
    if !loaded.problems.is_empty() {
        return Err(loaded.problems);
    }
    let mut spec = loaded.spec;
    derive(&mut spec);
    Ok(spec)
}

/// The message about a `?` that a draft contains instead of a description.
const PLACEHOLDER: &str = "placeholder `?` of a draft";

/// All defined names.
struct Names<'a> {
    entities: BTreeMap<&'a str, &'a Entity>,
    enums: BTreeSet<&'a str>,
    ids: BTreeSet<&'a str>,
    inputs: BTreeSet<&'a str>,
    methods: BTreeSet<&'a str>,
    versions: BTreeSet<Version>,
    scopes: BTreeSet<&'a str>,
    rate_limits: BTreeSet<&'a str>,
    cursors: BTreeSet<&'a str>,
    servers: &'a Map<Server>,
    sources: &'a Map<String>,
}

impl<'a> Names<'a> {
    fn collect(spec: &'a Spec) -> Self {
        let entities = || spec.entities.values();
        let methods = || spec.methods.values();
        fn keys<T>(map: &Map<T>) -> impl Iterator<Item = &str> {
            map.keys().map(String::as_str)
        }
        Self {
            entities: entities()
                .flat_map(|file| {
                    file.entities
                        .iter()
                        .map(|(name, entity)| (name.as_str(), entity))
                })
                .collect(),
            enums: entities().flat_map(|file| keys(&file.enums)).collect(),
            ids: entities().flat_map(|file| keys(&file.ids)).collect(),
            inputs: methods().flat_map(|file| keys(&file.inputs)).collect(),
            methods: methods().flat_map(|file| keys(&file.methods)).collect(),
            versions: spec
                .api
                .releases
                .iter()
                .map(|release| release.version.clone())
                .collect(),
            scopes: keys(&spec.api.scopes).collect(),
            rate_limits: keys(&spec.api.rate_limits).collect(),
            cursors: keys(&spec.api.paging).collect(),
            servers: &spec.servers.servers,
            sources: &spec.servers.sources,
        }
    }

    fn is_type(&self, name: &str) -> bool {
        self.entities.contains_key(name) || self.enums.contains(name) || self.ids.contains(name)
    }

    fn types(&self) -> impl Iterator<Item = &str> {
        self.entities
            .keys()
            .copied()
            .chain(self.enums.iter().copied())
            .chain(self.ids.iter().copied())
    }
}

/// The state of a check.
struct Check<'a> {
    loaded: &'a mut Loaded,
    names: &'a Names<'a>,
    file: String,
    /// The boolean keys that the current file sets to `false`.
    false_keys: Vec<&'static str>,
}

/// The versions that introduced, deprecated and removed an item.
#[derive(Clone, Copy)]
struct Versions<'a> {
    since: Option<&'a Version>,
    deprecated: Option<&'a Version>,
    removed: Option<&'a Version>,
}

impl Check<'_> {
    fn report(&mut self, path: &[&str], at: At, message: impl Into<String>, hint: Option<String>) {
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        self.loaded.report(&self.file, &path, at, message, hint);
    }

    /// Whether the key is present.
    fn is_written(&self, path: &[&str], key: &str) -> bool {
        let full: Vec<String> = path.iter().chain(&[key]).map(ToString::to_string).collect();
        self.loaded.is_written(&self.file, &full)
    }

    /// Reports a missing key, unless it is present and invalid, which was reported before.
    fn missing(&mut self, path: &[&str], key: &str, hint: Option<String>) {
        if !self.is_written(path, key) {
            self.report(path, At::Key, format!("`{key}` is missing"), hint);
        }
    }

    /// Checks prose: it must be present and be a sentence.
    fn sentence(&mut self, path: &[&str], key: &str, text: Option<&String>) {
        let value = [path, &[key]].concat();
        match text.map(|text| text.trim()) {
            None | Some("") => {
                self.missing(path, key, Some("describe it in one sentence".into()));
            }
            Some(text) if !text.ends_with(['.', '!', '?', ')']) => {
                self.report(
                    &value,
                    At::Value,
                    "a sentence must end with a full stop",
                    None,
                );
            }
            Some(text) if text.contains("TODO") => {
                self.report(&value, At::Value, "unfinished text", None);
            }
            Some("?") => {
                self.report(
                    &value,
                    At::Value,
                    PLACEHOLDER,
                    Some("describe it in your own words".into()),
                );
            }
            Some(_) => {}
        }
    }

    /// Reports the keys at the top of a file whose value is the placeholder of a draft.
    fn placeholders(&mut self, texts: &[(&str, &Option<String>)]) {
        for (key, _) in texts
            .iter()
            .filter(|(_, text)| text.as_deref() == Some("?"))
        {
            self.report(&[key], At::Value, PLACEHOLDER, None);
        }
    }

    fn versions(&mut self, path: &[&str], versions: Versions<'_>) {
        let named = [
            ("since", versions.since),
            ("deprecated", versions.deprecated),
            ("removed", versions.removed),
        ];
        for (key, version) in named {
            if let Some(version) = version {
                self.release(&[path, &[key]].concat(), version);
            }
        }
        for pair in named.windows(2) {
            if let [(first, Some(a)), (then, Some(b))] = pair
                && a > b
            {
                self.report(
                    &[path, &[then]].concat(),
                    At::Value,
                    format!("`{then}: {b}` is earlier than `{first}: {a}`"),
                    None,
                );
            }
        }
    }

    /// Reports a version that is not one of the releases.
    fn release(&mut self, path: &[&str], version: &Version) {
        if version.is_zero() || self.names.versions.contains(version) {
            return;
        }
        let known: Vec<String> = self
            .names
            .versions
            .iter()
            .map(ToString::to_string)
            .collect();
        let hint = closest(&version.to_string(), known.iter().map(String::as_str)).map_or_else(
            || "the releases are listed in api.yaml".to_owned(),
            |near| format!("did you mean `{near}`? the releases are listed in api.yaml"),
        );
        self.report(
            path,
            At::Value,
            format!("unknown release {version}"),
            Some(hint),
        );
    }

    /// Checks a type in a response.
    fn response_type(&mut self, path: &[&str], ty: &TypeRef) {
        if let Some(name) = ty.named()
            && !self.names.is_type(name)
        {
            let hint =
                closest(name, self.names.types()).map(|meant| format!("did you mean `{meant}`?"));
            self.report(path, At::Value, format!("unknown type `{name}`"), hint);
        }
        if matches!(ty.innermost(), TypeRef::File | TypeRef::Flag) {
            self.report(
                path,
                At::Value,
                format!("`{ty}` is a type for parameters only"),
                None,
            );
        }
    }

    fn api(&mut self, spec: &Spec) {
        self.file = "api.yaml".into();
        if !spec.api.releases.is_sorted_by(|a, b| a.version < b.version) {
            self.report(
                &["releases"],
                At::Key,
                "the releases are not sorted, oldest first",
                None,
            );
        }
        for (name, scope) in &spec.api.scopes {
            let path = ["scopes", name];
            self.sentence(&path, "description", scope.description.as_ref());
            self.versions(
                &path,
                Versions {
                    since: scope.since.as_ref(),
                    deprecated: scope.deprecated.as_ref(),
                    removed: scope.removed.as_ref(),
                },
            );
            for (index, included) in scope.includes.iter().enumerate() {
                self.defined(
                    &["scopes", name, "includes", &index.to_string()],
                    "scope",
                    included,
                    |names| &names.scopes,
                );
            }
        }
        for (name, limit) in &spec.api.rate_limits {
            let path = ["rate_limits", name];
            self.sentence(&path, "description", limit.description.as_ref());
            let limits = limit
                .additional
                .iter()
                .map(|limit| (limit.requests, limit.seconds));
            let mut limits = limits.chain([(limit.requests, limit.seconds)]);
            if limits.any(|(requests, seconds)| requests == 0 || seconds == 0) {
                self.report(
                    &path,
                    At::Key,
                    "a rate limit needs `requests` and `seconds` greater than 0",
                    None,
                );
            }
        }
        self.responses(&spec.api);
        for (name, param) in &spec.api.paging {
            self.sentence(&["paging", name], "description", param.description.as_ref());
        }
        for (name, stream) in &spec.api.streams {
            let path = ["streams", name];
            self.sentence(&path, "description", stream.description.as_ref());
            self.versions(
                &path,
                Versions {
                    since: stream.since.as_ref(),
                    deprecated: None,
                    removed: None,
                },
            );
            self.on(&path, &stream.on, &stream.seen);
            match (&stream.method, &stream.function) {
                (Some(_), Some(_)) => self.report(
                    &["streams", name, "function"],
                    At::Key,
                    "a stream has either `method` or `function`, not both",
                    None,
                ),
                (Some(method), None) => {
                    self.defined(&["streams", name, "method"], "method", method, |names| {
                        &names.methods
                    });
                }
                (None, Some(function)) if names::member_name(function, None) != *function => self
                    .report(
                        &["streams", name, "function"],
                        At::Value,
                        "the name of a function must be in snake_case",
                        None,
                    ),
                (None, Some(_)) => {}
                (None, None) => self.missing(
                    &path,
                    "method",
                    Some("or `function`, if only WebSockets offer the stream".into()),
                ),
            }
            self.stream_params(spec, name, stream);
            if stream.method.is_some() && !stream.scopes.is_empty() {
                self.report(
                    &["streams", name, "scopes"],
                    At::Key,
                    "the scopes are those of the method",
                    Some("remove `scopes`, and write them in `auth` of the method".into()),
                );
            }
            for (index, scope) in stream.scopes.iter().enumerate() {
                self.defined(
                    &["streams", name, "scopes", &index.to_string()],
                    "scope",
                    scope,
                    |names| &names.scopes,
                );
            }
            for (index, event) in stream.events.iter().enumerate() {
                if !spec.api.events.contains_key(event) {
                    let hint = closest(event, spec.api.events.keys().map(String::as_str))
                        .map(|meant| format!("did you mean `{meant}`?"));
                    self.report(
                        &["streams", name, "events", &index.to_string()],
                        At::Value,
                        format!("unknown event `{event}`"),
                        hint,
                    );
                }
            }
        }
        for (name, event) in &spec.api.events {
            self.event(&["events", name], event);
        }
        if let Some(event) = &spec.api.push {
            self.event(&["push"], event);
        }
    }

    fn event(&mut self, path: &[&str], event: &Event) {
        self.sentence(path, "description", event.description.as_ref());
        self.versions(
            path,
            Versions {
                since: event.since.as_ref(),
                deprecated: None,
                removed: None,
            },
        );
        self.on(path, &event.on, &event.seen);
        if let Some(payload) = &event.payload {
            self.response_type(&[path, &["payload"]].concat(), payload);
        }
    }

    /// Checks that the parameters of a stream are parameters of the method that opens it.
    fn stream_params(&mut self, spec: &Spec, name: &str, stream: &Stream) {
        let mut methods = spec.methods.values();
        let Some(method) = stream
            .method
            .as_ref()
            .and_then(|method| methods.find_map(|file| file.methods.get(method)))
        else {
            return;
        };
        let media = stream.only_media.then_some(("only_media", "only_media"));
        let required = stream.param.as_deref().map(|param| ("param", param));
        for (key, param) in media.into_iter().chain(required) {
            if !method.params.contains_key(param) {
                self.report(
                    &["streams", name, key],
                    At::Value,
                    format!("the method of the stream has no parameter `{param}`"),
                    None,
                );
            }
        }
    }

    /// Reports an undefined name.
    fn defined(
        &mut self,
        path: &[&str],
        what: &str,
        name: &str,
        set: impl for<'n, 's> Fn(&'n Names<'s>) -> &'n BTreeSet<&'s str>,
    ) {
        let names = self.names;
        let known = set(names);
        if !known.contains(name) {
            let hint = closest(name, known.iter().copied())
                .map(|meant| format!("did you mean `{meant}`?"));
            self.report(path, At::Value, format!("unknown {what} `{name}`"), hint);
        }
    }

    /// Reports names and routes that are defined twice.
    fn collisions(&mut self, spec: &Spec) {
        let mut types: BTreeMap<String, String> = BTreeMap::new();
        let mut methods: BTreeMap<&str, &str> = BTreeMap::new();
        let mut routes: BTreeMap<String, &str> = BTreeMap::new();
        for (file, content) in &spec.entities {
            self.file = format!("entities/{file}.yaml");
            let named = content.ids.keys().map(|name| ("ids", name));
            let named = named.chain(content.enums.keys().map(|name| ("enums", name)));
            let named = named.chain(content.entities.keys().map(|name| ("entities", name)));
            for (section, name) in named {
                self.unique(&mut types, section, name);
            }
        }
        for (file, content) in &spec.methods {
            self.file = format!("methods/{file}.yaml");
            for name in content.inputs.keys() {
                self.unique(&mut types, "inputs", name);
            }
            for (name, method) in &content.methods {
                if let Some(other) = methods.insert(name, file) {
                    self.report(
                        &["methods", name],
                        At::Key,
                        format!("`{name}` is also defined in methods/{other}.yaml"),
                        None,
                    );
                }
                let Some(http) = &method.http else { continue };
                let http_methods =
                    std::iter::once(http.method).chain(method.also_accepts.iter().copied());
                let own = http_methods.map(|http_method| ("http", http_method, &http.path));
                let aliases = method.aliases.iter().map(|alias| &alias.http);
                let others = aliases.map(|http| ("aliases", http.method, &http.path));
                for (key, http_method, path) in own.chain(others) {
                    let route = format!("{} {}", http_method.as_str(), anonymous_path(path));
                    if let Some(other) = routes.insert(route, name) {
                        self.report(
                            &["methods", name, key],
                            At::Value,
                            format!("`{other}` already has this HTTP method and path"),
                            None,
                        );
                    }
                }
            }
        }
    }

    fn unique(&mut self, types: &mut BTreeMap<String, String>, section: &str, name: &str) {
        if let Some(other) = types.insert(names::type_name(name), name.to_owned()) {
            self.report(
                &[section, name],
                At::Key,
                format!("`{name}` has the same name in code as `{other}`"),
                Some("names must be unique among ids, enums, entities and inputs".into()),
            );
        }
    }

    /// Reports unused definitions.
    fn unused(&mut self, spec: &Spec) {
        let used = crate::model::reachable(spec);
        for (file, content) in &spec.entities {
            self.file = format!("entities/{file}.yaml");
            let named = content.enums.keys().map(|name| ("enums", name));
            let named = named.chain(content.entities.keys().map(|name| ("entities", name)));
            let named = named.chain(content.ids.keys().map(|name| ("ids", name)));
            for (section, name) in named
                .filter(|(_, name)| !used.contains(name.as_str()))
                .collect::<Vec<_>>()
            {
                self.report(
                    &[section, name],
                    At::Key,
                    format!("`{name}` is not used"),
                    None,
                );
            }
        }
        for (file, content) in &spec.methods {
            self.file = format!("methods/{file}.yaml");
            for name in content
                .inputs
                .keys()
                .filter(|name| !used.contains(name.as_str()))
            {
                self.report(
                    &["inputs", name],
                    At::Key,
                    format!("`{name}` is not used"),
                    None,
                );
            }
        }
    }
}
