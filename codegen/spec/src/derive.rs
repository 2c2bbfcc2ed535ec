//! Completes a checked specification with the facts that follow from others, so that nothing else needs to know
//! where a fact is written.
//!
//! - A field, a parameter or a value without `since` is as old as its owner.
//! - What is inside something undocumented is undocumented, and can be seen in the same places.
//! - A note for users continues the description; that of a method stays apart from its summary.
//! - A type of notification says which fields it has, and since when Web Push subscriptions can select it.
//! - A method that requires a token returns 401, and one that checks scopes returns 403.

mod notifications;

pub use notifications::has_type;
use notifications::notifications;

use crate::yaml::{ApiFile, Auth, AuthLevel, Field, Map, Method, On, Seen, Spec, Version};

/// The status of a request whose token is missing or invalid.
const UNAUTHORIZED: u16 = 401;

/// The status of a request whose token lacks the scope.
const FORBIDDEN: u16 = 403;

/// Completes the specification.
pub fn derive(spec: &mut Spec) {
    notifications(spec);
    api(&mut spec.api);
    for file in spec.methods.values_mut() {
        for method in file.methods.values_mut() {
            errors(method);
            let seen = method.undocumented.then(|| method.seen.clone());
            for param in method.params.values_mut() {
                inherit(seen.as_ref(), &mut param.undocumented, &mut param.seen);
                describe(&mut param.description, &mut param.note);
            }
        }
        for input in file.inputs.values_mut() {
            describe(&mut input.description, &mut input.note);
            for param in input.params.values_mut() {
                describe(&mut param.description, &mut param.note);
                since(input.since.as_ref(), &mut param.since, &param.on);
            }
        }
    }
    for file in spec.entities.values_mut() {
        for enumeration in file.enums.values_mut() {
            describe(&mut enumeration.description, &mut enumeration.note);
            for value in enumeration.values.values_mut() {
                since(enumeration.since.as_ref(), &mut value.since, &value.on);
            }
        }
        for entity in file.entities.values_mut() {
            describe(&mut entity.description, &mut entity.note);
            let seen = entity.undocumented.then(|| entity.seen.clone());
            fields(&mut entity.fields, entity.since.as_ref(), seen.as_ref());
        }
    }
}

/// The notes for users in `api.yaml`.
fn api(api: &mut ApiFile) {
    for limit in api.rate_limits.values_mut() {
        describe(&mut limit.description, &mut limit.note);
    }
    for schema in api.error_schemas.values_mut() {
        describe(&mut schema.description, &mut schema.note);
        fields(&mut schema.fields, schema.since.as_ref(), None);
    }
    for header in api.response_headers.values_mut() {
        describe(&mut header.description, &mut header.note);
    }
    for param in api.paging.values_mut() {
        describe(&mut param.description, &mut param.note);
    }
    if let Some(language) = &mut api.language {
        describe(&mut language.description, &mut language.note);
    }
    for stream in api.streams.values_mut() {
        describe(&mut stream.description, &mut stream.note);
    }
    for event in api.events.values_mut().chain(&mut api.push) {
        describe(&mut event.description, &mut event.note);
    }
}

/// Continues a description with the note for users.
fn describe(description: &mut Option<String>, note: &mut Option<String>) {
    if let (Some(description), Some(note)) = (description, note.take()) {
        description.push(' ');
        description.push_str(&note);
    }
}

/// The error statuses that follow from the token that a method requires.
///
/// A server also refuses a token that was revoked, or that lacks the scope, where none is required.
pub fn derived_errors(auth: Option<&Auth>) -> impl Iterator<Item = u16> + use<> {
    let (level, has_scopes) = match auth {
        Some(auth) => (auth.level, !auth.scopes.is_empty()),
        None => (AuthLevel::None, false),
    };
    let is_required = matches!(level, AuthLevel::App | AuthLevel::User);
    let is_read = level != AuthLevel::None;
    let unauthorized = is_required || is_read && has_scopes;
    let forbidden = is_read && has_scopes;
    [(UNAUTHORIZED, unauthorized), (FORBIDDEN, forbidden)]
        .into_iter()
        .filter_map(|(status, applies)| applies.then_some(status))
}

fn errors(method: &mut Method) {
    let derived = derived_errors(method.auth.as_ref());
    let derived = derived.filter(|status| !method.not_returned.contains(status));
    let derived: Vec<u16> = derived.collect();
    method.errors.extend(derived);
    method.errors.sort_unstable();
    method.errors.dedup();
}

/// Fields without `since` are as old as their owner, unless only other servers send them.
fn fields(fields: &mut Map<Field>, owner: Option<&Version>, seen: Option<&Seen>) {
    for field in fields.values_mut() {
        since(owner, &mut field.since, &field.on);
        describe(&mut field.description, &mut field.note);
        inherit(seen, &mut field.undocumented, &mut field.seen);
        let seen = field.undocumented.then(|| field.seen.clone());
        self::fields(&mut field.fields, field.since.as_ref(), seen.as_ref());
    }
}

/// The first version of an item: that of its owner, unless it has its own or only other servers have it.
fn since(owner: Option<&Version>, own: &mut Option<Version>, on: &On) {
    if own.is_none() && !on.names_any() {
        *own = owner.cloned();
    }
}

/// Hands down that the owner is undocumented, and where it can be seen.
fn inherit(owner: Option<&Seen>, undocumented: &mut bool, seen: &mut Seen) {
    if let Some(owner) = owner {
        *undocumented = true;
        if seen.is_empty() {
            *seen = owner.clone();
        }
    }
}
