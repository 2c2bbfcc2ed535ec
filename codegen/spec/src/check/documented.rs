//! Checks of what follows from other keys, and of what the documentation says otherwise.

use super::Check;
use crate::derive::derived_errors;
use crate::load::At;
use crate::yaml::{DocumentedEnd, Field, Method, Param, Version};

impl Check<'_> {
    /// Reports error statuses that are derived, and exceptions from statuses that are not.
    pub(super) fn errors(&mut self, name: &str, method: &Method) {
        let derived: Vec<u16> = derived_errors(method.auth.as_ref()).collect();
        for (index, status) in method.errors.iter().enumerate() {
            if derived.contains(status) {
                self.report(
                    &["methods", name, "errors", &index.to_string()],
                    At::Value,
                    format!("{status} follows from `auth`"),
                    Some("remove it".into()),
                );
            }
        }
        for (index, status) in method.not_returned.iter().enumerate() {
            if !derived.contains(status) {
                self.report(
                    &["methods", name, "not_returned", &index.to_string()],
                    At::Value,
                    format!("{status} does not follow from `auth`"),
                    Some("remove it".into()),
                );
            }
        }
    }

    /// Reports what `documented` of a method repeats.
    pub(super) fn documented_method(&mut self, path: &[&str], method: &Method) {
        let documented = &method.documented;
        if documented.is_empty() {
            return;
        }
        let limit = method.paging.as_ref().and_then(|paging| paging.limit);
        self.same_as_documented(
            path,
            &[
                ("http", same(&documented.http, &method.http)),
                ("since", same(&documented.since, &method.since)),
                ("auth", same(&documented.auth, &method.auth)),
                ("returns", same(&documented.returns, &method.returns)),
                ("limit", same(&documented.limit, &limit)),
                (
                    "deprecated",
                    same_end(&documented.deprecated, &method.deprecated),
                ),
                ("removed", same_end(&documented.removed, &method.removed)),
            ],
        );
        self.documented_undocumented(path, method.undocumented);
    }

    /// Reports what `documented` of a parameter repeats.
    pub(super) fn documented_param(&mut self, path: &[&str], param: &Param) {
        let documented = &param.documented;
        if documented.is_empty() {
            return;
        }
        let wire = path.last().map(|name| (*name).to_owned());
        self.same_as_documented(
            path,
            &[
                ("name", same(&documented.name, &wire)),
                ("type", same(&documented.ty, &param.ty)),
                ("required", same(&documented.required, &param.required)),
                ("default", same(&documented.default, &param.default)),
                ("max", same(&documented.max, &param.max)),
                ("since", same(&documented.since, &param.since)),
            ],
        );
        self.documented_undocumented(path, param.undocumented);
    }

    /// Reports what `documented` of a field repeats.
    pub(super) fn documented_field(&mut self, path: &[&str], field: &Field) {
        let documented = &field.documented;
        if documented.is_empty() {
            return;
        }
        let wire = path.last().map(|name| (*name).to_owned());
        self.same_as_documented(
            path,
            &[
                ("name", same(&documented.name, &wire)),
                ("type", same(&documented.ty, &field.ty)),
                ("nullable", documented.nullable == Some(field.nullable)),
                ("optional", documented.optional == Some(field.optional)),
                ("since", same(&documented.since, &field.since)),
                (
                    "deprecated",
                    same_end(&documented.deprecated, &field.deprecated),
                ),
                ("removed", same_end(&documented.removed, &field.removed)),
            ],
        );
        self.documented_undocumented(path, field.undocumented);
    }

    fn same_as_documented(&mut self, path: &[&str], keys: &[(&str, bool)]) {
        for (key, _) in keys.iter().filter(|(_, is_same)| *is_same) {
            self.report(
                &[path, &["documented", key]].concat(),
                At::Key,
                format!("`documented` repeats `{key}`"),
                Some("write only what the documentation says otherwise".into()),
            );
        }
    }

    fn documented_undocumented(&mut self, path: &[&str], undocumented: bool) {
        if undocumented {
            self.report(
                &[path, &["documented"]].concat(),
                At::Key,
                "`documented` contradicts `undocumented`",
                None,
            );
        }
    }
}

fn same<T: PartialEq>(documented: &Option<T>, own: &Option<T>) -> bool {
    documented.is_some() && documented == own
}

fn same_end(documented: &Option<DocumentedEnd>, own: &Option<Version>) -> bool {
    match documented {
        None => false,
        Some(DocumentedEnd::In(version)) => own.as_ref() == Some(version),
        Some(DocumentedEnd::Marked(marked)) => !marked && own.is_none(),
    }
}
