//! Checks of requests: what a path, a header or a query cannot contain, and keys of a method that contradict each
//! other.

use std::collections::BTreeSet;

use super::Check;
use crate::load::At;
use crate::yaml::{AuthLevel, HttpMethod, Method, Param, ParamLocation, Required, Route, TypeRef};

impl Check<'_> {
    pub(super) fn request(&mut self, name: &str, method: &Method) {
        let in_path: BTreeSet<&str> = method.http.iter().flat_map(Route::path_params).collect();
        for (wire, param) in &method.params {
            let path = ["methods", name, "params", wire];
            if in_path.contains(wire.as_str()) {
                self.in_path(&path, param);
            } else {
                self.in_text(&path, method, param);
            }
            self.contradictions(&path, param);
            let is_missing = |arguments: &Vec<String>| !arguments.contains(wire);
            if !in_path.contains(wire.as_str())
                && param.required == Some(Required::Always(true))
                && method.arguments.as_ref().is_some_and(is_missing)
            {
                self.report(
                    &["methods", name, "arguments"],
                    At::Value,
                    format!("`arguments` lacks the required parameter `{wire}`"),
                    Some("add it: calls without it fail".into()),
                );
            }
        }
        self.listed_twice(
            &["methods", name, "arguments"],
            method.arguments.iter().flatten(),
        );
        self.listed_twice(&["methods", name, "errors"], &method.errors);
        self.listed_twice(
            &["methods", name, "also_accepts"],
            method.also_accepts.iter().map(|other| other.as_str()),
        );
        if let Some(index) = method
            .also_accepts
            .iter()
            .position(|other| *other == HttpMethod::Get)
        {
            self.report(
                &["methods", name, "also_accepts", &index.to_string()],
                At::Value,
                "a GET request never has the effect of another HTTP method",
                Some("remove it".into()),
            );
        }
        self.auth(name, method);
        self.pages(name, method);
    }

    /// A path contains one text, in every version.
    fn in_path(&mut self, path: &[&str], param: &Param) {
        let name = path.last().copied().unwrap_or_default();
        let is_input = |ty: &TypeRef| {
            ty.named()
                .is_some_and(|name| self.names.inputs.contains_key(name))
        };
        if let Some(ty) = param.ty.as_ref().filter(|ty| {
            is_input(ty)
                || matches!(
                    ty,
                    TypeRef::List(_) | TypeRef::MapOf(_) | TypeRef::Json | TypeRef::Flag
                )
        }) {
            self.report(
                &[path, &["type"]].concat(),
                At::Value,
                format!("`{name}` is in the path, so it cannot be of the type `{ty}`"),
                Some("write the type of one value, such as `StatusId` or `string`".into()),
            );
        }
        for (key, is_set) in [
            ("since", param.since.is_some()),
            ("default", param.default.is_some()),
            ("nullable", param.nullable),
            ("essential", param.essential),
            ("unsupported", param.unsupported),
        ] {
            if is_set {
                self.report(
                    &[path, &[key]].concat(),
                    At::Key,
                    format!("`{name}` is in the path, so every request contains it"),
                    Some(format!("remove `{key}`")),
                );
            }
        }
    }

    /// A header contains one text, and a query no nested parameters.
    fn in_text(&mut self, path: &[&str], method: &Method, param: &Param) {
        let Some(ty) = &param.ty else { return };
        let default = method
            .http
            .as_ref()
            .map(|http| http.method.default_location());
        let location = param.location.or(default);
        let is_input = ty
            .named()
            .is_some_and(|name| self.names.inputs.contains_key(name));
        let what = match location {
            Some(ParamLocation::Header)
                if is_input || matches!(ty, TypeRef::List(_) | TypeRef::MapOf(_)) =>
            {
                "a header"
            }
            Some(ParamLocation::Query) if is_input => "a query",
            _ => return,
        };
        self.report(
            &[path, &["type"]].concat(),
            At::Value,
            format!("{what} cannot contain the type `{ty}`"),
            Some("correct the type, `in` or the HTTP method".into()),
        );
    }

    fn contradictions(&mut self, path: &[&str], param: &Param) {
        for (key, with, is_wrong) in [
            (
                "unsupported",
                "required",
                param.unsupported && param.required.is_some(),
            ),
            (
                "unsupported",
                "on",
                param.unsupported && !param.on.is_empty(),
            ),
        ] {
            if is_wrong {
                self.report(
                    &[path, &[key]].concat(),
                    At::Key,
                    format!("`{key}` contradicts `{with}`"),
                    Some("remove one of them".into()),
                );
            }
        }
    }

    /// Reports the second of two equal items of a list.
    pub(super) fn listed_twice<T: Ord + std::fmt::Display>(
        &mut self,
        path: &[&str],
        items: impl IntoIterator<Item = T>,
    ) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.into_iter().enumerate() {
            if seen.contains(&item) {
                self.report(
                    &[path, &[&index.to_string()]].concat(),
                    At::Value,
                    format!("`{item}` is listed twice"),
                    Some("remove one of them".into()),
                );
            }
            seen.insert(item);
        }
    }

    fn auth(&mut self, name: &str, method: &Method) {
        let Some(auth) = &method.auth else { return };
        if auth.level == AuthLevel::None && !auth.scopes.is_empty() {
            self.report(
                &["methods", name, "auth"],
                At::Value,
                "a scope without an access token",
                Some("write `none` alone, or the kind of token, such as `optional user`".into()),
            );
        }
        let distinct: BTreeSet<&String> = auth.scopes.iter().collect();
        if distinct.len() < auth.scopes.len() {
            self.report(
                &["methods", name, "auth"],
                At::Value,
                "a scope is listed twice",
                Some("list each scope once".into()),
            );
        }
        let Some(auth_since) = &method.auth_since else {
            return;
        };
        let at = ["methods", name, "auth_since"];
        if !matches!(auth.level, AuthLevel::App | AuthLevel::User) {
            self.report(
                &at,
                At::Key,
                "`auth_since` needs a required access token",
                Some("write `auth: app` or `auth: user`, or remove `auth_since`".into()),
            );
        } else if let Some(since) = method.since.as_ref().filter(|since| auth_since <= *since) {
            self.report(
                &at,
                At::Value,
                format!("`auth_since: {auth_since}` is not after `since: {since}`"),
                Some("remove it: every version requires the access token".into()),
            );
        }
    }

    fn pages(&mut self, name: &str, method: &Method) {
        let Some(paging) = &method.paging else { return };
        let at = |key: &'static str| ["methods", name, "paging", key];
        if let Some(http) = method
            .http
            .as_ref()
            .filter(|http| http.method != HttpMethod::Get)
        {
            self.report(
                &["methods", name, "paging"],
                At::Key,
                format!(
                    "only a GET request has pages, not a {} request",
                    http.method.as_str()
                ),
                Some("correct the HTTP method, or remove `paging`".into()),
            );
        }
        if paging.limit.is_some_and(|limit| limit.default == 0) {
            self.report(
                &at("limit"),
                At::Value,
                "a page has at least one item",
                Some("write default and maximum, such as `20 to 40`".into()),
            );
        }
        if let (Some(limit_since), Some(since)) = (&paging.limit_since, &method.since)
            && limit_since < since
        {
            self.report(
                &at("limit_since"),
                At::Value,
                format!("`limit_since: {limit_since}` is before `since: {since}`"),
                Some("remove it if every version has the parameter `limit`".into()),
            );
        }
        let Some(cursors) = &paging.cursors else {
            return;
        };
        if cursors.is_empty() {
            self.report(
                &at("cursors"),
                At::Value,
                "`cursors` is empty",
                Some("list those that the server reads, or remove it for the default".into()),
            );
        }
        for (index, cursor) in cursors.iter().enumerate() {
            if ["limit", "offset"].contains(&cursor.as_str()) {
                self.report(
                    &["methods", name, "paging", "cursors", &index.to_string()],
                    At::Value,
                    format!("`{cursor}` is not a cursor"),
                    Some("remove it; for pages by offset write `style: offset`".into()),
                );
            }
        }
        self.listed_twice(&at("cursors"), cursors);
    }
}
