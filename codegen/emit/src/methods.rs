//! Emits one function per method, and a call type with setters for methods that have options.

mod rustdoc;

use proc_macro2::TokenStream;
use quote::quote;

pub(super) use rustdoc::list_item;
use rustdoc::{deprecation, method_docs, param_docs};

use super::docs::{docs, docs_link, prose};
use super::entities::rust_type;
use crate::ident;
use mastodon_spec::docs::page_url;
use mastodon_spec::model::{InputModel, Kind, MethodModel, Model, Output, ParamModel, Resource};
use mastodon_spec::names::{builder_name, static_name, type_name};
use mastodon_spec::yaml::{JsonType, PagingStyle, TypeRef};

/// The root module of the generated code, with the prelude that its files import.
pub(super) fn root() -> TokenStream {
    quote! {
        #![allow(unreachable_pub, clippy::large_enum_variant, clippy::needless_pass_by_value, unused_imports, unused_qualifications)]
        pub(crate) mod api;
        pub(crate) mod endpoints;
        pub mod entities;
        pub mod methods;

        /// Imports shared by the generated files.
        pub(crate) mod prelude {
            pub(crate) use std::collections::BTreeMap;
            pub(crate) use std::time::Duration;

            pub(crate) use jiff::Timestamp;
            pub(crate) use jiff::civil::Date;
            pub(crate) use serde::{Deserialize, Deserializer, Serialize};

            pub(crate) use crate::endpoint::RateFamily;
            pub(crate) use super::endpoints::*;
            pub(crate) use super::entities::*;
            pub(crate) use super::methods::*;
            pub(crate) use crate::client::Mastodon;
            pub(crate) use crate::endpoint::{Auth, Encoding, Endpoint, Paging, Param, Place, Repeated, Style, Then, Verb};
            pub(crate) use crate::open_enum::UnknownValue;
            pub(crate) use crate::page::{Page, PageBody};
            pub(crate) use crate::params::{Value, integers, list};
            pub(crate) use crate::call::{Call, OffsetCall, PagedCall};
            pub(crate) use crate::request::Request;
            pub(crate) use crate::secret::SecretString;
            pub(crate) use crate::server_info::StatusLimits;
            pub(crate) use crate::upload::Upload;
            pub(crate) use crate::version::Version;
            pub(crate) use crate::wire;
        }
    }
}

/// The module of all methods.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    let resources = model.resources().iter();
    let modules: Vec<_> = resources.map(|resource| ident(resource.name)).collect();
    let bodies = wrappers(model).into_iter().map(|(entity, field, item)| {
        let (entity, field, item) = (
            ident(&type_name(entity)),
            ident(&mastodon_spec::names::member_name(field, None)),
            rust_type(item),
        );
        quote! {
            impl PageBody for #entity {
                type Item = #item;
                fn items(&self) -> &[#item] {
                    &self.#field
                }
                fn into_items(self) -> Vec<#item> {
                    self.#field
                }
            }
        }
    });
    quote! {
        use super::prelude::*;
        #(mod #modules;)*
        #(pub use #modules::*;)*
        #(#bodies)*
    }
}

/// The entities that wrap a paged list, with the field and the type of its items.
fn wrappers<'a>(model: &Model<'a>) -> std::collections::BTreeSet<(&'a str, &'a str, &'a TypeRef)> {
    model
        .methods()
        .filter_map(|method| match method.output {
            Output::Page {
                item,
                wrapper: Some((entity, field)),
                ..
            } => Some((entity, field, item)),
            _ => None,
        })
        .collect()
}

