//! The streams and their events: what can be opened, what comes, and who is told of it.

mod events;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{auth, docs, life, page, prose};
use crate::ident;
use mastodon_spec::model::Model;
use mastodon_spec::names::{static_name, type_name, variant_name};
use mastodon_spec::yaml::{Method, MethodsFile, Stream, TypeRef};

/// Streams, events, and the listeners to them.
pub(super) fn streaming(model: &Model<'_>) -> TokenStream {
    let (channel, methods, events) = (channel(model), methods(model), events::events(model));
    quote! {
        use super::event::{CaughtUp, Disconnected, MalformedEvent, UnknownEvent, json};
        use super::listener::{Callback, Watcher, call};
        use super::open::StreamCall;
        use crate::error::Error;
        use crate::generated::prelude::*;

        #methods
        #channel
        #events
    }
}

/// What one stream needs beside its name, as a type of Rust.
fn argument(model: &Model<'_>, stream: &Stream) -> Option<(TokenStream, TypeRef)> {
    let wire = stream.param.as_deref()?;
    let (_, method) = method_of(model, stream)?;
    let ty = method.params.get(wire)?.ty.clone()?;
    Some((owned(&ty), ty))
}

fn owned(ty: &TypeRef) -> TokenStream {
    ty.named().map_or_else(
        || quote! { String },
        |name| {
            let name = ident(&type_name(name));
            quote! { #name }
        },
    )
}

fn method_of<'a>(model: &Model<'a>, stream: &Stream) -> Option<(&'a MethodsFile, &'a Method)> {
    let name = stream.method.as_deref()?;
    let files = model.spec.methods.values();
    files
        .filter_map(|file| Some((file, file.methods.get(name)?)))
        .next()
}

/// The streams as an enumeration, with what the runtime has to know of each.
fn channel(model: &Model<'_>) -> TokenStream {
    let streams = &model.spec.api.streams;
    let variant = |name: &str| ident(&variant_name(name, None));
    let mut variants = Vec::new();
    let mut names = Vec::new();
    let mut endpoints = Vec::new();
    let mut arguments = Vec::new();
    for (name, stream) in streams {
        let this = variant(name);
        let docs = docs([
            prose(stream.description.as_deref().unwrap_or_default()),
            life(stream.since.as_ref(), None, None),
        ]);
        let endpoint = ident(&static_name(stream.method.as_deref().unwrap_or_default()));
        let pattern = match (argument(model, stream), &stream.param) {
            (Some((ty, _)), Some(wire)) => {
                variants.push(quote! { #docs #this(#ty) });
                arguments.push(quote! { Self::#this(value) => Some((#wire, value.as_ref())) });
                quote! { Self::#this(_) }
            }
            _ => {
                variants.push(quote! { #docs #this });
                quote! { Self::#this }
            }
        };
        names.push(quote! { #pattern => #name });
        endpoints.push(quote! { #pattern => &#endpoint });
    }
    let media: Vec<_> = streams
        .iter()
        .filter(|(_, stream)| stream.only_media)
        .map(|(name, stream)| {
            let whole = streams.iter().find(|(_, other)| {
                other.method == stream.method && other.param == stream.param && !other.only_media
            });
            (variant(name), whole.map(|(name, _)| variant(name)))
        })
        .collect();
    let with_media = media.iter().filter_map(|(media, whole)| {
        let whole = whole.as_ref()?;
        Some(quote! { Self::#whole => Self::#media })
    });
    let only_media = media.iter().map(|(media, _)| quote! { Self::#media });
    let only_media = if media.is_empty() {
        quote! { false }
    } else {
        quote! { matches!(self, #(#only_media)|*) }
    };
    let argument = if arguments.is_empty() {
        quote! { None }
    } else {
        quote! { match self { #(#arguments,)* _ => None } }
    };
    quote! {
        /// What can be listened to.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Channel { #(#variants),* }

        impl Channel {
            /// The name that it has in the API.
            pub fn name(&self) -> &'static str {
                match self { #(#names),* }
            }

            /// Facts about the endpoint that opens it alone.
            pub fn endpoint(&self) -> &'static Endpoint {
                match self { #(#endpoints),* }
            }

            /// What it needs beside its name: the name of that, and its value.
            pub(crate) fn argument(&self) -> Option<(&'static str, &str)> {
                #argument
            }

            /// Whether it is what its endpoint opens when asked for statuses with media only.
            pub(crate) fn only_media(&self) -> bool {
                #only_media
            }

            /// The same with nothing but statuses with media, where there is such a stream.
            pub(crate) fn with_media(self) -> Self {
                match self { #(#with_media,)* other => other }
            }
        }
    }
}

/// The methods that open a stream.
fn methods(model: &Model<'_>) -> TokenStream {
    let streams = model.spec.api.streams.iter();
    let functions = streams.filter(|(_, stream)| !stream.only_media).filter_map(
        |(name, stream)| {
            let (file, method) = method_of(model, stream)?;
            let narrow = method.params.contains_key("only_media");
            let builder = if narrow {
                quote! { StreamCall<true> }
            } else {
                quote! { StreamCall }
            };
            let variant = ident(&variant_name(name, None));
            let function = ident(stream.method.as_deref()?);
            let (parameter, channel) = match argument(model, stream) {
                Some((ty, _)) => {
                    let value = ident(stream.param.as_deref()?);
                    (
                        quote! { #value: impl Into<#ty> },
                        quote! { Channel::#variant(#value.into()) },
                    )
                }
                None => (quote! {}, quote! { Channel::#variant }),
            };
            let docs = method_docs(file, stream, method);
            Some(quote! {
                #docs
                pub fn #function(&self, #parameter) -> #builder { StreamCall::new(self, #channel) }
            })
        },
    );
    quote! {
        /// # Streams
        ///
        /// Events as they happen.
        impl Mastodon { #(#functions)* }
    }
}

fn method_docs(file: &MethodsFile, stream: &Stream, method: &Method) -> TokenStream {
    let needs = stream.param.as_deref().and_then(|wire| {
        let does = method.params.get(wire)?.description.as_deref()?;
        Some(format!("- `{wire}`: {}", prose(does)))
    });
    let http = method.http.as_ref().map(ToString::to_string);
    let events: Vec<_> = stream
        .events
        .iter()
        .map(|event| format!("`{event}`"))
        .collect();
    docs([
        prose(method.summary.as_deref().unwrap_or_default()),
        "Awaiting the call opens the stream and returns an [`EventStream`](crate::EventStream)."
            .to_owned(),
        needs.unwrap_or_default(),
        format!("Events: {}.", events.join(", ")),
        format!(
            "`{}`. {} {}",
            http.unwrap_or_default(),
            method.auth.as_ref().map(auth).unwrap_or_default(),
            life(method.since.as_ref(), None, None)
        ),
        file.docs
            .as_deref()
            .map(|docs| {
                format!(
                    "Mastodon's documentation: {}",
                    page(docs, method.docs.as_deref())
                )
            })
            .unwrap_or_default(),
    ])
}
