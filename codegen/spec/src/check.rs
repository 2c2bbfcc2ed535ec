//! Checks the specification: undefined names, unknown versions, mismatched paths and parameters, and
//! superfluous keys.

mod already_applied;
mod code_names;
mod collisions;
mod conditions;
mod containment;
mod differences;
mod documented;
mod entities;
mod files;
mod first_use;
mod ids;
mod lifetimes;
mod limits;
mod lost_response;
mod methods;
mod new_items;
pub mod prose;
mod replacements;
mod requests;
mod responses;
mod search_words;
mod servers;
mod streams;
mod style;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

use crate::derive::derive;
use crate::load::{At, Loaded};
use crate::names;
use crate::problem::{Problem, closest};
use crate::published::Published;
use crate::yaml::{Entity, Enumeration, Event, Input, Map, Server, Spec, Stream, TypeRef, Version};

use lifetimes::{Owner, Versions};

/// Returns the specification, or all problems in the order of files and lines.
pub fn check(loaded: Loaded) -> Result<Spec, Vec<Problem>> {
    check_against(loaded, || None)
}

/// Like [`check`], and reports what is new since the last generation and states no version.
pub fn check_against(
    mut loaded: Loaded,
    published: impl FnOnce() -> Option<Published>,
) -> Result<Spec, Vec<Problem>> {
    if loaded.is_incomplete {
        // Reports of missing definitions would be wrong while a file cannot be parsed.
        return Err(loaded.problems);
    }
    let mut spec = std::mem::take(&mut loaded.spec);
    let names = Names::collect(&spec);
    let mut for_definitions = loaded.with_same_sources();
    thread::scope(|scope| {
        let definitions = scope.spawn(|| {
            let mut check = Check::new(&mut for_definitions, &names);
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
        });
        let mut check = Check::new(&mut loaded, &names);
        check.differences(&spec);
        check.collisions(&spec);
        check.replacements(&spec);
        check.containment(&spec);
        check.values_in_use(&spec);
        check.events_in_use(&spec);
        check.unused(&spec);
        check.style(&spec);
        check.search_words(&spec);
        if let Some(published) = published() {
            check.new_items(&spec, &published);
        }
        definitions
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic));
    });
    let mut problems = loaded.problems;
    problems.append(&mut for_definitions.problems);
    if problems.is_empty() {
        derive(&mut spec);
        return Ok(spec);
    }
    problems.sort();
    problems.dedup();
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
    enums: BTreeMap<&'a str, &'a Enumeration>,
    ids: BTreeSet<&'a str>,
    inputs: BTreeMap<&'a str, &'a Input>,
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
            enums: entities()
                .flat_map(|file| file.enums.iter().map(|(name, it)| (name.as_str(), it)))
                .collect(),
            ids: entities().flat_map(|file| keys(&file.ids)).collect(),
            inputs: methods()
                .flat_map(|file| file.inputs.iter().map(|(name, it)| (name.as_str(), it)))
                .collect(),
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
        self.entities.contains_key(name) || self.enums.contains_key(name) || self.ids.contains(name)
    }

    fn types(&self) -> impl Iterator<Item = &str> {
        self.entities
            .keys()
            .copied()
            .chain(self.enums.keys().copied())
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

impl<'a> Check<'a> {
    fn new(loaded: &'a mut Loaded, names: &'a Names<'a>) -> Self {
        Self {
            loaded,
            names,
            file: String::new(),
            false_keys: Vec::new(),
        }
    }

    fn report(&mut self, path: &[&str], at: At, message: impl Into<String>, hint: Option<String>) {
        self.loaded
            .report(&self.file, &owned(path), at, message, hint);
    }

    /// Whether the key is present.
    fn is_written(&self, path: &[&str], key: &str) -> bool {
        let full: Vec<String> = path.iter().chain(&[key]).map(ToString::to_string).collect();
        self.loaded.is_written(&self.file, &full)
    }

    /// Reports a missing key, unless it is present and invalid, which was reported before.
    fn missing(&mut self, path: &[&str], key: &str, hint: Option<String>) {
        if !self.is_written(path, key) {
            let hint = hint.or_else(|| Some(format!("add `{key}: …`")));
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
                    Some("end the text with a full stop".into()),
                );
            }
            Some(text) if text.contains("TODO") => {
                self.report(
                    &value,
                    At::Value,
                    "unfinished text",
                    Some("replace TODO".into()),
                );
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
            self.report(
                &[key],
                At::Value,
                PLACEHOLDER,
                Some("write the text of the documentation page".into()),
            );
        }
    }

    /// Checks a type in a response.
    fn response_type(&mut self, path: &[&str], ty: &TypeRef) {
        if let Some(name) = ty.named()
            && !self.names.is_type(name)
        {
            let names = self.names;
            let mut others = names.types();
            let is_input = names.inputs.contains_key(name);
            let hint = match closest(name, others.by_ref()) {
                _ if is_input => "an input is a type of parameters; describe the response under `entities`".to_owned(),
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "define it under `entities`, `enums` or `ids` in a file of entities, or correct the name".to_owned(),
            };
            self.report(
                path,
                At::Value,
                format!("unknown type `{name}`"),
                Some(hint),
            );
        }
        if matches!(ty.innermost(), TypeRef::File | TypeRef::Flag) {
            self.report(
                path,
                At::Value,
                format!("`{ty}` is a type for parameters only"),
                Some("use `bool` instead of `flag`, and `url` instead of `file`".into()),
            );
        }
    }

    fn api(&mut self, spec: &Spec) {
        self.file = "api.yaml".into();
        self.releases(&spec.api.releases);
        for (name, scope) in &spec.api.scopes {
            let path = ["scopes", name];
            self.sentence(&path, "description", scope.description.as_ref());
            self.versions(&path, scope.into());
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
                    Some("write both numbers".into()),
                );
            }
        }
        self.responses(&spec.api);
        self.streams(&spec.api);
        for (name, param) in &spec.api.paging {
            self.sentence(&["paging", name], "description", param.description.as_ref());
        }
        for (name, stream) in &spec.api.streams {
            let path = ["streams", name];
            self.sentence(&path, "description", stream.description.as_ref());
            self.versions(&path, Versions::since(stream.since.as_ref()));
            self.on(&path, &stream.on, &stream.seen);
            match (&stream.method, &stream.function) {
                (Some(_), Some(_)) => self.report(
                    &["streams", name, "function"],
                    At::Key,
                    "a stream has either `method` or `function`, not both",
                    Some("remove one of them".into()),
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
                        Some("rename it".into()),
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
        self.versions(path, Versions::since(event.since.as_ref()));
        self.on(path, &event.on, &event.seen);
        if let Some(payload) = &event.payload {
            self.response_type(&[path, &["payload"]].concat(), payload);
        }
    }

    /// Checks that the method that opens a stream has its parameters, and exists as long.
    fn stream_params(&mut self, spec: &Spec, name: &str, stream: &Stream) {
        let mut methods = spec.methods.values();
        let Some(method) = stream
            .method
            .as_ref()
            .and_then(|method| methods.find_map(|file| file.methods.get(method)))
        else {
            return;
        };
        let owner = Owner {
            what: "method",
            versions: method.into(),
        };
        self.within(
            &["streams", name],
            Versions::since(stream.since.as_ref()),
            owner,
        );
        let media = stream.only_media.then_some(("only_media", "only_media"));
        let required = stream.param.as_deref().map(|param| ("param", param));
        for (key, param) in media.into_iter().chain(required) {
            if !method.params.contains_key(param) {
                self.report(
                    &["streams", name, key],
                    At::Value,
                    format!("the method of the stream has no parameter `{param}`"),
                    Some("name a parameter of the method, or add it there".into()),
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
        self.known(
            path,
            what,
            name,
            known.contains(name),
            known.iter().copied(),
        );
    }

    /// Reports an undefined name, unless it is known, and suggests one of the others.
    fn known<'n>(
        &mut self,
        path: &[&str],
        what: &str,
        name: &str,
        is_known: bool,
        others: impl Iterator<Item = &'n str>,
    ) {
        if !is_known {
            let hint = closest(name, others).map_or_else(
                || format!("no {what} has a similar name; define it, or correct the name"),
                |meant| format!("did you mean `{meant}`?"),
            );
            self.report(
                path,
                At::Value,
                format!("unknown {what} `{name}`"),
                Some(hint),
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
                    Some("use it as a type, or remove it".into()),
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
                    Some("use it as a type, or remove it".into()),
                );
            }
        }
    }
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}

/// Whether it is an ISO 8601 date.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().map(|part| part.len()).eq([4, 2, 2]) && parts.iter().all(|part| digits(part))
}
