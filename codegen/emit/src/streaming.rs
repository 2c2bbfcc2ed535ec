//! Emits the streaming API: channels, the methods that open them, events and listeners.

mod events;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{auth, docs, docs_link, prose, versions};
use super::methods::list_item;
use crate::ident;
use mastodon_spec::model::{MethodModel, Model, ParamModel};
use mastodon_spec::names::{static_name, type_name, variant_name};
use mastodon_spec::yaml::{Stream, TypeRef};

/// Emits channels, methods, events and listeners.
pub(super) fn streaming(model: &Model<'_>) -> TokenStream {
    let (channel, methods, events) = (channel(model), methods(model), events::events(model));
    quote! {
        use crate::error::Error;
        use super::prelude::*;
        use super::stream::event::{
            Backfilled, Disconnected, MalformedEvent, UnknownEvent, decode_payload,
        };
        use super::stream::listener::{Callback, Observer, call};
        use super::stream::open::StreamCall;

        #methods
        #channel
        #events
    }
}

/// The parameter that a stream needs besides its name, as a Rust type.
fn argument(model: &Model<'_>, stream: &Stream) -> Option<TokenStream> {
    let param = param_of(model, stream)?;
    Some(owned(param.ty))
}

fn param_of<'m, 'a>(model: &'m Model<'a>, stream: &Stream) -> Option<&'m ParamModel<'a>> {
    let (wire, method) = (stream.param.as_deref()?, method_of(model, stream)?);
    method.params.iter().find(|param| param.wire == wire)
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

fn method_of<'m, 'a>(model: &'m Model<'a>, stream: &Stream) -> Option<&'m MethodModel<'a>> {
    model.method(stream.method.as_deref()?)
}

/// Emits the enum of channels, with the data that the runtime needs.
fn channel(model: &Model<'_>) -> TokenStream {
    let streams = &model.spec.api.streams;
    let variant = |name: &str| ident(&variant_name(name, None));
    let mut variants = Vec::new();
    let mut names = Vec::new();
    let mut endpoints = Vec::new();
    let mut arguments = Vec::new();
    for (name, stream) in streams {
        let variant = variant(name);
        let docs = docs([
            prose(stream.description.as_deref().unwrap_or_default()),
            versions(stream.since.as_ref(), None, None),
        ]);
        let endpoint = ident(&static_name(stream.method.as_deref().unwrap_or_default()));
        let pattern = match (argument(model, stream), &stream.param) {
            (Some(ty), Some(wire)) => {
                variants.push(quote! { #docs #variant(#ty) });
                arguments.push(quote! { Self::#variant(value) => Some((#wire, value.as_ref())) });
                quote! { Self::#variant(_) }
            }
            _ => {
                variants.push(quote! { #docs #variant });
                quote! { Self::#variant }
            }
        };
        names.push(quote! { #pattern => #name });
        endpoints.push(quote! { #pattern => &#endpoint });
    }
    let media: Vec<_> = streams
        .iter()
        .filter(|(_, stream)| stream.only_media)
        .map(|(name, stream)| {
            let unrestricted = streams.iter().find(|(_, other)| {
                other.method == stream.method && other.param == stream.param && !other.only_media
            });
            (variant(name), unrestricted.map(|(name, _)| variant(name)))
        })
        .collect();
    let with_media = media.iter().filter_map(|(media, unrestricted)| {
        let unrestricted = unrestricted.as_ref()?;
        Some(quote! { Self::#unrestricted => Self::#media })
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
        /// A channel of the streaming API.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Channel { #(#variants),* }

        impl Channel {
            /// Returns the name of the channel in the API.
            pub fn name(&self) -> &'static str {
                match self { #(#names),* }
            }

            /// Returns the endpoint that opens the channel over server-sent events.
            pub fn endpoint(&self) -> &'static Endpoint {
                match self { #(#endpoints),* }
            }

            /// Returns the name and value of the channel's parameter, if it has one.
            pub(crate) fn argument(&self) -> Option<(&'static str, &str)> {
                #argument
            }

            /// Returns whether the channel is limited to statuses with media.
            pub(crate) fn only_media(&self) -> bool {
                #only_media
            }

            /// Returns the channel limited to statuses with media, or the channel itself if there is none.
            pub(crate) fn with_media(self) -> Self {
                match self { #(#with_media,)* other => other }
            }
        }
    }
}

/// Emits the methods that open a stream.
fn methods(model: &Model<'_>) -> TokenStream {
    let streams = model.spec.api.streams.iter();
    let functions = streams.filter(|(_, stream)| !stream.only_media).filter_map(
        |(name, stream)| {
            let method = method_of(model, stream)?;
            let has_only_media = method.params.iter().any(|param| param.wire == "only_media");
            let builder = if has_only_media {
                quote! { StreamCall<true> }
            } else {
                quote! { StreamCall }
            };
            let variant = ident(&variant_name(name, None));
            let function = ident(stream.method.as_deref()?);
            let (parameter, channel) = match argument(model, stream) {
                Some(ty) => {
                    let value = ident(stream.param.as_deref()?);
                    (
                        quote! { #value: impl Into<#ty> },
                        quote! { Channel::#variant(#value.into()) },
                    )
                }
                None => (quote! {}, quote! { Channel::#variant }),
            };
            let docs = method_docs(model, stream, method);
            Some(quote! {
                #docs
                pub fn #function(&self, #parameter) -> #builder { StreamCall::new(self, #channel) }
            })
        },
    );
    quote! {
        /// # Streaming
        ///
        /// Server events in real time.
        impl Mastodon { #(#functions)* }
    }
}

fn method_docs(model: &Model<'_>, stream: &Stream, method: &MethodModel<'_>) -> TokenStream {
    let argument = param_of(model, stream).map(list_item);
    let events: Vec<_> = stream
        .events
        .iter()
        .map(|event| format!("`{event}`"))
        .collect();
    docs([
        prose(method.yaml.summary.as_deref().unwrap_or_default()),
        "Awaiting the call opens the stream and returns an [`EventStream`](crate::streaming::EventStream)."
            .to_owned(),
        argument.unwrap_or_default(),
        format!("Events: {}.", events.join(", ")),
        format!(
            "`{} {}`. {} {}",
            method.http_method.as_str(),
            method.path,
            auth(method.auth, method.scopes),
            versions(method.yaml.since.as_ref(), None, None)
        ),
        docs_link(method.docs_url.as_deref()),
    ])
}
