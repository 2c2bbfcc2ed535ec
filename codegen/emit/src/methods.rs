//! The methods: a function each that makes a call, and a builder where there are options.

mod about;

use proc_macro2::TokenStream;
use quote::quote;

use about::{deprecation, method_docs, param_docs};

use super::docs::{docs, page, prose};
use super::entities::rust_type;
use crate::ident;
use mastodon_spec::model::{Kind, Model, ParamModel, is_required};
use mastodon_spec::names::{builder_name, static_name, type_name};
use mastodon_spec::yaml::{Input, Method, MethodsFile, PagingStyle, Returns, TypeRef, Wire};

/// The root of the generated code.
pub(super) fn root() -> TokenStream {
    quote! {
        #![allow(unreachable_pub, clippy::large_enum_variant, clippy::needless_pass_by_value, unused_imports, unused_qualifications)]
        pub(crate) mod api;
        pub(crate) mod endpoints;
        pub mod entities;
        pub mod methods;

        /// What generated code is written with.
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
    let modules: Vec<_> = model.spec.methods.keys().map(|name| ident(name)).collect();
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
        .filter_map(|(_, method)| match &method.returns {
            Some(Returns::Page {
                item,
                wrapper: Some((entity, field)),
            }) => Some((entity.as_str(), field.as_str(), item)),
            _ => None,
        })
        .collect()
}

/// One file of methods.
pub(super) fn file(model: &Model<'_>, file: &MethodsFile) -> TokenStream {
    let title = file.title.as_deref().unwrap_or_default();
    let about = docs([
        format!("# {title}"),
        prose(file.description.as_deref().unwrap_or_default()),
        file.docs
            .as_deref()
            .map(|docs| format!("Mastodon's documentation: {}", page(docs, None)))
            .unwrap_or_default(),
    ]);
    let functions: Vec<_> = file
        .methods
        .iter()
        .filter(|(_, method)| is_callable(method))
        .map(|(name, method)| function(model, file, name, method))
        .collect();
    let builders = file
        .methods
        .iter()
        .filter(|(_, method)| is_callable(method))
        .filter_map(|(name, method)| builder(model, name, method));
    let inputs = file
        .inputs
        .iter()
        .map(|(name, group)| input(model, name, group));
    let block = (!functions.is_empty()).then(|| quote! { #about impl Mastodon { #(#functions)* } });
    quote! {
        use super::super::prelude::*;
        #block
        #(#builders)*
        #(#inputs)*
    }
}

/// Whether a function is written for it. Streams, and what another host answers, are for the runtime to ask.
pub(super) fn is_callable(method: &Method) -> bool {
    let other = matches!(
        method.returns,
        Some(Returns::WebPage | Returns::Stream(_)) | None
    );
    method.host.is_none() && !other
}

/// The type of the call that a method gives, and of the same call without options.
pub(super) fn call_types<'a>(
    model: &Model<'a>,
    name: &str,
    method: &'a Method,
) -> (TokenStream, TokenStream) {
    let (plain, _) = shape(model, method).plain();
    if model.arguments(method).1.is_empty() {
        return (plain.clone(), plain);
    }
    let builder = ident(&builder_name(name));
    (quote! { #builder }, plain)
}

/// The three shapes of a call: what it answers, or of what it lists and in which object.
enum Shape {
    Call(TokenStream),
    Paged(TokenStream, TokenStream),
    Offset(TokenStream, TokenStream),
}

fn shape<'a>(model: &Model<'a>, method: &'a Method) -> Shape {
    if let Some((ty, may_be_absent)) = model.value(method) {
        let ty = rust_type(ty);
        return Shape::Call(if may_be_absent {
            quote! { Option<#ty> }
        } else {
            ty
        });
    }
    match &method.returns {
        Some(Returns::Text) => Shape::Call(quote! { wire::Text }),
        Some(Returns::Page { item, wrapper }) => {
            let item = rust_type(item);
            let wrapper = wrapper.as_ref().map_or_else(
                || quote! { Vec<#item> },
                |(entity, _)| rust_type(&TypeRef::Named(entity.clone())),
            );
            match method.paging.as_ref().map(|paging| paging.style) {
                Some(PagingStyle::Offset) => Shape::Offset(item, wrapper),
                _ => Shape::Paged(item, wrapper),
            }
        }
        _ => Shape::Call(quote! { () }),
    }
}

impl Shape {
    /// The call without options of its own: its type, and the type's name.
    fn plain(&self) -> (TokenStream, TokenStream) {
        match self {
            Self::Call(answer) => (quote! { Call<#answer> }, quote! { Call }),
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

    /// What lets a call with options be awaited.
    fn adopt(&self, builder: &proc_macro2::Ident) -> TokenStream {
        match self {
            Self::Call(answer) => quote! { call_builder!(#builder, #answer); },
            Self::Paged(item, wrapper) => quote! { paged_builder!(#builder, #item, #wrapper); },
            Self::Offset(item, wrapper) => quote! { offset_builder!(#builder, #item, #wrapper); },
        }
    }
}

/// A list's type; the object around it is only named where there is one.
fn list_of(call: &TokenStream, item: &TokenStream, wrapper: &TokenStream) -> TokenStream {
    if wrapper.to_string() == quote! { Vec<#item> }.to_string() {
        quote! { #call<#item> }
    } else {
        quote! { #call<#item, #wrapper> }
    }
}

fn function(model: &Model<'_>, file: &MethodsFile, name: &str, method: &Method) -> TokenStream {
    let documentation = method_docs(model, file, method);
    let deprecated = deprecation(method);
    let (arguments, options) = model.arguments(method);
    let parameters = arguments.iter().map(|param| {
        let (name, ty) = (ident(&param.name), argument_type(model, param.ty));
        quote! { #name: #ty }
    });
    let values = arguments.iter().map(|param| {
        let (wire, value) = (param.wire, value(model, param));
        quote! { .with(#wire, #value) }
    });
    let (function, descriptor) = (ident(name), ident(&static_name(name)));
    let (returns, call) = if options.is_empty() {
        let (plain, constructor) = shape(model, method).plain();
        (
            plain,
            quote! { #constructor::new(self, &#descriptor)#(#values)* },
        )
    } else {
        let builder = ident(&builder_name(name));
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

/// The type that a caller may give for a parameter.
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

/// The argument as the value that is sent.
fn value(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let name = ident(&param.name);
    let value = typed_value(model, param.ty, &name);
    match param.spec.sent_as {
        Some(Wire::Integer) => quote! { integers(#value) },
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

fn builder(model: &Model<'_>, name: &str, method: &Method) -> Option<TokenStream> {
    let (_, options) = model.arguments(method);
    if options.is_empty() {
        return None;
    }
    let builder = ident(&builder_name(name));
    let about = docs([format!("A call of [`Mastodon::{name}`] with its options.")]);
    let setters = options
        .iter()
        .map(|param| setter(model, param, &quote! { self.0.set }));
    let adopt = shape(model, method).adopt(&builder);
    Some(quote! {
        #about
        #[must_use = "a call does nothing until it is awaited"]
        #[derive(Clone, Debug)]
        pub struct #builder(pub(crate) Request);
        impl #builder { #(#setters)* }
        #adopt
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

fn input(model: &Model<'_>, name: &str, group: &Input) -> TokenStream {
    let ty = ident(&type_name(name));
    let about = docs([prose(group.description.as_deref().unwrap_or_default())]);
    let (required, options): (Vec<_>, Vec<_>) = model
        .input_params(group)
        .into_iter()
        .partition(|param| is_required(param.spec));
    let parameters = required.iter().map(|param| {
        let (name, ty) = (ident(&param.name), argument_type(model, param.ty));
        quote! { #name: #ty }
    });
    let values = required.iter().map(|param| {
        let (wire, value) = (param.wire, value(model, param));
        quote! { .with(#wire, #value) }
    });
    let listed: Vec<String> = required
        .iter()
        .map(|p| {
            format!(
                "- `{}`: {}",
                p.name,
                prose(p.spec.description.as_deref().unwrap_or_default())
            )
        })
        .collect();
    let new_docs = if listed.is_empty() {
        docs(["Nothing of it is given yet.".to_owned()])
    } else {
        docs(["With what has to be given.".to_owned(), listed.join("\n")])
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
