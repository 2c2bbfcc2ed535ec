//! Style checks: superfluous keys (defaults, values that follow from others, repeated values), repeated sentences and
//! unused definitions.

use super::Check;
use crate::load::At;
use crate::names;
use crate::yaml::{Body, Field, Map, Method, PagingStyle, Param, Required, Route, Spec};

/// The boolean keys whose default is `false`.
const FLAGS: [&str; 8] = [
    "undocumented",
    "async_refresh",
    "unsupported",
    "essential",
    "indexed",
    "nullable",
    "optional",
    "list",
];

impl Check<'_> {
    pub(super) fn style(&mut self, spec: &Spec) {
        for (file, content) in &spec.methods {
            self.start_file(format!("methods/{file}.yaml"));
            for (name, method) in &content.methods {
                self.method_style(name, method);
            }
            for (name, input) in &content.inputs {
                self.params_style(&["inputs", name, "params"], &input.params);
            }
        }
        for (file, content) in &spec.entities {
            self.start_file(format!("entities/{file}.yaml"));
            for (name, entity) in &content.entities {
                let path = ["entities", name];
                self.repeated_note(&path, ("description", &entity.description), &entity.note);
                if entity.docs.is_some() && entity.docs == content.docs {
                    self.superfluous(&path, "docs", "same as the file");
                }
                self.report_false(&path, &[("undocumented", entity.undocumented)]);
                self.fields_style(
                    &["entities", name, "fields"],
                    &entity.fields,
                    entity.undocumented,
                );
            }
            for (name, enumeration) in &content.enums {
                for (wire, value) in &enumeration.values {
                    let path = ["enums", name, "values", wire];
                    self.report_false(&path, &[("undocumented", value.undocumented)]);
                    if value.alias.is_some()
                        && names::variant_name(wire, value.alias.as_deref())
                            == names::variant_name(wire, None)
                    {
                        self.superfluous(&path, "as", "same as the default name");
                    }
                }
            }
        }
        self.file = "api.yaml".to_owned();
        self.unused_in_api(spec);
    }

    /// Starts a file. Finds the boolean keys that it sets to `false`, because computing positions for all others
    /// would be slow.
    fn start_file(&mut self, file: String) {
        let text = self.loaded.text(&file);
        // A filter only: whether a method or field sets the key is decided by positions.
        let set_to_false = text.match_indices(": false").filter_map(|(at, _)| {
            let mut flags = FLAGS.iter().copied();
            flags.find(|flag| text[..at].ends_with(flag))
        });
        self.false_keys = set_to_false.collect();
        self.file = file;
    }

    fn method_style(&mut self, name: &str, method: &Method) {
        let path = ["methods", name];
        self.repeated_note(&path, ("summary", &method.summary), &method.note);
        self.report_false(
            &path,
            &[
                ("undocumented", method.undocumented),
                ("async_refresh", method.async_refresh),
            ],
        );
        if let Some(http) = &method.http {
            if method.also_accepts.contains(&http.method) {
                self.superfluous(
                    &path,
                    "also_accepts",
                    "it contains the method's own HTTP method",
                );
            }
            if method.idempotent == Some(http.method.is_idempotent()) {
                self.superfluous(&path, "idempotent", "default for this HTTP method");
            }
        }
        if method.rate_limit.as_deref() == Some("general") {
            self.superfluous(&path, "rate_limit", "it applies to every request");
        }
        if method.body == Some(Body::Json) {
            self.superfluous(&path, "body", "JSON is the default");
        }
        for (index, alias) in method.aliases.iter().enumerate() {
            if alias.since.is_some() && alias.since == method.since {
                let index = index.to_string();
                let path = ["methods", name, "aliases", &index];
                self.superfluous(&path, "since", "same as the method");
            }
        }
        self.paging_style(name, method);
        self.arguments_style(name, method);
        let path = ["methods", name, "params"];
        self.params_style(&path, &method.params);
        for (wire, param) in &method.params {
            if method.undocumented && param.undocumented {
                let path = ["methods", name, "params", wire];
                self.superfluous(&path, "undocumented", "the method is undocumented");
            }
            let Some(http) = &method.http else { continue };
            // The checks of methods report other locations of path parameters.
            let is_in_path = http.path_params().any(|in_path| in_path == wire);
            if !is_in_path && param.location == Some(http.method.default_location()) {
                let path = ["methods", name, "params", wire];
                self.superfluous(&path, "in", "default for this HTTP method");
            }
        }
    }

    fn paging_style(&mut self, name: &str, method: &Method) {
        let Some(paging) = &method.paging else { return };
        let path = ["methods", name, "paging"];
        let by_default = ["max_id", "since_id", "min_id"];
        let defaults = [
            (
                "cursors",
                paging
                    .cursors
                    .as_ref()
                    .is_some_and(|cursors| *cursors == by_default),
            ),
            (
                "prev_cursor",
                paging.prev_cursor.as_deref() == Some("min_id"),
            ),
            ("link_header", paging.link_header == Some(true)),
        ];
        for (key, _) in defaults.iter().filter(|(_, is_default)| *is_default) {
            self.superfluous(&path, key, "this is the default");
        }
        if paging.limit_since.is_some() && paging.limit_since == method.since {
            self.superfluous(&path, "limit_since", "same as the method");
        }
        // A filter only, like that of `start_file`.
        let written = self.loaded.text(&self.file).contains("style: cursor");
        if paging.style == PagingStyle::Cursor && written && self.is_written(&path, "style") {
            self.superfluous(&path, "style", "this is the default");
        }
    }

    /// Reports `arguments` that equal the default.
    fn arguments_style(&mut self, name: &str, method: &Method) {
        let Some(arguments) = &method.arguments else {
            return;
        };
        let in_path: Vec<&str> = method.http.iter().flat_map(Route::path_params).collect();
        let required = method.params.iter().filter(|(wire, param)| {
            param.required == Some(Required::Always(true)) && !in_path.contains(&wire.as_str())
        });
        // Path parameters are in the order of their descriptions.
        let first = method
            .params
            .keys()
            .map(String::as_str)
            .filter(|wire| in_path.contains(wire));
        let default: Vec<&str> = first
            .chain(required.map(|(wire, _)| wire.as_str()))
            .collect();
        if *arguments == default {
            self.superfluous(&["methods", name], "arguments", "same as the default");
        }
    }

    fn params_style(&mut self, path: &[&str], params: &Map<Param>) {
        for (wire, param) in params {
            let path = [path, &[wire]].concat();
            self.repeated_note(&path, ("description", &param.description), &param.note);
            if param.required == Some(Required::Always(false)) {
                self.superfluous(&path, "required", "this is the default");
            }
            self.report_false(
                &path,
                &[
                    ("undocumented", param.undocumented),
                    ("unsupported", param.unsupported),
                    ("nullable", param.nullable),
                    ("essential", param.essential),
                    ("indexed", param.indexed),
                ],
            );
            if param.alias.is_some()
                && names::member_name(wire, param.alias.as_deref())
                    == names::member_name(wire, None)
            {
                self.superfluous(&path, "as", "same as the default name");
            }
        }
    }

    fn fields_style(&mut self, path: &[&str], fields: &Map<Field>, undocumented: bool) {
        for (wire, field) in fields {
            let path = [path, &[wire]].concat();
            self.repeated_note(&path, ("description", &field.description), &field.note);
            if undocumented && field.undocumented {
                self.superfluous(&path, "undocumented", "what contains it is undocumented");
            }
            self.report_false(
                &path,
                &[
                    ("nullable", field.nullable),
                    ("optional", field.optional),
                    ("undocumented", field.undocumented),
                    ("list", field.list),
                ],
            );
            if field.alias.is_some()
                && names::member_name(wire, field.alias.as_deref())
                    == names::member_name(wire, None)
            {
                self.superfluous(&path, "as", "same as the default name");
            }
            self.fields_style(
                &[&path[..], &["fields"]].concat(),
                &field.fields,
                undocumented || field.undocumented,
            );
        }
    }

    /// Reports unused definitions in `api.yaml`.
    fn unused_in_api(&mut self, spec: &Spec) {
        let methods = || spec.methods.values().flat_map(|file| file.methods.values());
        // These apply to requests without being named by a method.
        for name in spec
            .api
            .rate_limits
            .keys()
            .filter(|name| !["general", "paging", "address"].contains(&name.as_str()))
        {
            if !methods().any(|method| method.rate_limit.as_ref() == Some(name)) {
                self.report(
                    &["rate_limits", name],
                    At::Key,
                    format!("`{name}` is not used"),
                    Some("remove it, or name it in `rate_limit` of a method".into()),
                );
            }
        }
        for name in spec.api.events.keys() {
            if !spec
                .api
                .streams
                .values()
                .any(|stream| stream.events.contains(name))
            {
                self.report(
                    &["events", name],
                    At::Key,
                    format!("no stream has the event `{name}`"),
                    Some("remove it, or add it to `events` of a stream".into()),
                );
            }
        }
    }

    /// Reports boolean keys that are set to `false`.
    fn report_false(&mut self, path: &[&str], flags: &[(&str, bool)]) {
        for (key, _) in flags.iter().filter(|(_, set)| !set) {
            if self.false_keys.contains(key) && self.is_written(path, key) {
                self.superfluous(path, key, "this is the default");
            }
        }
    }

    /// Reports a note that repeats a sentence of the description: the documentation shows both.
    fn repeated_note(
        &mut self,
        path: &[&str],
        described: (&str, &Option<String>),
        note: &Option<String>,
    ) {
        let ((key, Some(description)), Some(note)) = (described, note) else {
            return;
        };
        let described: Vec<&str> = sentences(description).collect();
        if let Some(repeated) = sentences(note).find(|sentence| described.contains(sentence)) {
            self.report(
                &[path, &["note"]].concat(),
                At::Value,
                format!("`{key}` has the sentence \"{repeated}.\" too"),
                Some(format!("remove it from `{key}` or from `note`")),
            );
        }
    }

    fn superfluous(&mut self, path: &[&str], key: &str, reason: &str) {
        self.report(
            &[path, &[key]].concat(),
            At::Key,
            format!("`{key}` is superfluous: {reason}"),
            Some("remove it".into()),
        );
    }
}

/// The sentences of a text, without their full stops.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(". ")
        .map(|sentence| sentence.trim().trim_end_matches('.'))
}
