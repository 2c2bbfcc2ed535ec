//! Attributes of a collection in a request, and their validation.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::ids::Id;
use crate::languages::is_language;
use crate::params::Params;
use crate::response::{ErrorResponse, Response};
use crate::state::{CollectionDetails, MAX_COLLECTION_ITEMS, State, is_valid_tag};

const MAX_NAME: usize = 40;
const MAX_DESCRIPTION: usize = 100;
/// Message of the error for too many collections. Mastodon has no text for it, so Rails names the keys it looked for.
const NO_TEXT_FOR_TOO_MANY: &str = "Translation missing. Options considered were:\n\
    - en.activerecord.errors.models.collection.attributes.base.too_many\n\
    - en.activerecord.errors.models.collection.too_many\n\
    - en.activerecord.errors.messages.too_many\n\
    - en.errors.attributes.base.too_many\n\
    - en.errors.messages.too_many";

/// Attributes before validation.
#[derive(Debug, Default)]
pub(super) struct Draft {
    name: String,
    description: Option<String>,
    language: Option<String>,
    tag: Option<String>,
    sensitive: Option<bool>,
    discoverable: Option<bool>,
}

impl From<&CollectionDetails> for Draft {
    fn from(details: &CollectionDetails) -> Self {
        Self {
            name: details.name.clone(),
            description: details.description.clone(),
            language: details.language.clone(),
            tag: details.tag.clone(),
            sensitive: Some(details.sensitive),
            discoverable: Some(details.discoverable),
        }
    }
}

impl Draft {
    /// Applies the parameters that the request contains. Registers the hashtag.
    pub(super) fn changed_by(
        mut self,
        params: &Params,
        state: &mut State,
    ) -> Result<Self, ErrorResponse> {
        if params.contains("name") {
            self.name = params.string("name").unwrap_or_default();
        }
        if params.contains("description") {
            self.description = params.string("description");
        }
        if params.contains("language") {
            self.language = params.string("language");
        }
        if params.contains("sensitive") {
            self.sensitive = params.flag("sensitive");
        }
        if params.contains("discoverable") {
            self.discoverable = params.flag("discoverable");
        }
        if params.contains("tag_name") {
            self.tag = match params.string("tag_name") {
                Some(name) => Some(register_tag(state, &name)?),
                None => None,
            };
        }
        Ok(self)
    }

    /// Validates the attributes of an existing collection.
    pub(super) fn validate(self) -> Result<CollectionDetails, ErrorResponse> {
        let errors = self.attribute_errors();
        errors.into_result()?;
        Ok(self.into_details())
    }

    /// Validates a new collection, and that the user does not exceed a limit with it.
    pub(super) fn validate_new(
        self,
        state: &State,
        user: Id,
        members: usize,
    ) -> Result<CollectionDetails, ErrorResponse> {
        let mut errors = self.attribute_errors();
        if members > MAX_COLLECTION_ITEMS {
            errors.add(
                "collection_items",
                "Collection items",
                "TOO_MANY",
                &format!("are too many, no more than {MAX_COLLECTION_ITEMS} are allowed"),
            );
        }
        let collections = state.collections.values();
        let own = collections.filter(|collection| collection.account == user);
        if own.count() >= state.collection_limit(user) {
            errors.add("base", "", "TOO_MANY", NO_TEXT_FOR_TOO_MANY);
        }
        errors.into_result()?;
        Ok(self.into_details())
    }

    fn attribute_errors(&self) -> Errors {
        let mut errors = Errors::default();
        let mut add = |attribute: &str, label: &str, code: &str, message: &str| {
            errors.add(attribute, label, code, message);
        };
        if self.name.trim().is_empty() {
            add("name", "Name", "BLANK", "can't be blank");
        }
        let description = self.description.as_deref().unwrap_or_default();
        for (attribute, label, text, max) in [
            ("name", "Name", self.name.as_str(), MAX_NAME),
            ("description", "Description", description, MAX_DESCRIPTION),
        ] {
            if text.chars().count() > max {
                let message = format!("is too long (maximum is {max} characters)");
                add(attribute, label, "TOO_LONG", &message);
            }
        }
        let not_in_list = "is not included in the list";
        if self.sensitive.is_none() {
            add("sensitive", "Sensitive", "INCLUSION", not_in_list);
        }
        if self.discoverable.is_none() {
            add("discoverable", "Discoverable", "INCLUSION", not_in_list);
        }
        if self
            .language
            .as_ref()
            .is_some_and(|code| !is_language(code))
        {
            add("language", "Language", "INVALID", "is invalid");
        }
        errors
    }

    fn into_details(self) -> CollectionDetails {
        CollectionDetails {
            name: self.name,
            description: self.description,
            language: self.language,
            tag: self.tag,
            sensitive: self.sensitive.unwrap_or_default(),
            discoverable: self.discoverable.unwrap_or_default(),
        }
    }
}

/// Registers the hashtag of a collection. The errors are those of the hashtag.
fn register_tag(state: &mut State, name: &str) -> Result<String, ErrorResponse> {
    let bare = name.trim().trim_start_matches('#');
    let mut errors = Errors::default();
    if bare.is_empty() {
        errors.add("name", "Name", "BLANK", "can't be blank");
    }
    if !is_valid_tag(bare) {
        errors.add("name", "Name", "INVALID", "is invalid");
    }
    errors.into_result()?;
    Ok(state.register_tag(name))
}

/// Validation errors by attribute, in order. In the response, `error` is an object.
#[derive(Debug, Default)]
struct Errors {
    messages: Vec<String>,
    details: Map<String, Value>,
}

impl Errors {
    fn add(&mut self, attribute: &str, label: &str, code: &str, message: &str) {
        self.messages
            .push(format!("{label} {message}").trim_start().to_owned());
        let of_attribute = self.details.entry(attribute).or_insert_with(|| json!([]));
        if let Some(list) = of_attribute.as_array_mut() {
            list.push(json!({ "error": format!("ERR_{code}"), "description": message }));
        }
    }

    fn into_result(self) -> Result<(), ErrorResponse> {
        if self.messages.is_empty() {
            return Ok(());
        }
        let error = format!("Validation failed: {}", self.messages.join(", "));
        let body = json!({ "error": { "error": error, "details": self.details } });
        Err(Box::new(
            Response::json(&body).status(StatusCode::UNPROCESSABLE_ENTITY),
        ))
    }
}
