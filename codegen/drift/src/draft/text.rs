//! Prints drafted items as YAML.

use std::fmt::Write;

use super::types::Owner;
use super::{Writer, indented, quoted_key};
use crate::external::{Attribute, Operation, Parameter, Shape, plain};
use mastodon_spec::derive::derived_errors;
use mastodon_spec::yaml::{Auth, HttpMethod, ParamLocation, Spec, Version};

impl Writer<'_> {
    pub(super) fn method(&mut self, file: &str, name: &str, operation: &Operation) -> String {
        let mut out = format!("{name}:\n  http: {}\n", operation.http);
        if let Some((_, anchor)) = operation
            .docs
            .as_deref()
            .and_then(|docs| docs.split_once('#'))
        {
            let _ = writeln!(out, "  docs: {anchor}");
        }
        if let Some(twin) = operation.twin_of.as_ref() {
            let _ = writeln!(out, "  also_accepts: [{}]", twin.method.as_str());
        }
        let returned = match operation.returns.innermost() {
            Shape::Named(name) => Some(name.as_str()),
            _ => None,
        };
        let noun = name.rsplit_once('_').map_or(name, |(noun, _)| noun);
        let owner = Owner {
            entity: None,
            base: heck::ToUpperCamelCase::to_upper_camel_case(noun),
            file: self.entity_file(returned, file),
            since: None,
        };
        let is_stream = operation.http.path.starts_with("/api/v1/streaming/");
        let mut params: Vec<Parameter> = operation.params.clone().unwrap_or_default();
        let paging = paging(&operation.returns, &params);
        let returns = match &operation.returns {
            Shape::Nothing => "nothing".to_owned(),
            _ if is_stream => "stream".to_owned(),
            Shape::List(item) if paging.is_some() => format!("page of {}", self.ty("", item)),
            shape => self.ty("", shape),
        };
        for mark in self.marks().split(", ").filter(|mark| !mark.is_empty()) {
            let _ = writeln!(out, "  {mark}");
        }
        let auth = operation.auth.clone().unwrap_or_else(|| "\"?\"".to_owned());
        let since = self.version(operation.since.as_ref());
        let _ = writeln!(out, "  summary: \"?\"\n  since: {since}");
        let notes = &operation.notes;
        if let Some(deprecated) = &notes.ends.deprecated {
            let _ = writeln!(out, "  deprecated: {}", self.version(Some(deprecated)));
        }
        let _ = writeln!(out, "  auth: {auth}");
        if !notes.permissions.is_empty() {
            let _ = writeln!(out, "  permission: {}", notes.permissions.join(" or "));
        }
        if is_stream {
            out.push_str("  host: streaming\n");
        }
        let _ = writeln!(out, "  returns: {returns}");
        let derived = auth.parse::<Auth>().ok();
        let derived: Vec<u16> = derived_errors(derived.as_ref()).collect();
        let (mut errors, successes): (Vec<u16>, Vec<u16>) =
            notes.statuses.iter().partition(|status| **status >= 400);
        errors.retain(|status| !derived.contains(status));
        let successes = successes.iter().filter(|status| **status != 200);
        let successes: Vec<String> = successes.map(|status| format!("{status}: \"?\"")).collect();
        if !successes.is_empty() {
            let _ = writeln!(out, "  responses: {{ {} }}", successes.join(", "));
        }
        if let Some(paging) = paging {
            let _ = writeln!(out, "  paging: {paging}");
            params.retain(|param| param.name != "limit" && !PAGING.contains(&param.name.as_str()));
        }
        if !errors.is_empty() {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            let _ = writeln!(out, "  errors: [{}]", errors.join(", "));
        }
        for wire in operation.http.path_params() {
            if !params.iter().any(|param| param.name == wire) {
                params.push(Parameter {
                    name: wire.to_owned(),
                    location: Some(ParamLocation::Path),
                    shape: Shape::String,
                    required: None,
                    since: None,
                    values: Vec::new(),
                    value_versions: Vec::new(),
                    default: None,
                    max: None,
                    at: String::new(),
                });
            }
        }
        params.sort_by_key(|param| {
            let mut in_path = operation.http.path_params();
            in_path
                .position(|name| name == param.name)
                .unwrap_or(usize::MAX)
        });
        // The `Authorization` header is described by `auth`.
        params.retain(|param| param.location != Some(ParamLocation::Header));
        if !params.is_empty() {
            out.push_str("  params:\n");
            for param in &params {
                let in_path = operation.http.path_params().any(|name| name == param.name);
                let param = Parameter {
                    required: param.required.filter(|_| !in_path),
                    since: param
                        .since
                        .clone()
                        .filter(|since| Some(since) != operation.since.as_ref()),
                    ..param.clone()
                };
                let text = match in_path {
                    true => {
                        let ty = self.in_path(&operation.http.path, &param.name);
                        format!("{{ type: {ty}, description: \"?\" }}")
                    }
                    false => self.plain_param(&owner, &param),
                };
                let _ = writeln!(out, "    {}: {text}", quoted_key(&param.name));
            }
        }
        out
    }

    /// A parameter that was added to an existing method.
    pub(super) fn param(&mut self, owner: &Owner, param: &Parameter) -> String {
        let since = self.version(param.since.as_ref());
        let plain = Parameter {
            since: None,
            ..param.clone()
        };
        let text = self.plain_param(owner, &plain);
        let marks = self.marks();
        text.replacen(
            ", description:",
            &format!(", since: {since}{marks}, description:"),
            1,
        )
    }

    fn plain_param(&mut self, owner: &Owner, param: &Parameter) -> String {
        let values = versioned(&param.values, &param.value_versions);
        let ty = self.typed(owner, &param.name, &param.shape, &values);
        let mut out = format!("{{ type: {ty}");
        if param.location == Some(ParamLocation::Header) {
            out.push_str(", in: header");
        }
        if param.required == Some(true) {
            out.push_str(", required: true");
        }
        for (key, value) in [("default", &param.default), ("max", &param.max)] {
            if let Some(value) = value {
                let _ = write!(out, ", {key}: {value}");
            }
        }
        if let Some(since) = &param.since {
            let _ = write!(out, ", since: {}", self.version(Some(since)));
        }
        out + ", description: \"?\" }"
    }

    pub(super) fn field(
        &mut self,
        owner: &Owner,
        key: &str,
        field: &Attribute,
        prefix: &str,
        all: &[Attribute],
    ) -> String {
        let inner: Vec<&Attribute> = all
            .iter()
            .filter(|other| {
                other
                    .path
                    .strip_prefix(prefix)
                    .is_some_and(|rest| !rest.contains('.'))
            })
            .collect();
        let since = self.version(field.since.as_ref());
        let inherits = owner.since.as_ref() == Some(&since)
            || field.since.is_none() && self.since.is_none() && owner.since.is_some();
        let mut versions = Vec::new();
        if !inherits {
            versions.push(format!("since: {since}"));
        }
        let ends = &field.ends;
        for (word, version) in [("deprecated", &ends.deprecated), ("removed", &ends.removed)] {
            versions.extend(version.as_ref().map(|version| format!("{word}: {version}")));
        }
        let key = quoted_key(key);
        let mut marks = String::new();
        for (word, holds) in [("nullable", field.nullable), ("optional", field.optional)] {
            if holds {
                let _ = write!(marks, ", {word}: true");
            }
        }
        marks.push_str(&self.marks());
        if inner.is_empty() {
            let values = versioned(&field.values, &field.value_versions);
            let ty = self.typed(owner, &field.path, &field.shape, &values);
            let versions: String = versions.iter().map(|one| format!(", {one}")).collect();
            return format!("{key}: {{ type: {ty}{marks}{versions}, description: \"?\" }}\n");
        }
        let mut out = format!("{key}:\n");
        if matches!(field.shape, Shape::List(_)) {
            out.push_str("  list: true\n");
        }
        for mark in marks.split(", ").filter(|mark| !mark.is_empty()) {
            let _ = writeln!(out, "  {mark}");
        }
        for line in versions {
            let _ = writeln!(out, "  {line}");
        }
        out.push_str("  description: \"?\"\n  fields:\n");
        let undocumented = std::mem::take(&mut self.undocumented);
        let owner = &Owner {
            entity: owner.entity.clone(),
            base: owner.base.clone(),
            file: owner.file.clone(),
            since: Some(since),
        };
        for field in inner {
            let name = field
                .path
                .rsplit('.')
                .next()
                .unwrap_or(&field.path)
                .to_owned();
            let prefix = format!("{}.", field.path);
            out.push_str(&indented(&self.field(owner, &name, field, &prefix, all), 4));
        }
        self.undocumented = undocumented;
        out
    }

    /// The version, or the given default, otherwise `?`.
    pub(super) fn version(&mut self, version: Option<&Version>) -> String {
        match version.or(self.since) {
            Some(version) => {
                if !self.versions.contains(version) {
                    self.versions.push(version.clone());
                }
                version.to_string()
            }
            None => "\"?\"".to_owned(),
        }
    }

    /// A type in the notation of the specification; ids are recognized by name.
    pub(super) fn ty(&self, name: &str, shape: &Shape) -> String {
        match shape {
            Shape::List(inner) => match self.ty(name, inner) {
                placeholder if placeholder.starts_with('"') => placeholder,
                item => format!("[{item}]"),
            },
            Shape::Unknown | Shape::Object | Shape::Nothing => "\"?\"".to_owned(),
            Shape::Named(name) => {
                let mut entities = self
                    .spec
                    .entities
                    .values()
                    .flat_map(|file| file.entities.keys());
                entities
                    .find(|entity| plain(entity) == plain(name))
                    .unwrap_or(name)
                    .clone()
            }
            Shape::String => {
                let last = name
                    .rsplit(['.', '['])
                    .next()
                    .unwrap_or(name)
                    .trim_end_matches(']');
                let name = plain(last.trim_end_matches('s'));
                let mut ids = self.spec.entities.values().flat_map(|file| file.ids.keys());
                ids.find(|id| name.ends_with("id") && name.len() > 2 && plain(id) == name)
                    .map_or_else(|| "string".to_owned(), Clone::clone)
            }
            plain => plain.to_string(),
        }
    }
}

