//! Emits the streaming API: channels, the methods that open them, events and listeners.

mod events;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{aliases, auth, docs, links, prose};
use super::methods::list_item;
use super::rust::plain;
use super::servers::{self, support};
use crate::{ident, samples};
use mastodon_layout::table::{With, call, path, text, texts};
use mastodon_spec::model::{MethodModel, Model, ParamModel, Resource};
use mastodon_spec::names::{builder_name, static_name, type_name, variant_name};
use mastodon_spec::reference::resource_page;
use mastodon_spec::yaml::{Event, Stream, Supported, TypeRef};

/// Emits channels, methods, events and listeners.
pub(super) fn streaming(model: &Model<'_>) -> TokenStream {
    let (channel, methods, events) = (channel(model), methods(model), events::events(model));
    let (endpoints, servers) = (websocket_endpoints(model), servers::streaming(model));
    quote! {
        use crate::error::Error;
        use super::prelude::*;
        use super::stream::event::{
            Backfilled, Disconnected, EventDecoder, MalformedEvent, UnknownEvent, decode_payload,
        };
        use super::stream::listener::{Callback, Observer, call};
        use super::stream::open::{MediaFilter, StreamCall};
        use super::support::TokenLocation;
        use calls::*;

        #methods
        #endpoints
        #channel
        #events
        #servers
    }
}

/// What is emitted for a stream, for comparing two versions of the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSignature {
    /// The variant of `Channel`.
    pub variant: String,
    /// The type of its value.
    pub argument: Option<String>,
    /// The function that opens it, and its call type; none if the option of another function opens it.
    pub function: Option<(String, String)>,
    /// Whether the call has the option `only_media`.
    pub has_only_media: bool,
}

/// What is emitted for an event, for comparing two versions of the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSignature {
    /// The variant of `StreamEvent`.
    pub variant: String,
    /// The method of `StreamListener` and of `StreamCallbacks`.
    pub method: String,
    /// The type of the payload, as the variant stores it.
    pub payload: Option<String>,
}

pub(super) fn signature(model: &Model<'_>, name: &str, stream: &Stream) -> StreamSignature {
    let function = function_name(stream);
    StreamSignature {
        variant: variant_name(name, None),
        argument: argument(model, stream).map(|ty| plain(&ty)),
        function: is_opened_by_function(model, stream)
            .then(|| (function.to_owned(), builder_name(function))),
        has_only_media: has_only_media(model, stream),
    }
}

pub(super) fn event_signature(model: &Model<'_>, name: &str, event: &Event) -> EventSignature {
    let (variant, method, payload) = events::signature(model, name, event);
    EventSignature {
        variant,
        method,
        payload: payload.map(|ty| plain(&ty)),
    }
}

/// Whether it has a function of its own.
fn is_opened_by_function(model: &Model<'_>, stream: &Stream) -> bool {
    !stream.only_media && (stream.function.is_some() || method_of(model, stream).is_some())
}

/// Whether the method that opens it can limit it to statuses with media.
fn has_only_media(model: &Model<'_>, stream: &Stream) -> bool {
    method_of(model, stream)
        .is_some_and(|method| method.params.iter().any(|param| param.wire == "only_media"))
}

/// The parameter that a stream needs besides its name, as a Rust type.
fn argument(model: &Model<'_>, stream: &Stream) -> Option<TokenStream> {
    match &stream.function {
        Some(_) => stream.param.as_ref().map(|_| quote! { String }),
        None => Some(owned(param_of(model, stream)?.ty)),
    }
}

