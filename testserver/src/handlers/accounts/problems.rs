//! What is wrong with a record, told field by field.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::params::human_name;
use crate::response::{ErrorResponse, Response};

/// The mistakes found so far, in the order in which they are told.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<(&'static str, &'static str, String)>);

impl Problems {
    /// Adds a mistake: the field, the code without its prefix, and how a sentence about it goes on.
    pub(super) fn add(&mut self, field: &'static str, code: &'static str, what: impl Into<String>) {
        self.0.push((field, code, what.into()));
    }

    pub(super) fn add_blank(&mut self, field: &'static str) {
        self.add(field, "BLANK", "can't be blank");
    }

    /// Adds a mistake if the text has more characters than it may.
    pub(super) fn limit(&mut self, field: &'static str, length: usize, most: usize) {
        if length > most {
            let what = format!("is too long (maximum is {most} characters)");
            self.add(field, "TOO_LONG", what);
        }
    }

    /// Refuses the record unless nothing was found.
    pub(super) fn refuse(self) -> Result<(), ErrorResponse> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut details = serde_json::Map::new();
        let mut sentences = Vec::new();
        for (field, code, what) in self.0 {
            sentences.push(format!("{} {what}", label(field)));
            let of_field = details.entry(field).or_insert_with(|| json!([]));
            if let Value::Array(list) = of_field {
                list.push(json!({ "error": format!("ERR_{code}"), "description": what }));
            }
        }
        let error = format!("Validation failed: {}", sentences.join(", "));
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