/// The name of a drafted method, from its path.
pub(crate) fn method_name(spec: &Spec, operation: &Operation) -> String {
    let parts = operation
        .http
        .path
        .split('/')
        .filter(|part| !part.is_empty() && !part.starts_with('{'));
    let parts: Vec<&str> = parts
        .filter(|part| *part != "api" && !is_api_version(part))
        .collect();
    let name = heck::ToSnakeCase::to_snake_case(parts.join("_").as_str());
    let taken = |name: &str| {
        spec.methods
            .values()
            .any(|file| file.methods.contains_key(name))
    };
    let action = match operation.http.method {
        HttpMethod::Get => "get",
        HttpMethod::Post => "create",
        HttpMethod::Put | HttpMethod::Patch => "update",
        HttpMethod::Delete => "delete",
    };
    let name = if name.is_empty() {
        "unnamed".to_owned()
    } else {
        name
    };
    if operation.http.method == HttpMethod::Get && !taken(&name) {
        name
    } else {
        format!("{name}_{action}")
    }
}

/// The paging parameters other than `limit`.
const PAGING: [&str; 4] = ["max_id", "since_id", "min_id", "offset"];

/// The paging of a list with a limit and cursors or an offset.
fn paging(returns: &Shape, params: &[Parameter]) -> Option<String> {
    let has = |name: &str| params.iter().find(|param| param.name == name);
    let limit = has("limit").filter(|_| matches!(returns, Shape::List(_)))?;
    let (default, max) = (limit.default.as_ref()?, limit.max.as_ref()?);
    let cursors: Vec<&str> = PAGING
        .into_iter()
        .filter(|name| has(name).is_some())
        .collect();
    Some(match cursors[..] {
        [] => return None,
        [.., "offset"] => format!("{{ style: offset, limit: {default} to {max} }}"),
        [_, _, _] => format!("{{ limit: {default} to {max} }}"),
        ["max_id", "since_id"] => format!(
            "{{ limit: {default} to {max}, cursors: [max_id, since_id], prev_cursor: since_id }}"
        ),
        _ => format!(
            "{{ limit: {default} to {max}, cursors: [{}] }}",
            cursors.join(", ")
        ),
    })
}

/// The values, each with the version that added it where known.
fn versioned(values: &[String], versions: &[(String, Version)]) -> Vec<(String, Option<Version>)> {
    let version = |value: &String| {
        let mut versions = versions.iter();
        let found = versions.find(|(own, _)| own == value);
        found.map(|(_, version)| version.clone())
    };
    values
        .iter()
        .map(|value| (value.clone(), version(value)))
        .collect()
}

fn is_api_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Where an item can be seen: the file of Mastodon's repository, without the line. Recordings are not in it.
pub(super) fn seen(at: &str) -> String {
    let file = at.rsplit_once(':').map_or(at, |(file, _)| file);
    let is_of_mastodon = ["app/", "config/", "lib/", "streaming/"]
        .iter()
        .any(|folder| file.starts_with(folder));
    if is_of_mastodon {
        file.to_owned()
    } else {
        "\"?\"".to_owned()
    }
}
