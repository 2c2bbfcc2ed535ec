//! Finds what is wrong with a specification that could be read: names that lead nowhere, versions
//! that never were, paths and parameters that do not fit.

mod answers;
mod differences;
mod entities;
mod methods;
mod repeated;
mod style;

use std::collections::{BTreeMap, BTreeSet};

use crate::load::{At, Loaded};
use crate::names;
use crate::problem::{Problem, closest};
use crate::yaml::{Event, Spec, Stream, TypeRef, Version};

/// Every problem of the specification, in the order of files and lines.
pub fn check(mut loaded: Loaded) -> Result<Spec, Vec<Problem>> {
    if loaded.broken {
        // Everything that the unreadable file defines would be missing: its own mistake comes first.
        return Err(loaded.problems);
    }
    let spec = std::mem::take(&mut loaded.spec);
    let names = Names::collect(&spec);
    let mut check = Check {
        loaded: &mut loaded,
        names: &names,
        file: String::new(),
        unset: Vec::new(),
    };
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
    let mut problems = loaded.problems;
    if problems.is_empty() {
        return Ok(spec);
    }
    problems.sort();
    Err(problems)
}

/// What the names of the specification stand for.
struct Names<'a> {
    entities: BTreeMap<&'a str, &'a crate::yaml::Entity>,
    enums: BTreeSet<&'a str>,
    ids: BTreeSet<&'a str>,
    inputs: BTreeSet<&'a str>,
    methods: BTreeSet<&'a str>,
    versions: BTreeSet<Version>,
    scopes: BTreeSet<&'a str>,
    families: BTreeSet<&'a str>,
    cursors: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn collect(spec: &'a Spec) -> Self {
        let entities = || spec.entities.values();
        let methods = || spec.methods.values();
        fn keys<T>(map: &crate::yaml::Map<T>) -> impl Iterator<Item = &str> {
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
            families: keys(&spec.api.rate_limits).collect(),
            cursors: keys(&spec.api.paging).collect(),
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

/// One run of the checks.
struct Check<'a> {
    loaded: &'a mut Loaded,
    names: &'a Names<'a>,
    file: String,
    /// The marks that the file writes out without setting them.
    unset: Vec<&'static str>,
}

/// The three versions in the life of a thing.
#[derive(Clone, Copy)]
struct Life<'a> {
    since: Option<&'a Version>,
    deprecated: Option<&'a Version>,
    removed: Option<&'a Version>,
}

