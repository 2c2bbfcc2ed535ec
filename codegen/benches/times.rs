//! Multiplies the specification: copies with unique names and paths.

use std::collections::HashSet;

use mastodon_spec::load::Files;
use serde_yaml::{Mapping, Value};

fn tree(text: &str) -> Value {
    mastodon_yaml::parse(text).expect("YAML").0
}

/// The files with `factor` copies of each file of methods and entities.
pub(crate) fn times(files: &Files, factor: usize) -> Files {
    let mut out = files.clone();
    let trees: Vec<(&String, Value)> = files
        .iter()
        .filter(|(file, _)| file.contains('/'))
        .map(|(file, text)| (file, tree(text)))
        .collect();
    let names: HashSet<String> = trees.iter().flat_map(|(_, tree)| defined(tree)).collect();
    let mut api = tree(&files["api.yaml"]);
    let payloads = payloads(&api);
    for number in 1..factor {
        let copy = Copy {
            names: &names,
            number,
        };
        events(&mut api, &copy, &payloads);
        for (file, tree) in &trees {
            let mut tree = tree.clone();
            copy.file(&mut tree);
            let text = serde_yaml::to_string(&tree).expect("YAML");
            out.insert(file.replace(".yaml", &format!("_{number}.yaml")), text);
        }
    }
    if factor > 1 {
        out.insert(
            "api.yaml".to_owned(),
            serde_yaml::to_string(&api).expect("YAML"),
        );
    }
    out
}

/// The types that are used only in `api.yaml`: in events, push messages and errors.
fn payloads(api: &Value) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    let events = api["events"]
        .as_mapping()
        .into_iter()
        .flat_map(Mapping::values);
    out.extend(
        events
            .chain([&api["push"]])
            .filter_map(|event| event.get("payload").cloned()),
    );
    let schemas = api["error_schemas"]
        .as_mapping()
        .into_iter()
        .flat_map(Mapping::values);
    let fields = schemas
        .filter_map(|schema| schema["fields"].as_mapping())
        .flat_map(Mapping::values);
    out.extend(fields.filter_map(|field| field.get("type").cloned()));
    out
}

/// Adds an event for each copied type that would be unused otherwise.
fn events(api: &mut Value, copy: &Copy<'_>, payloads: &[Value]) {
    for (index, payload) in payloads.iter().enumerate() {
        let mut renamed = payload.clone();
        copy.types(Some(&mut renamed));
        if renamed == *payload {
            continue;
        }
        let name = format!("copy{}.{index}", copy.number);
        let event = Mapping::from_iter([
            ("payload".into(), renamed),
            ("description".into(), "A copied event.".into()),
        ]);
        let streams = api.get_mut("streams").and_then(Value::as_mapping_mut);
        let stream = streams.and_then(|streams| streams.iter_mut().next());
        let stream_events = stream.and_then(|(_, stream)| stream.get_mut("events"));
        if let Some(stream_events) = stream_events.and_then(Value::as_sequence_mut) {
            stream_events.push(name.as_str().into());
        }
        if let Some(known) = api.get_mut("events").and_then(Value::as_mapping_mut) {
            known.insert(name.into(), event.into());
        }
    }
}

/// The names that a file defines.
fn defined(tree: &Value) -> Vec<String> {
    let sections = ["methods", "inputs", "ids", "enums", "entities"];
    let sections = sections
        .iter()
        .filter_map(|section| tree.get(section)?.as_mapping());
    let keys = sections.flat_map(Mapping::keys);
    keys.filter_map(|key| Some(key.as_str()?.to_owned()))
        .collect()
}

struct Copy<'a> {
    names: &'a HashSet<String>,
    number: usize,
}

impl Copy<'_> {
    fn file(&self, tree: &mut Value) {
        for section in ["methods", "inputs", "ids", "enums", "entities"] {
            self.keys(tree.get_mut(section));
            for item in values(tree.get_mut(section)) {
                self.item(item);
            }
        }
    }

    /// Renames the references in a method, an input or an entity.
    fn item(&self, item: &mut Value) {
        self.path(item.get_mut("http"));
        let documented = item.get_mut("documented");
        self.path(documented.and_then(|documented| documented.get_mut("http")));
        for alias in item
            .get_mut("aliases")
            .and_then(Value::as_sequence_mut)
            .into_iter()
            .flatten()
        {
            self.path(alias.get_mut("http"));
        }
        for key in ["returns", "replaced_by", "extends"] {
            self.types(item.get_mut(key));
        }
        if let Some(error) = item.get_mut("already_applied") {
            self.types(error.get_mut("verify_with"));
        }
        self.keys(item.get_mut("one_of"));
        for key in ["params", "fields"] {
            for inner in values(item.get_mut(key)) {
                self.types(inner.get_mut("type"));
                self.item(inner);
            }
        }
    }

    fn path(&self, route: Option<&mut Value>) {
        if let Some(route) = route
            && let Some(text) = route.as_str()
        {
            *route = text
                .replacen(" /", &format!(" /copy{}/", self.number), 1)
                .into();
        }
    }

    /// Renames the names in a type.
    fn types(&self, ty: Option<&mut Value>) {
        let Some(ty) = ty else { return };
        match ty {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.types(Some(item))),
            Value::String(text) => {
                let mut out = String::new();
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
                let mut rest = text.as_str();
                while let Some(start) = rest.find(is_name) {
                    out.push_str(&rest[..start]);
                    let end = rest[start..]
                        .find(|c| !is_name(c))
                        .map_or(rest.len(), |end| start + end);
                    out.push_str(&self.name(&rest[start..end]));
                    rest = &rest[end..];
                }
                *text = out + rest;
            }
            _ => {}
        }
    }

    fn keys(&self, mapping: Option<&mut Value>) {
        if let Some(mapping) = mapping.and_then(Value::as_mapping_mut) {
            let old = std::mem::take(mapping);
            mapping.extend(old.into_iter().map(|(key, value)| match key.as_str() {
                Some(name) => (self.name(name).into(), value),
                None => (key, value),
            }));
        }
    }

    fn name(&self, name: &str) -> String {
        if !self.names.contains(name) {
            return name.to_owned();
        }
        match name.strip_suffix("Id") {
            Some(stem) => format!("{stem}Copy{}Id", self.number),
            None if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                format!("{name}Copy{}", self.number)
            }
            None => format!("{name}_copy{}", self.number),
        }
    }
}

fn values(mapping: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    let mapping = mapping.and_then(Value::as_mapping_mut);
    mapping
        .into_iter()
        .flat_map(|mapping| mapping.iter_mut().map(|(_, value)| value))
}
