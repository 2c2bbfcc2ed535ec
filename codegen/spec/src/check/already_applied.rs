//! Checks of `already_applied`.

use super::Check;
use crate::load::At;
use crate::yaml::{HttpMethod, Method, MethodsFile, Returns, Route, TypeRef};

impl Check<'_> {
    pub(super) fn already_applied(&mut self, file: &MethodsFile, name: &str, method: &Method) {
        let Some(error) = &method.already_applied else {
            return;
        };
        let path = ["methods", name, "already_applied"];
        if !method.is_idempotent() {
            let hint = "add `idempotent: true`, or remove `already_applied`";
            self.report(
                &path,
                At::Key,
                "the method is not idempotent",
                Some(hint.into()),
            );
        }
        self.error_status(&[&path[..], &["status"]].concat(), error.status);
        match (&error.verify_with, error.evidence()) {
            (Some(verify_with), Some((field, _))) => {
                self.verify_with(file, name, method, verify_with);
                self.evidence(name, method, field);
            }
            (None, None) => {}
            _ => self.report(
                &path,
                At::Value,
                "`verify_with` and `applied_when` must be set together",
                Some("name the method that fetches the entity, and the field that is true when the request was applied".into()),
            ),
        }
    }

    /// Checks `verify_with`: a GET of the same file with the same response and path parameters.
    fn verify_with(&mut self, file: &MethodsFile, name: &str, method: &Method, verify_with: &str) {
        let in_path = |method: &Method| -> Vec<String> {
            let params = method.http.iter().flat_map(Route::path_params);
            params.map(str::to_owned).collect()
        };
        // Invalid keys of the other method were reported before.
        let fits = file.methods.get(verify_with).is_some_and(|other| {
            other
                .http
                .as_ref()
                .is_none_or(|http| http.method == HttpMethod::Get)
                && (other.returns.is_none() || other.returns == method.returns)
                && in_path(other)
                    .iter()
                    .all(|param| in_path(method).contains(param))
        });
        if !fits {
            self.report(
                &["methods", name, "already_applied", "verify_with"],
                At::Value,
                format!("`{verify_with}` is not a GET of this file with the same response and path parameters"),
                Some("name a GET method of this file that returns the same entity".into()),
            );
        }
    }

    /// Checks that the returned entity has the boolean field of `applied_when`.
    fn evidence(&mut self, name: &str, method: &Method, field: &str) {
        let entity = match &method.returns {
            Some(Returns::Value(TypeRef::Named(entity))) => {
                self.names.entities.get(entity.as_str())
            }
            _ => None,
        };
        let field_type = entity.and_then(|entity| entity.fields.get(field));
        if field_type.and_then(|field| field.ty.as_ref()) != Some(&TypeRef::Bool) {
            self.report(
                &["methods", name, "already_applied", "applied_when"],
                At::Value,
                format!("the returned entity has no boolean field `{field}`"),
                Some("name a field of the type `bool`, or `not` and its name".into()),
            );
        }
    }
}