impl Check<'_> {
    fn report(&mut self, path: &[&str], at: At, message: impl Into<String>, hint: Option<String>) {
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        self.loaded.report(&self.file, &path, at, message, hint);
    }

    /// Whether the key stands there, whatever its value.
    fn is_written(&self, path: &[&str], key: &str) -> bool {
        let full: Vec<String> = path.iter().chain(&[key]).map(ToString::to_string).collect();
        self.loaded.is_written(&self.file, &full)
    }

    /// Something is not there, unless it is and could not be read, which was reported already.
    fn missing(&mut self, path: &[&str], key: &str, hint: Option<String>) {
        if !self.is_written(path, key) {
            self.report(path, At::Key, format!("`{key}` is missing"), hint);
        }
    }

    /// A text that people read: there, and a sentence of its own.
    fn sentence(&mut self, path: &[&str], key: &str, text: Option<&String>) {
        let place = [path, &[key]].concat();
        match text.map(|text| text.trim()) {
            None | Some("") => {
                self.missing(path, key, Some("say it in a sentence".into()));
            }
            Some(text) if !text.ends_with(['.', '!', '?', ')']) => {
                self.report(&place, At::Value, "a sentence ends with a full stop", None);
            }
            Some(text) if text.contains("TODO") => {
                self.report(&place, At::Value, "this is still to be written", None);
            }
            Some("?") => {
                self.report(
                    &place,
                    At::Value,
                    "this question is still to be answered",
                    Some("say it in a sentence of your own".into()),
                );
            }
            Some(_) => {}
        }
    }

    /// Texts at the top of a file that a draft left open.
    fn questions(&mut self, texts: &[(&str, &Option<String>)]) {
        for (key, _) in texts
            .iter()
            .filter(|(_, text)| text.as_deref() == Some("?"))
        {
            let message = "this question is still to be answered";
            self.report(&[key], At::Value, message, None);
        }
    }

    fn life(&mut self, path: &[&str], life: Life<'_>) {
        let named = [
            ("since", life.since),
            ("deprecated", life.deprecated),
            ("removed", life.removed),
        ];
        for (key, version) in named {
            let Some(version) = version.filter(|version| !version.is_zero()) else {
                continue;
            };
            if !self.names.versions.contains(version) {
                let known: Vec<String> = self
                    .names
                    .versions
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let hint = closest(&version.to_string(), known.iter().map(String::as_str))
                    .map_or_else(
                        || "the releases stand in api.yaml".to_owned(),
                        |near| format!("did you mean `{near}`? the releases stand in api.yaml"),
                    );
                self.report(
                    &[path, &[key]].concat(),
                    At::Value,
                    format!("there is no release {version}"),
                    Some(hint),
                );
            }
        }
        for pair in named.windows(2) {
            if let [(first, Some(a)), (then, Some(b))] = pair
                && a > b
            {
                self.report(
                    &[path, &[then]].concat(),
                    At::Value,
                    format!("{then} {b} comes before {first} {a}"),
                    None,
                );
            }
        }
    }

    /// A type in an answer or a field.
    fn answer_type(&mut self, path: &[&str], ty: &TypeRef) {
        if let Some(name) = ty.named()
            && !self.names.is_type(name)
        {
            let hint =
                closest(name, self.names.types()).map(|meant| format!("did you mean `{meant}`?"));
            self.report(path, At::Value, format!("nothing is called `{name}`"), hint);
        }
        if matches!(ty.innermost(), TypeRef::File | TypeRef::Flag) {
            self.report(
                path,
                At::Value,
                format!("`{ty}` is a type of parameters only"),
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
                "the releases are not in their order, oldest first",
                None,
            );
        }
        for (name, scope) in &spec.api.scopes {
            let path = ["scopes", name];
            self.sentence(&path, "description", scope.description.as_ref());
            self.life(
                &path,
                Life {
                    since: scope.since.as_ref(),
                    deprecated: scope.deprecated.as_ref(),
                    removed: scope.removed.as_ref(),
                },
            );
            for (index, included) in scope.includes.iter().enumerate() {
                self.known(
                    &["scopes", name, "includes", &index.to_string()],
                    "scope",
                    included,
                    |names| &names.scopes,
                );
            }
        }
        for (name, family) in &spec.api.rate_limits {
            let path = ["rate_limits", name];
            self.sentence(&path, "description", family.description.as_ref());
            let limits = family
                .additional
                .iter()
                .map(|limit| (limit.requests, limit.seconds));
            let mut limits = limits.chain([(family.requests, family.seconds)]);
            if limits.any(|(requests, seconds)| requests == 0 || seconds == 0) {
                self.report(
                    &path,
                    At::Key,
                    "a rate limit is a number of `requests` in a number of `seconds`",
                    None,
                );
            }
        }
        self.answers(&spec.api);
        for (name, param) in &spec.api.paging {
            self.sentence(&["paging", name], "description", param.description.as_ref());
        }
        for (name, stream) in &spec.api.streams {
            let path = ["streams", name];
            self.sentence(&path, "description", stream.description.as_ref());
            self.life(
                &path,
                Life {
                    since: stream.since.as_ref(),
                    deprecated: None,
                    removed: None,
                },
            );
            match &stream.method {
                Some(method) => {
                    self.known(&["streams", name, "method"], "method", method, |names| {
                        &names.methods
                    });
                }
                None => self.missing(&path, "method", None),
            }
            self.stream_params(spec, name, stream);
            for (index, scope) in stream.scopes.iter().enumerate() {
                self.known(
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
                        format!("there is no event `{event}`"),
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
        self.life(
            path,
            Life {
                since: event.since.as_ref(),
                deprecated: None,
                removed: None,
            },
        );
        if let Some(payload) = &event.payload {
            self.answer_type(&[path, &["payload"]].concat(), payload);
        }
    }

    /// What a stream needs is a parameter of the method that opens it.
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
        let needs = stream.param.as_deref().map(|param| ("param", param));
        for (key, param) in media.into_iter().chain(needs) {
            if !method.params.contains_key(param) {
                self.report(
                    &["streams", name, key],
                    At::Value,
                    format!("the stream's method has no parameter `{param}`"),
                    None,
                );
            }
        }
    }

    /// A name that has to be among those known.
    fn known(
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
            self.report(
                path,
                At::Value,
                format!("there is no {what} `{name}`"),
                hint,
            );
        }
    }

    /// Names that would be the same thing twice, in the specification or in Rust.
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
                self.once(&mut types, section, name);
            }
        }
        for (file, content) in &spec.methods {
            self.file = format!("methods/{file}.yaml");
            for name in content.inputs.keys() {
                self.once(&mut types, "inputs", name);
            }
            for (name, method) in &content.methods {
                if let Some(other) = methods.insert(name, file) {
                    self.report(
                        &["methods", name],
                        At::Key,
                        format!("`{name}` is a method of methods/{other}.yaml as well"),
                        None,
                    );
                }
                let Some(http) = &method.http else { continue };
                let verbs = std::iter::once(http.verb).chain(method.also_accepts.iter().copied());
                let own = verbs.map(|verb| ("http", verb, &http.path));
                let aliases = method.aliases.iter().map(|alias| &alias.http);
                let others = aliases.map(|http| ("aliases", http.verb, &http.path));
                for (key, verb, path) in own.chain(others) {
                    let route = format!("{} {}", verb.as_str(), anonymous(path));
                    if let Some(other) = routes.insert(route, name) {
                        self.report(
                            &["methods", name, key],
                            At::Value,
                            format!("`{other}` has this verb and path already"),
                            None,
                        );
                    }
                }
            }
        }
    }

    fn once(&mut self, types: &mut BTreeMap<String, String>, section: &str, name: &str) {
        if let Some(other) = types.insert(names::type_name(name), name.to_owned()) {
            self.report(
                &[section, name],
                At::Key,
                format!("`{name}` has the name in code of another `{other}`"),
                Some("names are unique over ids, enums, entities and inputs".into()),
            );
        }
    }

    /// Definitions that nothing leads to.
    fn unused(&mut self, spec: &Spec) {
        let used = crate::model::reached(spec);
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
                    format!("nothing uses `{name}`"),
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
                    format!("nothing uses `{name}`"),
                    None,
                );
            }
        }
    }
}

/// The path without the names of its parameters, for comparing.
pub fn anonymous(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}
