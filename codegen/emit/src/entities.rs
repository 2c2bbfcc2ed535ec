//! Emits entities, enumerations and ids as Rust types.

use heck::ToSnakeCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::docs::{aliases, docs, example, feature, limits, link, links, prose, sentences};
use crate::{ident, other_servers};
use mastodon_spec::docs::page_url;
use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Presence, Struct};
use mastodon_spec::names::{module_name, type_name, variant_name};
use mastodon_spec::reference::entity_page;
use mastodon_spec::yaml::{EntitiesFile, Entity, Enumeration, JsonType, TypeRef};

/// The module of all entities.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let files = model.spec.entities.iter();
    let modules: Vec<_> = files
        .flat_map(|(name, file)| parts(model, name, file))
        .map(|part| (other_servers(part.is_only_other), ident(&part.module)))
        .collect();
    let definitions = modules
        .iter()
        .map(|(gate, module)| quote! { #gate mod #module; });
    let uses = modules
        .iter()
        .map(|(gate, module)| quote! { #gate pub use #module::*; });
    quote! {
        use super::prelude::*;
        #(#definitions)*
        #(#uses)*
    }
}

/// A module with types of one file of entities.
pub(super) struct Part {
    pub(super) module: String,
    /// Whether it contains the types that only methods of other servers use, or all others.
    is_only_other: bool,
}

/// The modules of one file of entities: one, or two if some of its types are behind a Cargo feature.
pub(super) fn parts(model: &Model<'_>, name: &str, file: &EntitiesFile) -> Vec<Part> {
    let module = module_name(name);
    let has = |is_only_other: bool| {
        let names = file
            .ids
            .keys()
            .chain(file.enums.keys())
            .chain(file.entities.keys());
        let mut names = names.map(|name| model.is_only_other(name));
        names.any(|own| own == is_only_other)
    };
    let part = |module: String, is_only_other| Part {
        module,
        is_only_other,
    };
    match (has(false), has(true)) {
        (true, true) => vec![part(format!("{module}_shared"), false), part(module, true)],
        (_, is_only_other) => vec![part(module, is_only_other)],
    }
}

/// The types of a module.
pub(super) fn file(model: &Model<'_>, file: &EntitiesFile, part: &Part) -> TokenStream {
    let is_here = |name: &str| model.is_only_other(name) == part.is_only_other;
    let ids = file
        .ids
        .iter()
        .filter(|(name, _)| is_here(name))
        .map(|(name, about)| {
            let (docs, name) = (docs([prose(about)]), ident(name));
            quote! { id_type! { #docs #name } }
        });
    let enums = file
        .enums
        .iter()
        .filter(|(name, _)| is_here(name))
        .map(|(name, enumeration)| open_enum(model, name, enumeration));
    let entities = file
        .entities
        .iter()
        .filter(|(name, _)| is_here(name))
        .map(|(name, entity)| {
            if entity.one_of.is_empty() {
                structs(model, file, name, entity)
            } else {
                union(name, entity)
            }
        });
    quote! {
        use super::*;
        #(#ids)*
        #(#enums)*
        #(#entities)*
    }
}

fn open_enum(model: &Model<'_>, name: &str, enumeration: &Enumeration) -> TokenStream {
    let ty = ident(&type_name(name));
    let unknown = enumeration
        .unknown_as
        .as_ref()
        .map(|value| format!("Treat an unknown value like `{value}`."));
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
                prose(&model.support(value)),
            ])]);
            let aliases = aliases(&value.search_words);
            (
                quote! { #docs #aliases #variant },
                quote! { #variant = #wire },
            )
        })
        .collect();
    let (definitions, pairs): (Vec<_>, Vec<_>) = variants.into_iter().unzip();
    let aliases = aliases(&enumeration.search_words);
    quote! {
        #about
        #aliases
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #ty {
            #(#definitions,)*
            /// A value that this version of the SDK does not know. It is serialized unchanged.
            Other(UnknownValue),
        }
        open_enum!(#ty { #(#pairs),* });
    }
}

fn structs(model: &Model<'_>, file: &EntitiesFile, name: &str, entity: &Entity) -> TokenStream {
    let structs = model.structs(name);
    // In a module behind the Cargo feature, no field needs it.
    let is_gated = !model.is_only_other(name);
    let emitted = structs.iter().enumerate().map(|(index, item)| {
        let about = if index == 0 {
            let page = entity.docs.as_deref().or(file.docs.as_deref());
            let url = page.map(|page| page_url(page, None));
            let about = docs([
                prose(item.about),
                prose(&model.support(entity)),
                feature(model.is_only_other(name)),
                links(&entity_page(name), "", url.as_deref()),
            ]);
            let aliases = aliases(&entity.search_words);
            quote! { #about #aliases }
        } else {
            docs([prose(item.about)])
        };
        // A search finds an inherited field once, in the entity that it is inherited from.
        let is_own = |field: &FieldModel<'_>| index > 0 || entity.fields.contains_key(field.wire);
        emit_struct(model, item, &about, is_gated, is_own)
    });
    let ids = structs.first().map(|item| from_entity(item));
    let parent = entity
        .extends
        .as_deref()
        .and_then(|parent| into_parent(model, name, parent, is_gated));
    quote! { #(#emitted)* #ids #parent }
}

fn emit_struct(
    model: &Model<'_>,
    item: &Struct<'_>,
    about: &TokenStream,
    is_gated: bool,
    is_own: impl Fn(&FieldModel<'_>) -> bool,
) -> TokenStream {
    let name = ident(&item.name);
    let gate = other_servers(is_gated && item.is_only_other);
    // The type of such a field is behind the feature itself.
    let is_gated = is_gated && !item.is_only_other;
    let fields = item.fields.iter().map(|field| {
        let words = if is_own(field) {
            &field.yaml.search_words[..]
        } else {
            &[]
        };
        emit_field(model, field, words, is_gated)
    });
    let decoder = object_decoder(model, item, is_gated);
    let unknown_fields = is_extended(item, is_gated).then(|| {
        quote! {
            /// Fields that this version of the SDK does not know, such as those of other server software. Empty
            /// unless the decoder keeps them: see `keep_unknown_fields`.
            pub unknown_fields: UnknownFields,
        }
    });
    quote! {
        #about
        #gate
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct #name {
            #(#fields)*
            #unknown_fields
        }
        #gate
        #decoder
    }
}

/// Whether other servers extend the entity, so that it keeps unknown fields on request.
pub(super) fn is_extended(item: &Struct<'_>, is_gated: bool) -> bool {
    is_gated && item.fields.iter().any(|field| field.is_only_other)
}

/// The Cargo feature of a field, if it needs one.
fn gate(field: &FieldModel<'_>, is_gated: bool) -> Option<TokenStream> {
    other_servers(is_gated && field.is_only_other)
}

/// The Cargo feature of a field in its decoder, if it needs one.
fn required_feature(field: &FieldModel<'_>, is_gated: bool) -> Option<TokenStream> {
    gate(field, is_gated).map(|_| quote! { if "other-servers" })
}

/// The decoder of a struct: for each field its JSON name and how it is read.
fn object_decoder(model: &Model<'_>, item: &Struct<'_>, is_gated: bool) -> TokenStream {
    let name = ident(&item.name);
    let fields = item.fields.iter().enumerate().map(|(position, field)| {
        let (position, json_name) = (Literal::usize_unsuffixed(position), field.wire);
        let (name, reader) = (ident(&field.name), field_reader(model, field));
        let feature = required_feature(field, is_gated);
        quote! { #position #json_name => #name: #reader #feature }
    });
    let locations = item
        .fields
        .iter()
        .enumerate()
        .flat_map(|(position, field)| {
            let position = Literal::usize_unsuffixed(position);
            let (name, reader) = (ident(&field.name), field_reader(model, field));
            let feature = required_feature(field, is_gated);
            let locations = field.yaml.from.iter();
            locations.map(move |location| match location.split_once('.') {
                Some((object, member)) => {
                    quote! { from #object.#member => #position #name: #reader #feature }
                }
                None => quote! { from #location => #position #name: #reader #feature },
            })
        });
    let entries = fields.chain(locations);
    let keep = is_extended(item, is_gated).then(|| quote! { keep unknown_fields, });
    quote! { object!(#name { #(#entries,)* #keep }); }
}

/// The name of the function that reads a field.
fn field_reader(model: &Model<'_>, field: &FieldModel<'_>) -> TokenStream {
    let (spec, wire) = (field.yaml, field.wire);
    let has_other_types = spec.sent_as.is_some() || !spec.also_sent_as.is_empty();
    match field.presence {
        Presence::Optional if !spec.also_sent_as.is_empty() && is_object(model, field) => {
            quote! { object_or_ignore }
        }
        Presence::Optional if spec.also_sent_as.contains(&JsonType::Object) => {
            quote! { scalar_or_member(#wire) }
        }
        Presence::Optional if has_other_types => quote! { optional_any },
        Presence::Optional => quote! { optional },
        Presence::Required if has_other_types => quote! { required_any },
        Presence::Required => quote! { required },
        Presence::Default if has_other_types => quote! { or_default_any },
        Presence::Default if spec.nullable => quote! { nullable_or_default },
        Presence::Default => quote! { or_default },
    }
}

fn emit_field(
    model: &Model<'_>,
    field: &FieldModel<'_>,
    search_words: &[String],
    is_gated: bool,
) -> TokenStream {
    let name = ident(&field.name);
    let spec = field.yaml;
    let documentation = docs([sentences([
        prose(spec.description.as_deref().unwrap_or_default()),
        limits(spec.min, spec.max, spec.max_length).join(" "),
        example(spec.example.as_ref()).unwrap_or_default(),
        prose(&model.support(spec)),
        feature(is_gated && field.is_only_other),
    ])]);
    let gate = gate(field, is_gated);
    let ty = full_type(field);
    let aliases = aliases(search_words);
    quote! { #documentation #aliases #gate pub #name: #ty, }
}

/// The type of a field, with `Option` and `Box` where needed.
pub(super) fn full_type(field: &FieldModel<'_>) -> TokenStream {
    let plain = field_type(field);
    match (field.presence == Presence::Optional, field.boxed) {
        (true, true) => quote! { Option<Box<#plain>> },
        (true, false) => quote! { Option<#plain> },
        (false, true) => quote! { Box<#plain> },
        (false, false) => plain,
    }
}

/// Whether it is an entity or a nested object.
fn is_object(model: &Model<'_>, field: &FieldModel<'_>) -> bool {
    match &field.ty {
        FieldType::Nested { .. } => true,
        FieldType::Type(ty) => ty
            .named()
            .is_some_and(|name| matches!(model.kind(name), Some(Kind::Entity | Kind::Union))),
    }
}

fn field_type(field: &FieldModel<'_>) -> TokenStream {
    match &field.ty {
        FieldType::Nested { name, list } => {
            let name = ident(name);
            if *list {
                quote! { Vec<#name> }
            } else {
                quote! { #name }
            }
        }
        FieldType::Type(ty) => rust_type(ty),
    }
}

/// The Rust type of a value in a response.
pub(super) fn rust_type(ty: &TypeRef) -> TokenStream {
    match ty {
        TypeRef::String | TypeRef::Url | TypeRef::Language | TypeRef::File => quote! { String },
        TypeRef::Html => quote! { Html },
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

/// The ID type of an entity that always has an ID.
pub(super) fn id_type<'a>(item: &Struct<'a>) -> Option<&'a str> {
    let mut fields = item.fields.iter();
    let id = fields.find(|field| field.wire == "id" && field.presence == Presence::Required)?;
    match id.ty {
        FieldType::Type(TypeRef::Named(name)) => Some(name),
        _ => None,
    }
}

/// Lets the entity be passed where its id is expected.
fn from_entity(item: &Struct<'_>) -> Option<TokenStream> {
    let (name, id) = (ident(&item.name), ident(&type_name(id_type(item)?)));
    Some(quote! { has_id!(#name, #id); })
}

/// Conversion of an entity into the entity that it extends.
pub(super) fn into_parent(
    model: &Model<'_>,
    name: &str,
    parent: &str,
    is_gated: bool,
) -> Option<TokenStream> {
    let (child, above) = (model.structs(name).first()?, model.structs(parent).first()?);
    let same = above.fields.iter().all(|field| {
        child.fields.iter().any(|own| {
            own.wire == field.wire
                && std::ptr::eq(own.yaml, field.yaml)
                && own.presence == field.presence
                && own.boxed == field.boxed
        }) && matches!(field.ty, FieldType::Type(_))
    });
    if !same {
        return None;
    }
    let (child_name, above_name) = (ident(&child.name), ident(&above.name));
    let fields = above.fields.iter().map(|field| {
        let (gate, name) = (gate(field, is_gated), ident(&field.name));
        quote! { #gate #name: entity.#name }
    });
    let unknown_fields =
        is_extended(above, is_gated).then(|| quote! { unknown_fields: entity.unknown_fields });
    let fields = fields.chain(unknown_fields);
    Some(quote! {
        impl From<#child_name> for #above_name {
            #[inline]
            fn from(entity: #child_name) -> Self {
                Self { #(#fields),* }
            }
        }
    })
}

fn union(name: &str, entity: &Entity) -> TokenStream {
    let ty = ident(&type_name(name));
    let about = docs([
        prose(entity.description.as_deref().unwrap_or_default()),
        links(&entity_page(name), "", None),
    ]);
    let variants: Vec<_> = entity
        .one_of
        .keys()
        .map(|variant| ident(&type_name(variant)))
        .collect();
    let variant_docs = entity.one_of.iter().map(|(variant, condition)| {
        let condition = condition
            .strip_prefix("has ")
            .map_or_else(String::new, |key| {
                format!(", recognized by its field `{key}`")
            });
        docs([format!("{}{condition}.", link(variant))])
    });
    let keys = entity.one_of.values();
    let keys: Vec<_> = keys
        .filter_map(|condition| condition.strip_prefix("has "))
        .collect();
    let arms = entity.one_of.iter().map(|(variant, condition)| {
        let variant = ident(&type_name(variant));
        let key = condition.strip_prefix("has ");
        let index = key.and_then(|key| keys.iter().position(|known| *known == key));
        let pattern = index.map_or_else(
            || quote!(_),
            |index| {
                let index = Literal::usize_unsuffixed(index);
                quote!(Some(#index))
            },
        );
        quote! { #pattern => Self::#variant(#variant::decode(parser)?), }
    });
    let accessors = entity.one_of.keys().map(|variant| {
        let ty = ident(&type_name(variant));
        let name = format_ident!("as_{}", type_name(variant).to_snake_case());
        let about = docs([format!(
            "Returns the {}, or `None` if it is another entity.",
            link(variant)
        )]);
        quote! {
            #about
            #[inline]
            pub fn #name(&self) -> Option<&#ty> {
                match self { Self::#ty(inner) => Some(inner), _ => None }
            }
        }
    });
    let aliases = aliases(&entity.search_words);
    let first = variants.first();
    quote! {
        #about
        #aliases
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum #ty {
            #(#variant_docs #variants(#variants),)*
        }
        impl #ty { #(#accessors)* }
        impl FromJson for #ty {
            const EXPECTED: &'static str = concat!("an object (", stringify!(#ty), ")");

            fn blank() -> Self {
                Self::#first(#first::blank())
            }

            fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
                *self = match parser.first_key(&[#(#keys),*]) { #(#arms)* };
                Ok(())
            }
        }
        deserialize!(#ty);
        serialize_variant!(#ty { #(#variants),* });
    }
}
