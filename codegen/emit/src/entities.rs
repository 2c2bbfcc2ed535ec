//! The entities, enumerations and ids as Rust types.

use heck::ToSnakeCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::docs::{docs, life, link, page, prose, sentences};
use crate::ident;
use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Presence, Struct};
use mastodon_spec::names::{type_name, variant_name};
use mastodon_spec::yaml::{EntitiesFile, Entity, Enumeration, TypeRef, Wire};

/// The module of all entities.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let modules: Vec<_> = model.spec.entities.keys().map(|name| ident(name)).collect();
    quote! {
        #(mod #modules;)*
        #(pub use #modules::*;)*
    }
}

/// One file of entities.
pub(super) fn file(model: &Model<'_>, file: &EntitiesFile) -> TokenStream {
    let ids = file.ids.iter().map(|(name, about)| {
        let (docs, name) = (docs([prose(about)]), ident(name));
        quote! { id_type! { #docs #name } }
    });
    let enums = file
        .enums
        .iter()
        .map(|(name, enumeration)| open_enum(name, enumeration));
    let entities = file.entities.iter().map(|(name, entity)| {
        if entity.one_of.is_empty() {
            structs(model, file, name, entity)
        } else {
            union(name, entity)
        }
    });
    quote! {
        use super::super::prelude::*;
        #(#ids)*
        #(#enums)*
        #(#entities)*
    }
}

fn open_enum(name: &str, enumeration: &Enumeration) -> TokenStream {
    let ty = ident(&type_name(name));
    let unknown = enumeration
        .unknown_as
        .as_ref()
        .map(|value| format!("An unknown value is to be treated as `{value}`."));
    let about = docs([
        prose(enumeration.description.as_deref().unwrap_or_default()),
        unknown.unwrap_or_default(),
    ]);
    let variants: Vec<_> = enumeration
        .values
        .iter()
        .map(|(wire, value)| {
            let variant = ident(&variant_name(wire, value.alias.as_deref()));
            let docs = docs([sentences([
                prose(value.description.as_deref().unwrap_or_default()),
                life(
                    value.since.as_ref(),
                    value.deprecated.as_ref(),
                    value.removed.as_ref(),
                ),
            ])]);
            (quote! { #docs #variant }, quote! { #variant = #wire })
        })
        .collect();
    let (definitions, pairs): (Vec<_>, Vec<_>) = variants.into_iter().unzip();
    quote! {
        #about
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #ty {
            #(#definitions,)*
            /// A value that this version of the SDK does not know; it is sent back as it came.
            Other(UnknownValue),
        }
        open_enum!(#ty { #(#pairs),* });
    }
}

fn structs(model: &Model<'_>, file: &EntitiesFile, name: &str, entity: &Entity) -> TokenStream {
    let structs = model.structs(name);
    let written = structs.iter().enumerate().map(|(index, item)| {
        let about = if index == 0 {
            let address = entity
                .docs
                .as_deref()
                .or(file.docs.as_deref())
                .map(|docs| page(docs, None));
            docs([
                prose(item.about),
                life(
                    entity.since.as_ref(),
                    entity.deprecated.as_ref(),
                    entity.removed.as_ref(),
                ),
                address
                    .map(|page| format!("Mastodon's documentation: {page}"))
                    .unwrap_or_default(),
            ])
        } else {
            docs([prose(item.about)])
        };
        written_struct(model, item, &about)
    });
    let ids = structs.first().map(|item| from_entity(item));
    let parent = entity
        .extends
        .as_deref()
        .and_then(|parent| into_parent(model, name, parent));
    quote! { #(#written)* #ids #parent }
}

fn written_struct(model: &Model<'_>, item: &Struct<'_>, about: &TokenStream) -> TokenStream {
    let name = ident(&item.name);
    let fields = item.fields.iter().map(written_field);
    let reader = object_reader(model, item);
    quote! {
        #about
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[non_exhaustive]
        pub struct #name {
            #(#fields)*
        }
        #reader
    }
}

/// How the struct is read: for each field its name on the wire, what its absence means, and its reader.
fn object_reader(model: &Model<'_>, item: &Struct<'_>) -> TokenStream {
    let name = ident(&item.name);
    let fields = item.fields.iter().enumerate().map(|(position, field)| {
        let (position, wire) = (Literal::usize_unsuffixed(position), field.wire);
        let (slot, read) = (ident(&field.name), entry_reader(model, field));
        let presence = match field.presence {
            Presence::Required => quote! { needed },
            Presence::Optional => quote! { optional },
            Presence::Default => quote! { or_default },
        };
        quote! { #position #slot #wire #presence #read }
    });
    quote! { object!(#name { #(#fields),* }); }
}

/// How the value of a field is read.
fn entry_reader(model: &Model<'_>, field: &FieldModel<'_>) -> TokenStream {
    let optional = field.presence == Presence::Optional;
    let wire = field.wire;
    let tolerant = optional && !field.spec.also_sent_as.is_empty() && is_object(model, field);
    match field_type(field).1 {
        Some(Reader::Plain) if is_wrapped(field) => quote! { inside(#wire) },
        Some(Reader::Plain) if optional => quote! { plain_opt },
        Some(Reader::Plain) => quote! { plain },
        Some(Reader::List) => quote! { list },
        Some(Reader::Map) => quote! { map },
        None if tolerant => quote! { entity_opt },
        None if optional => quote! { value_opt },
        None => quote! { value },
    }
}

/// The tolerant readers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Of a text, a number, a moment.
    Plain,
    /// Of a list.
    List,
    /// Of a mapping.
    Map,
}

/// Whether a plain value may come inside an object.
fn is_wrapped(field: &FieldModel<'_>) -> bool {
    field.presence == Presence::Optional
        && field.spec.also_sent_as.contains(&Wire::Object)
        && field_type(field).1 == Some(Reader::Plain)
}

fn written_field(field: &FieldModel<'_>) -> TokenStream {
    let name = ident(&field.name);
    let spec = field.spec;
    let documentation = docs([sentences([
        prose(spec.description.as_deref().unwrap_or_default()),
        life(
            spec.since.as_ref(),
            spec.deprecated.as_ref(),
            spec.removed.as_ref(),
        ),
    ])]);
    let ty = full_type(field);
    let optional = field.presence == Presence::Optional;
    let mut attributes = Vec::new();
    if field.name != field.wire {
        let wire = field.wire;
        attributes.push(quote! { rename = #wire });
    }
    if optional {
        attributes.push(quote! { skip_serializing_if = "Option::is_none" });
    }
    let serde = (!attributes.is_empty()).then(|| quote! { #[serde(#(#attributes),*)] });
    quote! { #documentation #serde pub #name: #ty, }
}

/// The type of a field, with what its absence adds to it.
pub(super) fn full_type(field: &FieldModel<'_>) -> TokenStream {
    let (plain, _) = field_type(field);
    match (field.presence == Presence::Optional, field.boxed) {
        (true, true) => quote! { Option<Box<#plain>> },
        (true, false) => quote! { Option<#plain> },
        (false, true) => quote! { Box<#plain> },
        (false, false) => plain,
    }
}

/// Whether it is an entity or a nested object; ids and enumerations read other types by themselves.
fn is_object(model: &Model<'_>, field: &FieldModel<'_>) -> bool {
    match &field.ty {
        FieldType::Nested { .. } => true,
        FieldType::Type(ty) => ty
            .named()
            .is_some_and(|name| matches!(model.kind(name), Some(Kind::Entity | Kind::Union))),
    }
}

/// The type in Rust, and the tolerant reader that it has.
fn field_type(field: &FieldModel<'_>) -> (TokenStream, Option<Reader>) {
    match &field.ty {
        FieldType::Nested { name, list } => {
            let name = ident(name);
            if *list {
                (quote! { Vec<#name> }, Some(Reader::List))
            } else {
                (quote! { #name }, None)
            }
        }
        FieldType::Type(ty) => {
            let reader = match ty {
                TypeRef::String
                | TypeRef::Html
                | TypeRef::Url
                | TypeRef::Language
                | TypeRef::Bool
                | TypeRef::Flag
                | TypeRef::Integer
                | TypeRef::Seconds
                | TypeRef::Number
                | TypeRef::DateTime
                | TypeRef::Date => Some(Reader::Plain),
                TypeRef::List(_) => Some(Reader::List),
                TypeRef::MapOf(_) => Some(Reader::Map),
                TypeRef::Secret | TypeRef::Json | TypeRef::File | TypeRef::Named(_) => None,
            };
            (rust_type(ty), reader)
        }
    }
}

/// A type of an answer in Rust.
pub(super) fn rust_type(ty: &TypeRef) -> TokenStream {
    match ty {
        TypeRef::String | TypeRef::Html | TypeRef::Url | TypeRef::Language | TypeRef::File => {
            quote! { String }
        }
        TypeRef::Secret => quote! { SecretString },
        TypeRef::Bool | TypeRef::Flag => quote! { bool },
        TypeRef::Integer | TypeRef::Seconds => quote! { i64 },
        TypeRef::Number => quote! { f64 },
        TypeRef::DateTime => quote! { Timestamp },
        TypeRef::Date => quote! { Date },
        TypeRef::Json => quote! { serde_json::Value },
        TypeRef::List(inner) => {
            let inner = rust_type(inner);
            quote! { Vec<#inner> }
        }
        TypeRef::MapOf(inner) => {
            let inner = rust_type(inner);
            quote! { BTreeMap<String, #inner> }
        }
        TypeRef::Named(name) => {
            let name = ident(&type_name(name));
            quote! { #name }
        }
    }
}

/// Wherever an id is wanted, the entity that has it will do.
fn from_entity(item: &Struct<'_>) -> Option<TokenStream> {
    let id = item
        .fields
        .iter()
        .find(|field| field.wire == "id" && field.presence == Presence::Required)?;
    let FieldType::Type(TypeRef::Named(id_name)) = &id.ty else {
        return None;
    };
    let (name, id) = (
        ident(&item.name),
        rust_type(&TypeRef::Named(id_name.clone())),
    );
    Some(quote! { has_id!(#name, #id); })
}

/// An entity with more fields than another can stand for it.
fn into_parent(model: &Model<'_>, name: &str, parent: &str) -> Option<TokenStream> {
    let (child, above) = (model.structs(name).first()?, model.structs(parent).first()?);
    let same = above.fields.iter().all(|field| {
        child.fields.iter().any(|own| {
            own.wire == field.wire
                && std::ptr::eq(own.spec, field.spec)
                && own.presence == field.presence
                && own.boxed == field.boxed
        }) && matches!(field.ty, FieldType::Type(_))
    });
    if !same {
        return None;
    }
    let (child, above_name) = (ident(&child.name), ident(&above.name));
    let fields: Vec<_> = above
        .fields
        .iter()
        .map(|field| ident(&field.name))
        .collect();
    Some(quote! {
        impl From<#child> for #above_name {
            #[inline]
            fn from(entity: #child) -> Self {
                Self { #(#fields: entity.#fields),* }
            }
        }
    })
}

fn union(name: &str, entity: &Entity) -> TokenStream {
    let ty = ident(&type_name(name));
    let about = docs([prose(entity.description.as_deref().unwrap_or_default())]);
    let variants: Vec<_> = entity
        .one_of
        .keys()
        .map(|variant| ident(&type_name(variant)))
        .collect();
    let variant_docs = entity.one_of.iter().map(|(variant, told)| {
        let told = told
            .strip_prefix("has ")
            .map_or_else(String::new, |key| format!(", told by its `{key}`"));
        docs([format!("{}{told}.", link(variant))])
    });
    let arms = entity.one_of.iter().map(|(variant, told)| {
        let variant = ident(&type_name(variant));
        match told.strip_prefix("has ") {
            Some(key) => quote! { if wire::has(&value, #key) { return wire::from_value(&value).map(Self::#variant); } },
            None => quote! { wire::from_value(&value).map(Self::#variant) },
        }
    });
    let accessors = entity.one_of.keys().map(|variant| {
        let ty = ident(&type_name(variant));
        let name = format_ident!("as_{}", type_name(variant).to_snake_case());
        let about = docs([format!("The {}, if it is one.", link(variant))]);
        quote! {
            #about
            #[inline]
            pub fn #name(&self) -> Option<&#ty> {
                match self { Self::#ty(inner) => Some(inner), _ => None }
            }
        }
    });
    quote! {
        #about
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum #ty {
            #(#variant_docs #variants(#variants),)*
        }
        impl #ty { #(#accessors)* }
        impl<'de> Deserialize<'de> for #ty {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = wire::buffered(deserializer)?;
                #(#arms)*
            }
        }
    }
}