/// The name of the function that opens a stream.
fn function_name(stream: &Stream) -> &str {
    let name = stream.function.as_deref().or(stream.method.as_deref());
    name.unwrap_or_default()
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

/// The endpoints of streams that only WebSockets offer. They name the function in errors.
fn websocket_endpoints(model: &Model<'_>) -> TokenStream {
    let streams = model.spec.api.streams.values();
    let endpoints = streams.filter_map(|stream| {
        let function = stream.function.as_deref()?;
        let name = ident(&static_name(function));
        let route = [
            text(function),
            path("Method::GET"),
            text("/api/v1/streaming"),
        ];
        let (support, servers) = support(&stream.on, stream.is_only_on());
        let endpoint = call("Endpoint::new", route)
            .with(support, servers)
            .with("auth", Some([path("Auth::User")]))
            .with("scopes", Some([texts(model.stream_scopes(stream))]));
        Some(quote! { static #name: Endpoint = #endpoint; })
    });
    quote! { #(#endpoints)* }
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
            prose(&model.support(stream)),
        ]);
        let endpoint = ident(&static_name(function_name(stream)));
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
        .filter(|(_, stream)| stream.only_media && stream.method.is_some())
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
    let websocket_only = streams.iter().filter(|(_, stream)| stream.method.is_none());
    let websocket_only: Vec<_> = websocket_only
        .map(|(name, stream)| {
            let variant = variant(name);
            let argument = argument(model, stream).map(|_| quote! { (_) });
            quote! { Self::#variant #argument }
        })
        .collect();
    let websocket_only = if websocket_only.is_empty() {
        quote! { false }
    } else {
        quote! { matches!(self, #(#websocket_only)|*) }
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

            /// Returns whether the channel is offered over WebSockets only.
            pub(crate) fn is_websocket_only(&self) -> bool {
                #websocket_only
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
    let opened = streams
        .filter(|(_, stream)| is_opened_by_function(model, stream))
        .filter_map(|(name, stream)| {
            let method = method_of(model, stream);
            let options = has_only_media(model, stream).then(|| quote! { <MediaFilter> });
            let call = ident(&builder_name(function_name(stream)));
            let about = format!(
                "Call of [`Mastodon::{0}`](crate::Mastodon::{0}).",
                function_name(stream)
            );
            let about = docs([about]);
            let alias = quote! { #about pub type #call = StreamCall #options; };
            let variant = ident(&variant_name(name, None));
            let function = ident(function_name(stream));
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
            let docs = match method {
                Some(method) => method_docs(model, stream, method),
                None => function_docs(model, stream),
            };
            let aliases = method.and_then(|method| aliases(&method.yaml.search_words));
            let function = quote! {
                #docs
                #aliases
                pub fn #function(&self, #parameter) -> #call { StreamCall::new(self, #channel) }
            };
            Some((function, alias))
        });
    let (functions, aliases): (Vec<_>, Vec<_>) = opened.unzip();
    quote! {
        /// # Streaming
        ///
        /// Server events in real time.
        impl Mastodon { #(#functions)* }

        /// Call types of the streams. Each has a name of its own, so that a stream can get options later.
        pub(super) mod calls {
            use super::{MediaFilter, StreamCall};

            #(#aliases)*
        }
    }
}

/// The documentation of a function whose stream only WebSockets offer.
fn function_docs(model: &Model<'_>, stream: &Stream) -> TokenStream {
    docs([
        prose(stream.description.as_deref().unwrap_or_default()),
        OPENS.to_owned(),
        format!("Events: {}.", events_of(stream)),
        format!(
            "Offered over WebSockets only. {}",
            prose(&model.support(stream))
        ),
        samples::stream_documentation(model, stream),
    ])
}

fn events_of(stream: &Stream) -> String {
    let events = stream.events.iter();
    let events: Vec<_> = events.map(|event| format!("`{event}`")).collect();
    events.join(", ")
}

/// What the functions return.
const OPENS: &str = "Awaiting the call opens the stream and returns an [`EventStream`](crate::streaming::EventStream).";

fn method_docs(model: &Model<'_>, stream: &Stream, method: &MethodModel<'_>) -> TokenStream {
    let argument = param_of(model, stream).map(list_item);
    let mut resources = model.resources().iter();
    let is_here = |own: &&Resource<'_>| own.methods.iter().any(|other| other.name == method.name);
    let page = resources.find(is_here).map(|own| resource_page(own.name));
    let page = page.unwrap_or_default();
    docs([
        prose(method.yaml.summary.as_deref().unwrap_or_default()),
        OPENS.to_owned(),
        argument.unwrap_or_default(),
        format!("Events: {}.", events_of(stream)),
        format!(
            "`{} {}`. {} {}",
            method.http_method.as_str(),
            method.path,
            auth(method.auth, method.scopes),
            prose(&model.support(method.yaml))
        ),
        links(&page, method.name, method.docs_url.as_deref()),
        samples::documentation(model, method),
    ])
}
