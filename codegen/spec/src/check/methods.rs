//! Checks of methods, parameters and inputs.

use std::collections::BTreeSet;

use super::lifetimes::Owner;
use super::{Check, is_date};
use crate::load::At;
use crate::model::cursor_type;
use crate::names;
use crate::problem::closest;
use crate::yaml::{
    HttpMethod, JsonType, Map, Method, MethodsFile, PagingStyle, Param, ParamLocation, Required,
    Returns, Route, Seen, Supported, TypeRef,
};

impl Check<'_> {
    pub(super) fn methods_file(&mut self, file: &MethodsFile) {
        for (key, text) in [("title", &file.title), ("docs", &file.docs)] {
            // Mastodon's documentation does not describe what only other servers have.
            let is_required = key == "title" || !self.file.starts_with("methods/servers/");
            if text.is_none() && is_required {
                self.report(
                    &[],
                    At::Key,
                    format!("`{key}` is missing at the top of the file"),
                    Some(format!("add `{key}: …`, as on the documentation page")),
                );
            }
        }
        self.placeholders(&[("title", &file.title), ("docs", &file.docs)]);
        self.sentence(&[], "description", file.description.as_ref());
        for (name, method) in &file.methods {
            self.method(name, method);
            self.already_applied(file, name, method);
            self.lost_response(file, name, method);
        }
        for (name, input) in &file.inputs {
            let path = ["inputs", name];
            self.sentence(&path, "description", input.description.as_ref());
            if let Some(values) = &input.push_alerts {
                let path = ["inputs", name, "push_alerts"];
                let enums = &self.names.enums;
                let is_known = enums.contains_key(values.as_str());
                self.known(
                    &path,
                    "enumeration",
                    values,
                    is_known,
                    enums.keys().copied(),
                );
            }
            for (param_name, param) in &input.params {
                let path = ["inputs", name, "params", param_name];
                self.param(&path, param, false);
                self.condition_of(&path, param, &input.params);
                self.unseen(&path, param.undocumented, &param.seen);
                if param.location.is_some() {
                    self.report(
                        &[&path[..], &["in"]].concat(),
                        At::Key,
                        "a nested parameter cannot have `in`",
                        Some("remove it: nested parameters are where the parameter with the input is".into()),
                    );
                }
            }
            self.same_names(&["inputs", name, "params"], &input.params);
        }
    }

    fn method(&mut self, name: &str, method: &Method) {
        let path = ["methods", name];
        let at = |key: &'static str| ["methods", name, key];
        if names::member_name(name, None) != name {
            self.report(
                &path,
                At::Key,
                "the name of a method must be in snake_case",
                Some("rename it to a noun and a verb, such as `status_post`".into()),
            );
        }
        self.sentence(&path, "summary", method.summary.as_ref());
        self.versions(&path, method.into());
        self.on(&path, &method.on, &method.seen);
        self.unseen(&path, method.undocumented, &method.seen);
        self.servers_folder(&path, "method", method.since.as_ref(), method.is_only_on());
        self.aliases(name, method);
        for (key, missing) in [
            ("http", method.http.is_none()),
            ("since", method.since.is_none() && !method.is_only_on()),
            ("auth", method.auth.is_none()),
            ("returns", method.returns.is_none()),
        ] {
            if missing {
                self.missing(&path, key, None);
            }
        }
        if let Some(auth) = &method.auth {
            for scope in &auth.scopes {
                self.defined(&at("auth"), "scope", scope, |names| &names.scopes);
            }
        }
        if let Some(since) = &method.auth_since {
            self.release(&at("auth_since"), since);
        }
        if let Some(bucket) = &method.rate_limit {
            self.defined(&at("rate_limit"), "rate limit", bucket, |names| {
                &names.rate_limits
            });
        }
        if let Some(replacement) = &method.replaced_by {
            if replacement == name {
                self.report(
                    &at("replaced_by"),
                    At::Value,
                    "a method cannot replace itself",
                    Some("write the name of the method to use instead".into()),
                );
            }
            let names = self.names;
            let others = names.methods.iter().copied();
            self.known(
                &at("replaced_by"),
                "method",
                replacement,
                names.methods.contains(replacement.as_str()),
                others.filter(|other| *other != name),
            );
            if method.deprecated.is_none() && method.removed.is_none() {
                self.report(
                    &at("replaced_by"),
                    At::Key,
                    "`replaced_by` needs `deprecated` or `removed`",
                    Some("add the version, or remove `replaced_by`".into()),
                );
            }
        }
        if let Some(date) = &method.deprecated_on
            && (method.deprecated.is_none() || !is_date(date))
        {
            self.report(
                &at("deprecated_on"),
                At::Value,
                "expected the date of a deprecated method, such as 2022-11-14",
                Some("write the date of the `Deprecation` header, and `deprecated`".into()),
            );
        }
        for (index, status) in method.errors.iter().enumerate() {
            let index = index.to_string();
            self.error_status(&["methods", name, "errors", &index], *status);
        }
        for (status, meaning) in &method.responses {
            if !(201..400).contains(status) {
                self.report(
                    &["methods", name, "responses", &status.to_string()],
                    At::Key,
                    format!("{status} is not a successful status other than 200"),
                    Some("write the status under `errors`, or remove it".into()),
                );
            }
            self.sentence(&at("responses"), &status.to_string(), Some(meaning));
        }
        if method.responses.contains_key(&204)
            && matches!(method.returns, Some(Returns::Page { .. }))
        {
            self.report(
                &["methods", name, "responses", "204"],
                At::Key,
                "a page cannot have the status 204",
                Some("remove it, or change `returns`".into()),
            );
        }
        self.errors(name, method);
        self.documented_method(&path, method);
        self.returns(name, method);
        self.params(name, method);
        self.files(name, method);
        self.request(name, method);
    }

    /// Checks the addresses of the method on other servers.
    fn aliases(&mut self, name: &str, method: &Method) {
        let sorted = |route: &Route| {
            route
                .path_params()
                .map(str::to_owned)
                .collect::<BTreeSet<_>>()
        };
        let own = method.http.as_ref().map(sorted).unwrap_or_default();
        for (index, alias) in method.aliases.iter().enumerate() {
            let index = index.to_string();
            let path = ["methods", name, "aliases", &index];
            self.on(&path, &alias.on, &Seen::default());
            self.versions(&path, alias.into());
            let owner = Owner {
                what: "method",
                versions: method.into(),
            };
            self.within(&path, alias.into(), owner);
            if !alias.on.is_empty() && sorted(&alias.http) != own {
                self.report(
                    &[&path[..], &["http"]].concat(),
                    At::Value,
                    "the path has other parameters than that of the method",
                    Some("use the names of the path in `http`".into()),
                );
            }
        }
    }

    fn returns(&mut self, name: &str, method: &Method) {
        let at = |key: &'static str| ["methods", name, key];
        match &method.returns {
            Some(Returns::Value(ty) | Returns::Stream(Some(ty))) => {
                self.response_type(&at("returns"), ty);
            }
            Some(Returns::Page { item, wrapper }) => {
                self.response_type(&at("returns"), item);
                if let Some((entity, field)) = wrapper {
                    self.wrapper(name, item, entity, field);
                }
                if method.paging.is_none() {
                    self.report(
                        &at("returns"),
                        At::Value,
                        "a page needs `paging`",
                        Some("write at least the limit: `paging: { limit: 20 to 40 }`".into()),
                    );
                }
            }
            _ => {}
        }
        let Some(paging) = &method.paging else { return };
        if !matches!(method.returns, Some(Returns::Page { .. })) {
            self.report(
                &at("paging"),
                At::Key,
                "`paging` needs `returns: page of …`",
                Some("write `returns: page of …`, or add `limit` to the parameters".into()),
            );
        }
        let named = paging
            .cursors
            .iter()
            .flatten()
            .map(|cursor| ("cursors", cursor));
        let named = named.chain(
            paging
                .unsupported
                .iter()
                .map(|cursor| ("unsupported", cursor)),
        );
        let named = named.chain(
            paging
                .prev_cursor
                .iter()
                .map(|cursor| ("prev_cursor", cursor)),
        );
        for (key, cursor) in named.collect::<Vec<_>>() {
            self.defined(
                &["methods", name, "paging", key],
                "paging parameter",
                cursor,
                |names| &names.cursors,
            );
        }
        if paging.style == PagingStyle::Offset && paging.cursors.is_some() {
            self.report(
                &["methods", name, "paging", "cursors"],
                At::Key,
                "`style: offset` has no cursors",
                Some("remove `cursors`, or `style: offset`".into()),
            );
        }
        if let Some(path) = &paging.cursor {
            let entity = |name: &str| self.names.entities.get(name).copied();
            let is_id = cursor_type(method, path, entity).is_some_and(
                |ty| matches!(ty, TypeRef::Named(name) if self.names.ids.contains(name.as_str())),
            );
            if paging.style == PagingStyle::Offset || !is_id {
                self.report(
                    &["methods", name, "paging", "cursor"],
                    At::Value,
                    format!("the items have no ID at `{path}` that is a cursor"),
                    Some("write the path of a field whose type is an ID, such as `id`".into()),
                );
            }
        }
        for param in &paging.dropped_by_link {
            if !method.params.contains_key(param) {
                let hint = closest(param, method.params.keys().map(String::as_str));
                self.report(
                    &["methods", name, "paging", "dropped_by_link"],
                    At::Value,
                    format!("the method has no parameter `{param}`"),
                    hint.map(|meant| format!("did you mean `{meant}`?")),
                );
            }
        }
    }

    fn wrapper(&mut self, name: &str, item: &TypeRef, entity: &str, field: &str) {
        let path = ["methods", name, "returns"];
        let names = self.names;
        let Some(found) = names.entities.get(entity).copied() else {
            let hint = closest(entity, names.entities.keys().copied());
            self.report(
                &path,
                At::Value,
                format!("unknown entity `{entity}`"),
                hint.map(|meant| format!("did you mean `{meant}`?")),
            );
            return;
        };
        let list = found.fields.get(field).and_then(|field| field.ty.clone());
        if list != Some(TypeRef::List(Box::new(item.clone()))) {
            self.report(
                &path,
                At::Value,
                format!("`{entity}` has no field `{field}` of type `[{item}]`"),
                Some("name the entity and its field that contains the list: `page of Item in Wrapper.field`".into()),
            );
        }
    }

    fn params(&mut self, name: &str, method: &Method) {
        let owner = Owner {
            what: "method",
            versions: method.into(),
        };
        for (param_name, param) in &method.params {
            let path = ["methods", name, "params", param_name];
            let mut arguments = method.arguments.iter().flatten();
            let mut in_path = method.http.iter().flat_map(Route::path_params);
            let argument =
                arguments.any(|name| name == param_name) || in_path.any(|name| name == param_name);
            self.param(&path, param, argument);
            self.within(&path, param.into(), owner);
            self.condition_of(&path, param, &method.params);
            let is_inside = method.undocumented;
            self.unseen(&path, param.undocumented && !is_inside, &param.seen);
            self.alternative(method, param_name, param, &path);
            self.items_per_request(method, param_name, param, &path);
            if self.names.cursors.contains(param_name.as_str())
                && matches!(method.returns, Some(Returns::Page { .. }))
                && ["limit", "max_id", "since_id", "min_id", "offset"]
                    .contains(&param_name.as_str())
            {
                self.report(
                    &path,
                    At::Key,
                    format!("`{param_name}` is already a parameter of every page"),
                    Some("remove it".into()),
                );
            }
        }
        self.same_names(&["methods", name, "params"], &method.params);
        if let Some(http) = &method.http {
            self.path_params(name, method, &http.path_params().collect());
            if http.method == HttpMethod::Get
                && method
                    .params
                    .values()
                    .any(|param| param.location == Some(ParamLocation::Body))
            {
                self.report(
                    &["methods", name, "http"],
                    At::Value,
                    "a GET request cannot have a body",
                    Some("remove `in: body` of its parameters, or correct the HTTP method".into()),
                );
            }
        }
        for (index, argument) in method.arguments.iter().flatten().enumerate() {
            if !method.params.contains_key(argument) {
                let hint = closest(argument, method.params.keys().map(String::as_str));
                self.report(
                    &["methods", name, "arguments", &index.to_string()],
                    At::Value,
                    format!("the method has no parameter `{argument}`"),
                    hint.map(|meant| format!("did you mean `{meant}`?")),
                );
            }
        }
    }

    /// Checks a parameter that changes what the method returns: a method can have one, it is optional, and the
    /// method returns a value.
    fn alternative(&mut self, method: &Method, name: &str, param: &Param, path: &[&str]) {
        let Some(ty) = &param.returns else { return };
        let path = [path, &["returns"]].concat();
        self.response_type(&path, ty);
        let is_only = method.alternative().is_some_and(|(first, _)| first == name);
        let has_value = matches!(method.returns, Some(Returns::Value(_)));
        if !(is_only && has_value && param.required.is_none()) {
            self.report(
                &path,
                At::Key,
                "only one optional parameter of a method that returns a value can change what it returns",
                Some("remove `returns` of this parameter; a `one_of` entity describes several results".into()),
            );
        }
    }

    /// Checks a list that is sent in several requests: a method can have one. It is a GET method that returns a list, so
    /// that the lists can be joined, or a DELETE method that returns nothing, so that it can be repeated after a failure.
    fn items_per_request(&mut self, method: &Method, name: &str, param: &Param, path: &[&str]) {
        if param.items_per_request.is_none() {
            return;
        }
        let mut lists = method.params.iter();
        let first = lists.find(|(_, param)| param.items_per_request.is_some());
        let is_only = first.is_some_and(|(first, _)| first == name);
        let http_method = method.http.as_ref().map(|http| http.method);
        let can_be_joined = matches!(
            (http_method, &method.returns),
            (
                Some(HttpMethod::Get),
                Some(Returns::Value(TypeRef::List(_)))
            ) | (Some(HttpMethod::Delete), Some(Returns::Nothing))
        );
        if !(is_only && can_be_joined) {
            self.report(
                &[path, &["items_per_request"]].concat(),
                At::Key,
                "only one parameter of a GET method that returns a list, or of a DELETE method that returns nothing, can have it",
                Some("remove it".into()),
            );
        }
    }

    fn path_params(&mut self, name: &str, method: &Method, in_path: &BTreeSet<&str>) {
        for missing in in_path
            .iter()
            .filter(|param| !method.params.contains_key(**param))
        {
            self.report(
                &["methods", name, "http"],
                At::Value,
                format!("the path parameter `{missing}` is not described"),
                Some(format!(
                    "add `{missing}: {{ type: …, description: … }}` under `params`"
                )),
            );
        }
        for (param_name, param) in &method.params {
            if in_path.contains(param_name.as_str())
                && !matches!(param.location, None | Some(ParamLocation::Path))
            {
                self.report(
                    &["methods", name, "params", param_name, "in"],
                    At::Value,
                    format!("`in` contradicts the path, which contains `{param_name}`"),
                    Some("remove `in`".into()),
                );
            }
            if param.location == Some(ParamLocation::Path) && !in_path.contains(param_name.as_str())
            {
                self.report(
                    &["methods", name, "params", param_name],
                    At::Key,
                    format!("`{param_name}` is not in the path"),
                    Some(format!(
                        "add `{{{param_name}}}` to the path, or change `in`"
                    )),
                );
            }
            if in_path.contains(param_name.as_str()) && param.required.is_some() {
                self.report(
                    &["methods", name, "params", param_name, "required"],
                    At::Key,
                    format!("`{param_name}` is in the path, so it is always required"),
                    Some("remove `required`".into()),
                );
            }
        }
    }

    fn param(&mut self, path: &[&str], param: &Param, argument: bool) {
        self.sentence(path, "description", param.description.as_ref());
        self.versions(path, param.into());
        self.on(path, &param.on, &param.seen);
        let Some(ty) = &param.ty else {
            self.missing(path, "type", None);
            return;
        };
        let names = self.names;
        if let Some(name) = ty.named() {
            let known = || {
                names
                    .enums
                    .keys()
                    .chain(&names.ids)
                    .chain(names.inputs.keys())
                    .copied()
            };
            let is_known = known().any(|known| known == name);
            if !is_known {
                let hint = if names.entities.contains_key(name) {
                    Some(
                        "an entity cannot be a parameter; describe the group under `inputs`"
                            .to_owned(),
                    )
                } else {
                    let near =
                        closest(name, known()).map(|meant| format!("did you mean `{meant}`?"));
                    let define = || {
                        "define it under `ids`, `enums` or `inputs`, or correct the name".to_owned()
                    };
                    Some(near.unwrap_or_else(define))
                };
                self.report(
                    &[path, &["type"]].concat(),
                    At::Value,
                    format!("unknown id, enumeration or input `{name}`"),
                    hint,
                );
            }
        }
        let is_id =
            matches!(ty.innermost(), TypeRef::Named(name) if names.ids.contains(name.as_str()));
        if param
            .sent_as
            .is_some_and(|wire| wire != JsonType::Integer || !is_id)
        {
            self.report(
                &[path, &["sent_as"]].concat(),
                At::Value,
                "`sent_as` can only be `integer`, and only for ids",
                Some("remove it".into()),
            );
        }
        let always = argument || param.required == Some(Required::Always(true));
        if *ty.innermost() == TypeRef::Flag
            && (*ty != TypeRef::Flag || always || param.nullable || param.default.is_some())
        {
            self.report(
                &[path, &["type"]].concat(),
                At::Value,
                "a flag cannot be required, nullable or a list, or have a default",
                Some("use `bool` for a value that can be false".into()),
            );
        }
        if let Some(status) = param.missing_status {
            let at = [path, &["missing_status"]].concat();
            if param.required != Some(Required::Always(true)) {
                let message = "only a parameter with `required: true` can have `missing_status`";
                self.report(
                    &at,
                    At::Key,
                    message,
                    Some("remove it, or add `required: true`".into()),
                );
            } else if ![200, 400, 404].contains(&status) {
                let message = "`missing_status` is 200, 400 or 404; without it, the status is 422";
                self.report(
                    &at,
                    At::Value,
                    message,
                    Some("correct it, or remove it for 422".into()),
                );
            }
        }
        if let (Some(Required::Always(true)), Some(_)) = (&param.required, &param.default) {
            self.report(
                &[path, &["default"]].concat(),
                At::Key,
                "a required parameter cannot have a default",
                Some("remove `default`, or `required`".into()),
            );
        }
        if !param.unsupported {
            self.plain_id(path, ty, param.plain_id.as_ref());
        }
        self.default(path, param);
        self.limits(path, &param.into());
        self.documented_param(path, param);
        let is_list =
            param.max_items.is_some() || param.items_per_request.is_some() || param.indexed;
        if is_list && !matches!(ty, TypeRef::List(_)) {
            self.report(
                &[path, &["type"]].concat(),
                At::Value,
                "`max_items`, `items_per_request` and `indexed` need a list",
                Some("write `type: […]`, or remove the key".into()),
            );
        }
        if param.items_per_request == Some(0) {
            self.report(
                &[path, &["items_per_request"]].concat(),
                At::Value,
                "a request needs at least one item",
                Some("write a number greater than 0".into()),
            );
        }
    }

    fn same_names(&mut self, path: &[&str], params: &Map<Param>) {
        let mut seen = BTreeSet::new();
        for (wire, param) in params {
            self.member_alias(&[path, &[wire]].concat(), param.alias.as_deref());
            let name = names::member_name(wire, param.alias.as_deref());
            if !seen.insert(name.clone()) {
                self.report(
                    &[path, &[wire]].concat(),
                    At::Key,
                    format!("two parameters have the name `{name}` in code"),
                    Some("rename one with `as`".into()),
                );
            }
        }
    }
}
