//! Emits one function per method, and a call type with setters for methods that have options.

mod rustdoc;

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) use rustdoc::list_item;
use rustdoc::{deprecation, method_docs, param_docs};

use super::docs::{aliases, docs, docs_link, link, prose};
use super::entities::rust_type;
use crate::{ident, other_servers};
use mastodon_spec::docs::page_url;
use mastodon_spec::model::{InputModel, Kind, MethodModel, Model, Output, ParamModel, Resource};
use mastodon_spec::names::{builder_name, member_name, static_name, type_name};
use mastodon_spec::yaml::{JsonType, PagingStyle, TypeRef};

/// The module of all methods.
pub(super) fn index(model: &Model<'_>) -> TokenStream {
    // The documentation of the client lists the methods in the order of the modules: what few applications need is last.
    let is_admin = |name: &str| name.starts_with("admin_");
    let mut resources: Vec<_> = model.resources().iter().collect();
    resources.sort_by_key(|it| (it.is_of_other_servers, is_admin(it.name)));
    let modules: Vec<_> = resources
        .iter()
        .map(|resource| {
            let gate = other_servers(resource.is_of_other_servers);
            (gate, ident(&resource.module))
        })
        .collect();
    let definitions = modules
        .iter()
        .map(|(gate, module)| quote! { #gate mod #module; });
    let uses = modules
        .iter()
        .map(|(gate, module)| quote! { #gate pub use #module::*; });
    let bodies = wrappers(model).into_iter().map(|(entity, field, item)| {
        let gate = other_servers(model.is_only_other(entity));
        let (entity, field, item) = (
            ident(&type_name(entity)),
            ident(&member_name(field, None)),
            rust_type(item),
        );
        quote! {
            #gate
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
        #(#definitions)*
        #(#uses)*
        #(#bodies)*
    }
}

/// The entities that wrap a paged list, with the field and the type of its items.
fn wrappers<'a>(model: &Model<'a>) -> BTreeSet<(&'a str, &'a str, &'a TypeRef)> {
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
    let functions: Vec<_> = methods()
        .map(|method| function(model, resource, method))
        .collect();
    let calls = methods().map(|method| call_type(model, method));
    let inputs = resource.inputs.iter().map(|group| input(model, group));
    let block = (!functions.is_empty()).then(|| quote! { #about impl Mastodon { #(#functions)* } });
    quote! {
        use super::super::prelude::*;
        #block
        #(#calls)*
        #(#inputs)*
    }
}

/// The handwritten call type of a method, without its options.
pub(super) fn plain_call_type(method: &MethodModel<'_>) -> TokenStream {
    CallType::of(method).plain().0
}

/// The three handwritten call types with their response types: a value, or the items of a list and the object
/// that contains the list.
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
            Output::Text => Self::Call(quote! { PlainText }),
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

    /// The type that the call returns.
    fn output(&self) -> TokenStream {
        match self {
            Self::Call(output) => output.clone(),
            Self::Paged(item, wrapper) | Self::Offset(item, wrapper) => {
                list_of(&quote! { Page }, item, wrapper)
            }
        }
    }

    /// The macro call that makes a call type with options awaitable.
    fn builder_macro(&self, builder: &Ident) -> TokenStream {
        match self {
            Self::Call(output) => quote! { call_builder!(#builder, #output); },
            Self::Paged(item, wrapper) => quote! { paged_builder!(#builder, #item, #wrapper); },
            Self::Offset(item, wrapper) => quote! { offset_builder!(#builder, #item, #wrapper); },
        }
    }
}

/// The type of a list call. The wrapper is named only if it is not the list itself.
fn list_of(call: &TokenStream, item: &TokenStream, wrapper: &TokenStream) -> TokenStream {
    if wrapper.to_string() == quote! { Vec<#item> }.to_string() {
        quote! { #call<#item> }
    } else {
        quote! { #call<#item, #wrapper> }
    }
}

fn function(model: &Model<'_>, resource: &Resource<'_>, method: &MethodModel<'_>) -> TokenStream {
    let documentation = method_docs(model, resource.name, method);
    let aliases = aliases(&method.yaml.search_words);
    let deprecated = deprecation(method);
    let parameters = method.arguments.iter().map(|param| {
        let (name, ty) = (ident(&param.name), argument_type(model, param.ty));
        quote! { #name: #ty }
    });
    let values = method.arguments.iter().map(|param| {
        let (wire, value) = (param.wire, value(param));
        quote! { .with(#wire, #value) }
    });
    let conversions = method
        .arguments
        .iter()
        .map(|param| conversion(model, param));
    let hooks = method.yaml.prepare.iter().map(|hook| {
        let hook = ident(hook.name());
        quote! { .prepare_with(prepare::#hook(self)) }
    });
    let search = method.yaml.lost_response.as_ref();
    let search = search.and_then(|lost| lost.find_with).map(|search| {
        let search = ident(search.name());
        quote! { .find_with(find::#search(self)) }
    });
    let function = ident(method.name);
    let endpoint = ident(&static_name(method.name));
    let returns = ident(&builder_name(method.name));
    let call = if method.options.is_empty() {
        let (_, constructor) = CallType::of(method).plain();
        quote! { #constructor::new(self.core(), &#endpoint)#(#values)*#(#hooks)* #search }
    } else {
        let request = quote! { Request::new(self.core(), &#endpoint)#(#values)*#(#hooks)* #search };
        let marker = method.alternative.map(|_| quote! { , PhantomData });
        quote! { #returns(#request #marker) }
    };
    quote! {
        #documentation
        #aliases
        #deprecated
        #[inline]
        pub fn #function(&self, #(#parameters),*) -> #returns {
            #(#conversions)*
            #call
        }
    }
}

/// The Rust type of an argument or setter.
pub(super) fn argument_type(model: &Model<'_>, ty: &TypeRef) -> TokenStream {
    match ty {
        TypeRef::String | TypeRef::Html | TypeRef::Url | TypeRef::Language | TypeRef::Secret => {
            quote! { impl Into<String> }
        }
        TypeRef::Bool | TypeRef::Flag => quote! { bool },
        TypeRef::Integer => quote! { u64 },
        TypeRef::Number => quote! { f64 },
        TypeRef::Seconds => quote! { Duration },
        TypeRef::DateTime => quote! { impl Into<Time> },
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
fn value(param: &ParamModel<'_>) -> TokenStream {
    let name = ident(&param.name);
    match param.yaml.sent_as {
        Some(JsonType::Integer) => quote! { integers(#name) },
        _ => quote! { #name },
    }
}

/// The statement that converts a generic argument into its type: `impl Into<T>` into `T`, and
/// `impl IntoIterator` into a list.
fn conversion(model: &Model<'_>, param: &ParamModel<'_>) -> Option<TokenStream> {
    let name = ident(&param.name);
    if let TypeRef::List(item) = param.ty {
        let ty = converted_type(model, item).unwrap_or_else(|| argument_type(model, item));
        return Some(quote! { let #name: Vec<#ty> = list(#name); });
    }
    // A `Value` needs no conversion: it is what parameters are converted into.
    let ty = match param.ty {
        TypeRef::Json | TypeRef::MapOf(_) => None,
        ty => converted_type(model, ty),
    }?;
    Some(quote! { let #name: #ty = #name.into(); })
}

/// The type `T` of an argument that is given as `impl Into<T>`.
fn converted_type(model: &Model<'_>, ty: &TypeRef) -> Option<TokenStream> {
    match ty {
        TypeRef::String | TypeRef::Html | TypeRef::Url | TypeRef::Language | TypeRef::Secret => {
            Some(quote! { String })
        }
        TypeRef::DateTime => Some(quote! { Time }),
        TypeRef::File => Some(quote! { Upload }),
        TypeRef::Json | TypeRef::MapOf(_) => Some(quote! { Value }),
        TypeRef::Named(name) if model.kind(name) != Some(Kind::Input) => {
            let name = ident(&type_name(name));
            Some(quote! { #name })
        }
        _ => None,
    }
}

/// The call type of a method: a struct with setters, or an alias if the method has no options. The alias has a
/// name of its own, so that an option can be added later without a breaking change.
fn call_type(model: &Model<'_>, method: &MethodModel<'_>) -> TokenStream {
    let name = ident(&builder_name(method.name));
    let call = CallType::of(method);
    if method.options.is_empty() {
        let (plain, _) = call.plain();
        let about = docs([format!("Call of [`Mastodon::{}`].", method.name)]);
        return quote! { #about pub type #name = #plain; };
    }
    let about = docs([format!(
        "Call of [`Mastodon::{}`] with its options.",
        method.name
    )]);
    let must_use = quote! { #[must_use = "a call does nothing until it is awaited"] };
    if let Some((param, alternative)) = method.alternative {
        let (output, alternative) = (call.output(), rust_type(alternative));
        let setters = method.options.iter().map(|option| {
            if option.wire == param {
                converting_setter(model, option, &name, &alternative)
            } else {
                setter(model, option)
            }
        });
        return quote! {
            #about
            #must_use
            pub struct #name<T = #output>(pub(crate) Request, pub(crate) PhantomData<fn() -> T>);
            impl<T> #name<T> { #(#setters)* }
            generic_call_builder!(#name);
        };
    }
    let setters = method.options.iter().map(|option| setter(model, option));
    let awaitable = call.builder_macro(&name);
    quote! {
        #about
        #must_use
        #[derive(Clone, Debug)]
        pub struct #name(pub(crate) Request);
        impl #name { #(#setters)* }
        #awaitable
    }
}

/// The setter of a parameter that changes the response type of the call.
fn converting_setter(
    model: &Model<'_>,
    param: &ParamModel<'_>,
    call: &Ident,
    output: &TokenStream,
) -> TokenStream {
    let (name, wire) = (ident(&param.name), param.wire);
    let (ty, value) = (argument_type(model, param.ty), value(param));
    let (documentation, conversion) = (param_docs(model, param), conversion(model, param));
    let aliases = aliases(&param.yaml.search_words);
    let about = docs([format!(
        "The call then returns {}.",
        link(&output.to_string())
    )]);
    quote! {
        #documentation
        #[doc = ""]
        #about
        #aliases
        #[inline]
        pub fn #name(mut self, #name: #ty) -> #call<#output> {
            #conversion
            self.0.set(#wire, #value);
            #call(self.0, PhantomData)
        }
    }
}

fn setter(model: &Model<'_>, param: &ParamModel<'_>) -> TokenStream {
    let set = quote! { self.0.set };
    let (name, wire) = (ident(&param.name), param.wire);
    let aliases = aliases(&param.yaml.search_words);
    if *param.ty == TypeRef::Flag {
        let documentation = param_docs(model, param);
        return quote! {
            #documentation
            #aliases
            #[inline]
            pub fn #name(mut self, #name: bool) -> Self {
                #set(#wire, if #name { Value::Bool(true) } else { Value::Omit });
                self
            }
        };
    }
    let (documentation, ty, value) = (
        param_docs(model, param),
        argument_type(model, param.ty),
        value(param),
    );
    let conversion = conversion(model, param);
    let clear = param.yaml.nullable.then(|| {
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
        #aliases
        #[inline]
        pub fn #name(mut self, #name: #ty) -> Self {
            #conversion
            #set(#wire, #value);
            self
        }
        #clear
    }
}

fn input(model: &Model<'_>, group: &InputModel<'_>) -> TokenStream {
    let ty = ident(&type_name(group.name));
    let about = docs([prose(group.yaml.description.as_deref().unwrap_or_default())]);
    let aliases = aliases(&group.yaml.search_words);
    let (required, options) = group.partition();
    let parameters = required.iter().map(|param| {
        let (name, ty) = (ident(&param.name), argument_type(model, param.ty));
        quote! { #name: #ty }
    });
    let values = required.iter().map(|param| {
        let (wire, value) = (param.wire, value(param));
        quote! { .with(#wire, #value) }
    });
    let conversions = required.iter().map(|param| conversion(model, param));
    let listed: Vec<String> = required.iter().map(|param| list_item(param)).collect();
    let new_docs = if listed.is_empty() {
        docs(["Creates an empty parameter group.".to_owned()])
    } else {
        docs([
            "Creates the parameter group with its required parameters.".to_owned(),
            listed.join("\n"),
        ])
    };
    let setters = options.iter().map(|param| setter(model, param));
    let default = required.is_empty().then(|| {
        quote! {
            impl Default for #ty {
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    quote! {
        #about
        #aliases
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct #ty(pub(crate) Group);
        impl #ty {
            #new_docs
            pub fn new(#(#parameters),*) -> Self {
                #(#conversions)*
                Self(Group::new()#(#values)*)
            }
            #(#setters)*
            maybe_method!();
        }
        #default
        impl From<#ty> for Value {
            fn from(group: #ty) -> Self {
                group.0.into()
            }
        }
    }
}
