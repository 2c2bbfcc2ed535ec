//! Emits the table of typed decoders by method and entity name, for the conformance tool.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use proc_macro2::TokenStream;
use quote::quote;

use super::entities::rust_type;
use crate::ident;
use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Output, Presence, Struct};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::TypeRef;

/// The functions that decode by method name and by entity name.
pub(super) fn decoders(model: &Model<'_>) -> TokenStream {
    // In the order of the specification.
    let mut by_type: IndexMap<String, (TokenStream, Vec<&str>)> = IndexMap::new();
    for method in model.methods() {
        let ty = match method.output {
            Output::Value { ty, .. } => rust_type(method.response_type().unwrap_or(ty)),
            Output::Page {
                item,
                wrapper: None,
                ..
            } => rust_type(&TypeRef::List(Box::new(item.clone()))),
            Output::Page {
                wrapper: Some((entity, _)),
                ..
            } => rust_type(&TypeRef::Named(entity.to_owned())),
            _ => continue,
        };
        by_type
            .entry(ty.to_string())
            .or_insert_with(|| (ty, Vec::new()))
            .1
            .push(method.name);
    }
    let arms = by_type
        .values()
        .map(|(ty, names)| quote! { #(#names)|* => round_trip::<#ty>(body) });
    let entities = model.spec.entities.values().flat_map(|file| {
        file.entities.keys().map(|name| {
            let ty = ident(&type_name(name));
            quote! { #name => round_trip::<#ty>(body) }
        })
    });
    quote! {
        #![allow(unused_imports, reason = "not every specification uses all of them")]

        use std::collections::BTreeMap;

        use mastodon_sdk::entities::*;

        use crate::decode::{RoundTrip, round_trip};

        /// Decodes the response of a method as the SDK does, and serializes it again.
        /// Returns `None` for a method whose response has no type.
        pub(crate) fn decode(method: &str, body: &[u8]) -> Option<RoundTrip> {
            Some(match method {
                #(#arms,)*
                _ => return None,
            })
        }

        /// Decodes an entity as the SDK does, and serializes it again.
        /// Returns `None` for an unknown entity name.
        pub(crate) fn decode_entity(entity: &str, body: &[u8]) -> Option<RoundTrip> {
            Some(match entity {
                #(#entities,)*
                _ => return None,
            })
        }
    }
}

/// The fields without which an entity cannot be decoded, one a line. Reviewers see in the list what a change of the
/// specification makes required.
pub fn required_fields(model: &Model<'_>) -> String {
    let entities = model.spec.entities.values();
    let structs: BTreeMap<&str, &Struct<'_>> = entities
        .flat_map(|file| file.entities.keys())
        .flat_map(|name| model.structs(name))
        .map(|item| (item.name.as_str(), item))
        .collect();
    let fields = structs.iter().flat_map(|(name, item)| {
        let required = item.fields.iter();
        let required = required.filter(|field| is_needed(model, &structs, field));
        required.map(move |field| format!("{name}.{}\n", field.wire))
    });
    fields.collect()
}

/// Whether an object without the field cannot be decoded. A missing object is decoded like an empty one.
fn is_needed(
    model: &Model<'_>,
    structs: &BTreeMap<&str, &Struct<'_>>,
    field: &FieldModel<'_>,
) -> bool {
    let entity = match &field.ty {
        FieldType::Nested { name, .. } => Some(name.clone()),
        FieldType::Type(TypeRef::Named(name)) => match model.kind(name) {
            Some(Kind::Entity) => Some(type_name(name)),
            _ => None,
        },
        FieldType::Type(_) => None,
    };
    let inner = entity.and_then(|name| structs.get(name.as_str()));
    field.presence == Presence::Required
        && inner.is_none_or(|inner| {
            let mut fields = inner.fields.iter();
            fields.any(|field| is_needed(model, structs, field))
        })
}
