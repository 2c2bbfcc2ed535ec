//! Validation errors of a record, per field.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::params::human_name;
use crate::response::{ErrorResponse, Response};

/// The errors found so far, in the order in which they are reported.
#[derive(Debug, Default)]
pub(super) struct ValidationErrors(Vec<(&'static str, &'static str, String)>);

impl ValidationErrors {
    /// Adds an error. `code` is the error code without `ERR_`; `description` follows the name of the
    /// field in the message.
    pub(super) fn add(
        &mut self,
        field: &'static str,
        code: &'static str,
        description: impl Into<String>,
    ) {
        self.0.push((field, code, description.into()));
    }

    pub(super) fn add_blank(&mut self, field: &'static str) {
        self.add(field, "BLANK", "can't be blank");
    }

    /// Adds an error if the length exceeds the maximum.
    pub(super) fn check_length(&mut self, field: &'static str, length: usize, max: usize) {
        if length > max {
            let description = format!("is too long (maximum is {max} characters)");
            self.add(field, "TOO_LONG", description);
        }
    }

    /// Returns an error response if there are errors.
    pub(super) fn into_result(self) -> Result<(), ErrorResponse> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut details = serde_json::Map::new();
        let mut messages = Vec::new();
        for (field, code, description) in self.0 {
            messages.push(format!("{} {description}", label(field)));
            let errors = details.entry(field).or_insert_with(|| json!([]));
            if let Value::Array(errors) = errors {
                errors.push(json!({ "error": format!("ERR_{code}"), "description": description }));
            }
        }
        let error = format!("Validation failed: {}", messages.join(", "));
        let body = json!({ "error": error, "details": details });
        Err(Box::new(
            Response::json(&body).status(StatusCode::UNPROCESSABLE_ENTITY),
        ))
    }
}

fn label(field: &str) -> String {
    match field {
        "agreement" => "Service agreement".to_owned(),
        field => human_name(field),
    }
}