/// The methods of one resource.
pub(super) fn resource(model: &Model<'_>, resource: &Resource<'_>) -> TokenStream {
    let file = resource.yaml;
    let title = file.title.as_deref().unwrap_or_default();
    let about = docs([
        format!("# {title}"),
        prose(file.description.as_deref().unwrap_or_default()),
        docs_link(
            file.docs
                .as_deref()
                .map(|page| page_url(page, None))
                .as_deref(),
        ),
    ]);
    let methods = || {
        resource
            .methods
            .iter()
            .filter(|method| method.is_callable())
    };
    let functions: Vec<_> = methods().map(|method| function(model, method)).collect();
    let builders = methods().filter_map(|method| builder(model, method));
    let inputs = resource.inputs.iter().map(|group| input(model, group));
    let block = (!functions.is_empty()).then(|| quote! { #about impl Mastodon { #(#functions)* } });
    quote! {
        use super::super::prelude::*;
        #block
        #(#builders)*
        #(#inputs)*
    }
}

/// The type of the call that a method returns, and of the same call without options.
pub(super) fn call_types(method: &MethodModel<'_>) -> (TokenStream, TokenStream) {
    let (plain, _) = CallType::of(method).plain();
    if method.options.is_empty() {
        return (plain.clone(), plain);
    }
    let builder = ident(&builder_name(method.name));
    (quote! { #builder }, plain)
}

/// The three handwritten call types, with the types of what they return: a value, or the items of a
/// list and the object that holds it.
enum CallType {
    Call(TokenStream),
    Paged(TokenStream, TokenStream),
    Offset(TokenStream, TokenStream),
}

impl CallType {
    fn of(method: &MethodModel<'_>) -> Self {
        match method.output {
            Output::Value { ty, is_optional } => {
                let ty = rust_type(ty);
                Self::Call(if is_optional {
                    quote! { Option<#ty> }
                } else {
                    ty
                })
            }
            Output::Text => Self::Call(quote! { wire::Text }),
            Output::Page {
                item,
                wrapper,
                style,
            } => {
                let item = rust_type(item);
                let wrapper = wrapper.map_or_else(
                    || quote! { Vec<#item> },
                    |(entity, _)| rust_type(&TypeRef::Named(entity.to_owned())),
                );
                match style {
                    PagingStyle::Offset => Self::Offset(item, wrapper),
                    PagingStyle::Cursor => Self::Paged(item, wrapper),
                }
            }
            Output::Unit | Output::WebPage | Output::Stream(_) => Self::Call(quote! { () }),
        }
    }

    /// The type of a call without options, and the name of its constructor.
    fn plain(&self) -> (TokenStream, TokenStream) {
        match self {
            Self::Call(output) => (quote! { Call<#output> }, quote! { Call }),
            Self::Paged(item, wrapper) => (
                list_of(&quote! { PagedCall }, item, wrapper),
                quote! { PagedCall },
            ),
            Self::Offset(item, wrapper) => (
                list_of(&quote! { OffsetCall }, item, wrapper),
                quote! { OffsetCall },
            ),
        }
    }

    /// The macro call that implements awaiting for a call type with options.
    fn builder_macro(&self, builder: &proc_macro2::Ident) -> TokenStream {
        match self {
            Self::Call(output) => quote! { call_builder!(#builder, #output); },
            Self::Paged(item, wrapper) => quote! { paged_builder!(#builder, #item, #wrapper); },
            Self::Offset(item, wrapper) => quote! { offset_builder!(#builder, #item, #wrapper); },
        }
    }
}

/// The type of a list call; the wrapper is named only where it is not the list itself.
fn list_of(call: &TokenStream, item: &TokenStream, wrapper: &TokenStream) -> TokenStream {
    if wrapper.to_string() == quote! { Vec<#item> }.to_string() {
        quote! { #call<#item> }
    } else {
        quote! { #call<#item, #wrapper> }
    }
}

fn function(model: &Model<'_>, method: &MethodModel<'_>) -> TokenStream {
    let documentation = method_docs(method);
    let deprecated = deprecation(method);
    let parameters = method.arguments.iter().map(|param| {
        let (name, ty) = (ident(&param.name), argument_type(model, param.ty));
        quote! { #name: #ty }
    });
    let values = method.arguments.iter().map(|param| {
        let (wire, value) = (param.wire, value(model, param));
        quote! { .with(#wire, #value) }
    });
    let function = ident(method.name);
    let descriptor = ident(&static_name(method.name));
    let (returns, call) = if method.options.is_empty() {
        let (plain, constructor) = CallType::of(method).plain();
        (
            plain,
            quote! { #constructor::new(self, &#descriptor)#(#values)* },
        )
    } else {
        let builder = ident(&builder_name(method.name));
        let request = quote! { Request::new(self, &#descriptor)#(#values)* };
        (quote! { #builder }, quote! { #builder(#request) })
    };
    quote! {
        #documentation
        #deprecated
        #[inline]
        pub fn #function(&self, #(#parameters),*) -> #returns { #call }
    }
}

/// The Rust type of an argument or setter.
pub(super) fn argument_type(model: &Model<'_>, ty: &TypeRef) -> TokenStream {
    match ty {
        TypeRef::String | TypeRef::Html | TypeRef::Url | TypeRef::Language | TypeRef::Secret => {
            quote! { impl Into<String> }
        }
        // A flag has a setter without an argument.
        TypeRef::Bool | TypeRef::Flag => quote! { bool },
        TypeRef::Integer => quote! { u64 },
        TypeRef::Number => quote! { f64 },
        TypeRef::Seconds => quote! { Duration },
        TypeRef::DateTime => quote! { Timestamp },
        TypeRef::Date => quote! { Date },
        TypeRef::File => quote! { impl Into<Upload> },
        TypeRef::Json | TypeRef::MapOf(_) => quote! { impl Into<Value> },
        TypeRef::List(inner) => {
            let inner = argument_type(model, inner);
            quote! { impl IntoIterator<Item = #inner> }
        }
        TypeRef::Named(name) => {
            let ty = ident(&type_name(name));
            if model.kind(name) == Some(Kind::Input) {
                quote! { #ty }
            } else {
                quote! { impl Into<#ty> }
            }
        }
    }
}

/// The expression that converts an argument into the value that is sent.
fn value(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let name = ident(&param.name);
    let value = typed_value(model, param.ty, &name);
    match param.spec.sent_as {
        Some(JsonType::Integer) => quote! { integers(#value) },
        _ => value,
    }
}

fn typed_value(model: &Model<'_>, ty: &TypeRef, name: &proc_macro2::Ident) -> TokenStream {
    match ty {
        TypeRef::String | TypeRef::Html | TypeRef::Url | TypeRef::Language | TypeRef::Secret => {
            quote! { Into::<String>::into(#name) }
        }
        TypeRef::File => quote! { Into::<Upload>::into(#name) },
        TypeRef::Json | TypeRef::MapOf(_) => quote! { Into::<Value>::into(#name) },
        TypeRef::Named(ty) if model.kind(ty) != Some(Kind::Input) => {
            let ty = ident(&type_name(ty));
            quote! { Into::<#ty>::into(#name) }
        }
        TypeRef::List(inner) => match &**inner {
            TypeRef::String
            | TypeRef::Html
            | TypeRef::Url
            | TypeRef::Language
            | TypeRef::Secret => {
                quote! { list::<String, _>(#name) }
            }
            TypeRef::File => quote! { list::<Upload, _>(#name) },
            TypeRef::Json | TypeRef::MapOf(_) => quote! { list::<Value, _>(#name) },
            TypeRef::Named(ty) => {
                let ty = ident(&type_name(ty));
                quote! { list::<#ty, _>(#name) }
            }
            other => {
                let ty = argument_type(model, other);
                quote! { list::<#ty, _>(#name) }
            }
        },
        _ => quote! { #name },
    }
}

fn builder(model: &Model<'_>, method: &MethodModel<'_>) -> Option<TokenStream> {
    if method.options.is_empty() {
        return None;
    }
    let builder = ident(&builder_name(method.name));
    let about = docs([format!(
        "Call of [`Mastodon::{}`] with its options.",
        method.name
    )]);
    let setters = method
        .options
        .iter()
        .map(|param| setter(model, param, &quote! { self.0.set }));
    let awaitable = CallType::of(method).builder_macro(&builder);
    Some(quote! {
        #about
        #[must_use = "a call does nothing until it is awaited"]
        #[derive(Clone, Debug)]
        pub struct #builder(pub(crate) Request);
        impl #builder { #(#setters)* }
        #awaitable
    })
}

fn setter(model: &Model<'_>, param: &ParamModel<'_>, set: &TokenStream) -> TokenStream {
    let (name, wire) = (ident(&param.name), param.wire);
    if *param.ty == TypeRef::Flag {
        let documentation = param_docs(param);
        return quote! {
            #documentation
            #[inline]
            pub fn #name(mut self) -> Self {
                #set(#wire, true);
                self
            }
        };
    }
    let (documentation, ty, value) = (
        param_docs(param),
        argument_type(model, param.ty),
        value(model, param),
    );
    let clear = param.spec.nullable.then(|| {
        let clear = ident(&format!("clear_{}", param.name));
        let about = docs([format!("Clears `{wire}` on the server.")]);
        quote! {
            #about
            #[inline]
            pub fn #clear(mut self) -> Self {
                #set(#wire, Value::Null);
                self
            }
        }
    });
    quote! {
        #documentation
        #[inline]
        pub fn #name(mut self, #name: #ty) -> Self {
            #set(#wire, #value);
            self
        }
        #clear
    }
}

fn input(model: &Model<'_>, group: &InputModel<'_>) -> TokenStream {
    let ty = ident(&type_name(group.name));
    let about = docs([prose(group.yaml.description.as_deref().unwrap_or_default())]);
    let (required, options) = group.partition();
    let parameters = required.iter().map(|param| {
        let (name, ty) = (ident(&param.name), argument_type(model, param.ty));
        quote! { #name: #ty }
    });
    let values = required.iter().map(|param| {
        let (wire, value) = (param.wire, value(model, param));
        quote! { .with(#wire, #value) }
    });
    let listed: Vec<String> = required.iter().map(|param| list_item(param)).collect();
    let new_docs = if listed.is_empty() {
        docs(["Creates a group without parameters.".to_owned()])
    } else {
        docs([
            "Creates a group with the required parameters.".to_owned(),
            listed.join("\n"),
        ])
    };
    let setters = options
        .iter()
        .map(|param| setter(model, param, &quote! { self.0.set }));
    let default = required.is_empty().then(|| {
        quote! {
            impl Default for #ty {
                #[inline]
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    quote! {
        #about
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct #ty(pub(crate) crate::params::Group);
        impl #ty {
            #new_docs
            pub fn new(#(#parameters),*) -> Self {
                Self(crate::params::Group::new()#(#values)*)
            }
            #(#setters)*
        }
        #default
        impl From<#ty> for Value {
            fn from(group: #ty) -> Self {
                group.0.into()
            }
        }
    }
}
