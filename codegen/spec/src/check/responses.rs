//! Checks of response headers and error schemas.

use super::Check;
use super::lifetimes::Versions;
use crate::load::At;
use crate::yaml::{ApiFile, ErrorSchema, Map, Version};

impl Check<'_> {
    pub(super) fn responses(&mut self, api: &ApiFile) {
        if let Some(language) = &api.language {
            self.sentence(&["language"], "description", language.description.as_ref());
            if language.param.is_empty() {
                self.missing(&["language"], "param", None);
            }
        }
        for (status, meaning) in &api.error_statuses {
            let status = status.to_string();
            self.sentence(&["error_statuses"], &status, Some(meaning));
        }
        for (name, header) in &api.response_headers {
            let path = ["response_headers", name];
            self.sentence(&path, "description", header.description.as_ref());
            self.since(&path, header.since.as_ref());
            match &header.ty {
                Some(ty) => self.response_type(&["response_headers", name, "type"], ty),
                None => self.missing(&path, "type", None),
            }
        }
        for (name, schema) in &api.error_schemas {
            let path = ["error_schemas", name];
            self.sentence(&path, "description", schema.description.as_ref());
            self.since(&path, schema.since.as_ref());
            if self.names.types().any(|known| known == name) {
                self.report(
                    &path,
                    At::Key,
                    format!("`{name}` is also the name of an entity, an enumeration or an id"),
                    Some(
                        "rename the error schema, because OpenAPI has one namespace for schemas"
                            .into(),
                    ),
                );
            }
            for (index, status) in schema.statuses.iter().enumerate() {
                let index = index.to_string();
                self.error_status(&["error_schemas", name, "statuses", &index], *status);
            }
            for (index, method) in schema.methods.iter().enumerate() {
                let path = ["error_schemas", name, "methods", &index.to_string()];
                self.defined(&path, "method", method, |names| &names.methods);
            }
            self.schema_fields(name, &api.error_schemas);
        }
    }

    fn schema_fields(&mut self, name: &str, schemas: &Map<ErrorSchema>) {
        for (field_name, field) in schemas.get(name).iter().flat_map(|schema| &schema.fields) {
            let path = ["error_schemas", name, "fields", field_name];
            self.sentence(&path, "description", field.description.as_ref());
            self.since(&path, field.since.as_ref());
            match &field.ty {
                Some(ty) if ty.named().is_some_and(|named| schemas.contains_key(named)) => {}
                Some(ty) => self.response_type(&[&path[..], &["type"]].concat(), ty),
                None => self.missing(&path, "type", None),
            }
        }
    }

    fn since(&mut self, path: &[&str], since: Option<&Version>) {
        self.versions(path, Versions::since(since));
    }

    /// Checks that a status is an error status.
    pub(super) fn error_status(&mut self, path: &[&str], status: u16) {
        if !(400..600).contains(&status) {
            self.report(
                path,
                At::Value,
                format!("{status} is not an error status"),
                Some("write a status from 400 to 599".into()),
            );
        }
    }
}
