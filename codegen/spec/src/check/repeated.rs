//! The checks of what is said of repetitions.

use super::Check;
use crate::load::At;
use crate::yaml::{HttpLine, Method, MethodsFile, Returns, TypeRef, Verb};

impl Check<'_> {
    pub(super) fn repeated(&mut self, file: &MethodsFile, name: &str, method: &Method) {
        let Some(repeated) = &method.already_applied else {
            return;
        };
        let path = ["methods", name, "already_applied"];
        if !method.is_repeatable() {
            let hint = "say `idempotent: true`, or leave `already_applied` out";
            self.report(&path, At::Key, "it is never repeated", Some(hint.into()));
        }
        self.error_status(&[&path[..], &["status"]].concat(), repeated.status);
        match (&repeated.verify_with, repeated.evidence()) {
            (Some(shown_by), Some((field, _))) => {
                self.shown_by(file, name, method, shown_by);
                self.evidence(name, method, field);
            }
            (None, None) => {}
            _ => self.report(
                &path,
                At::Value,
                "`verify_with` and `applied_when` go together",
                Some("name the method that shows the thing, and the field that tells whether it is done".into()),
            ),
        }
    }

    /// The method that shows the thing: a GET of the same file with the same answer and the same path parameters.
    fn shown_by(&mut self, file: &MethodsFile, name: &str, method: &Method, shown_by: &str) {
        let in_path = |method: &Method| -> Vec<String> {
            let params = method.http.iter().flat_map(HttpLine::path_params);
            params.map(str::to_owned).collect()
        };
        // What could not be read of the other one was reported already.
        let fits = file.methods.get(shown_by).is_some_and(|other| {
            other
                .http
                .as_ref()
                .is_none_or(|http| http.verb == Verb::Get)
                && (other.returns.is_none() || other.returns == method.returns)
                && in_path(other)
                    .iter()
                    .all(|param| in_path(method).contains(param))
        });
        if !fits {
            self.report(
                &["methods", name, "already_applied", "verify_with"],
                At::Value,
                format!("`{shown_by}` is no GET of this file with the same answer and the same parameters in its path"),
                None,
            );
        }
    }

    fn evidence(&mut self, name: &str, method: &Method, field: &str) {
        let entity = match &method.returns {
            Some(Returns::Value(TypeRef::Named(entity))) => {
                self.names.entities.get(entity.as_str())
            }
            _ => None,
        };
        let told = entity.and_then(|entity| entity.fields.get(field));
        if told.and_then(|field| field.ty.as_ref()) != Some(&TypeRef::Bool) {
            self.report(
                &["methods", name, "already_applied", "applied_when"],
                At::Value,
                format!("what it returns has no field `{field}` that is true or false"),
                None,
            );
        }
    }
}
