//! Emits stream events, the listener trait and the listener made of closures.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::owned;
use crate::docs::{docs, prose};
use crate::ident;
use mastodon_spec::model::{Kind, Model};
use mastodon_spec::names::variant_name;
use mastodon_spec::yaml::{Event, TypeRef};

/// Emits the event enum, the listener trait and the listener made of closures.
pub(super) fn events(model: &Model<'_>) -> TokenStream {
    let variants = variants(model);
    let event = event(model, &variants);
    let (listener, callbacks) = (listener(&variants), callbacks(&variants));
    quote! {
        #event
        #listener
        #callbacks
    }
}

/// A variant of the event enum: an event of the API, or a change in the state of the stream.
struct EventVariant {
    /// Name in the API. `None` for a change in the state of the stream.
    api_name: Option<String>,
    variant: proc_macro2::Ident,
    method: proc_macro2::Ident,
    /// Type of the payload that a listener receives.
    payload: Option<TokenStream>,
    /// Whether the enum stores the payload in a `Box`.
    boxed: bool,
    /// Whether the payload is plain text instead of JSON.
    plain_text: bool,
    docs: TokenStream,
}

impl EventVariant {
    fn for_api_event(model: &Model<'_>, name: &str, event: &Event) -> Self {
        let is_small = |ty: &TypeRef| {
            ty.named()
                .is_none_or(|name| model.kind(name) == Some(Kind::Id))
        };
        Self {
            api_name: Some(name.to_owned()),
            variant: ident(&variant_name(name, None)),
            method: format_ident!("on_{}", name.replace(['.', ':'], "_")),
            payload: event.payload.as_ref().map(owned),
            boxed: event.payload.as_ref().is_some_and(|ty| !is_small(ty)),
            plain_text: event.plain_text,
            docs: docs([
                prose(event.description.as_deref().unwrap_or_default()),
                prose(&model.support(event)),
            ]),
        }
    }

    fn for_stream_state(
        variant: &str,
        method: &str,
        payload: Option<TokenStream>,
        summary: &str,
    ) -> Self {
        Self {
            api_name: None,
            variant: ident(variant),
            method: ident(method),
            payload,
            boxed: false,
            plain_text: false,
            docs: docs([summary.to_owned()]),
        }
    }
}

/// The variant, the method, and the payload as the variant stores it.
pub(super) fn signature(
    model: &Model<'_>,
    name: &str,
    event: &Event,
) -> (String, String, Option<TokenStream>) {
    let item = EventVariant::for_api_event(model, name, event);
    let payload = item.payload.map(|ty| match item.boxed {
        true => quote! { Box<#ty> },
        false => ty,
    });
    (item.variant.to_string(), item.method.to_string(), payload)
}

/// The variants: API events in the order of the specification, then changes in the state of the stream.
fn variants(model: &Model<'_>) -> Vec<EventVariant> {
    let api_events = model.spec.api.events.iter();
    let mut variants: Vec<_> = api_events
        .map(|(name, event)| EventVariant::for_api_event(model, name, event))
        .collect();
    variants.extend([
        EventVariant::for_stream_state(
            "Unknown",
            "on_unknown_event",
            Some(quote! { UnknownEvent }),
            "An event that this version of the SDK does not know.",
        ),
        EventVariant::for_stream_state(
            "Malformed",
            "on_malformed_event",
            Some(quote! { MalformedEvent }),
            "An event that cannot be decoded. The stream continues.",
        ),
        EventVariant::for_stream_state("Connected", "on_connected", None, "The stream is connected."),
        EventVariant::for_stream_state(
            "Disconnected",
            "on_disconnected",
            Some(quote! { Disconnected }),
            "The connection was lost. The stream reconnects.",
        ),
        EventVariant::for_stream_state(
            "Backfilling",
            "on_backfilling",
            None,
            "A backfill started: missed events follow until `Backfilled`.",
        ),
        EventVariant::for_stream_state(
            "Backfilled",
            "on_backfilled",
            Some(quote! { Backfilled }),
            "The backfill is complete: live events follow.",
        ),
        EventVariant::for_stream_state(
            "Lagged",
            "on_lagged",
            Some(quote! { u64 }),
            "Events were dropped because the application did not process them in time. Contains their number.",
        ),
        EventVariant::for_stream_state("Heartbeat", "on_heartbeat", None, "The server sent a heartbeat."),
    ]);
    variants
}

fn event(model: &Model<'_>, variants: &[EventVariant]) -> TokenStream {
    let api_event_count = model.spec.api.events.len();
    let enum_variants = variants.iter().map(|item| {
        let EventVariant {
            variant,
            payload,
            boxed,
            docs,
            ..
        } = item;
        match payload {
            None => quote! { #docs #variant },
            Some(ty) if *boxed => quote! { #docs #variant(Box<#ty>) },
            Some(ty) => quote! { #docs #variant(#ty) },
        }
    });
    let decode_arms = variants.iter().take(api_event_count).map(|item| {
        let EventVariant {
            api_name,
            variant,
            payload,
            boxed,
            plain_text,
            ..
        } = item;
        match payload {
            None => quote! { #api_name => Self::#variant },
            Some(_) if *plain_text => quote! { #api_name => Self::#variant(payload.into()) },
            Some(_) if *boxed => {
                quote! { #api_name => Self::#variant(Box::new(decode_payload(decoder, payload)?)) }
            }
            Some(_) => quote! { #api_name => Self::#variant(decode_payload(decoder, payload)?) },
        }
    });
    let name_arms = variants.iter().take(api_event_count).map(|item| {
        let EventVariant {
            api_name,
            variant,
            payload,
            ..
        } = item;
        match payload {
            None => quote! { Self::#variant => Some(#api_name) },
            Some(_) => quote! { Self::#variant(_) => Some(#api_name) },
        }
    });
    quote! {
        /// An event of the API, or a change in the state of the stream.
        ///
        /// Tests make events of the samples of entities, with the Cargo feature `test-util`:
        ///
        /// ```
        /// use mastodon_sdk::Status;
        /// use mastodon_sdk::streaming::StreamEvent;
        ///
        /// let event = StreamEvent::Update(Box::new(Status::sample()));
        /// ```
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum StreamEvent { #(#enum_variants),* }

        impl StreamEvent {
            /// Returns the name of the event in the API, or `None` for a change in the state of the stream.
            pub fn name(&self) -> Option<&str> {
                match self {
                    #(#name_arms,)*
                    Self::Unknown(event) => Some(&event.name),
                    Self::Malformed(event) => Some(&event.name),
                    _ => None,
                }
            }

            /// Decodes the event with this name.
            pub(crate) fn decode(decoder: EventDecoder, name: &str, payload: &str) -> Result<Self, Error> {
                Ok(match name {
                    #(#decode_arms,)*
                    _ => Self::Unknown(UnknownEvent { name: name.to_owned(), payload: payload.to_owned() }),
                })
            }
        }
    }
}

/// Emits the listener trait, with one method per event.
fn listener(variants: &[EventVariant]) -> TokenStream {
    let methods = variants.iter().map(|item| {
        let EventVariant {
            method,
            payload,
            docs,
            ..
        } = item;
        let parameter = payload.as_ref().map(|ty| quote! { _event: #ty });
        quote! {
            #docs
            fn #method(&mut self, #parameter) -> impl Future<Output = ()> + Send { async {} }
        }
    });
    let arms = variants.iter().map(|item| {
        let EventVariant {
            variant,
            method,
            payload,
            boxed,
            ..
        } = item;
        match payload {
            None => quote! { Self::#variant => { listener.#method().await; } },
            Some(_) if *boxed => {
                quote! { Self::#variant(event) => { listener.#method(*event).await; } }
            }
            Some(_) => quote! { Self::#variant(event) => { listener.#method(event).await; } },
        }
    });
    quote! {
        /// Receives the events of a stream, one method per event. The default methods do nothing.
        ///
        /// Implement the methods as `async fn`. The next event waits until the method returns.
        pub trait StreamListener: Send {
            #(#methods)*

            /// Called for every event, before the method for that event.
            fn on_any_event(&mut self, _event: &StreamEvent) -> impl Future<Output = ()> + Send { async {} }

            /// The stream ended with this error.
            fn on_abort(&mut self, _error: &Error) -> impl Future<Output = ()> + Send { async {} }
        }

        impl StreamEvent {
            /// Calls the listener's method for this event.
            pub(crate) async fn dispatch<L: StreamListener + ?Sized>(self, listener: &mut L) {
                listener.on_any_event(&self).await;
                match self { #(#arms),* }
            }
        }
    }
}

/// Emits the listener made of closures.
fn callbacks(variants: &[EventVariant]) -> TokenStream {
    let payload_type = |item: &EventVariant| item.payload.clone().unwrap_or_else(|| quote! { () });
    let fields = variants.iter().map(|item| {
        let (method, ty) = (&item.method, payload_type(item));
        quote! { #method: Callback<#ty> }
    });
    let setters = variants.iter().map(|item| {
        let EventVariant {
            method,
            payload,
            docs,
            ..
        } = item;
        let (bound, wrapped) = match payload {
            Some(ty) => (
                quote! { FnMut(#ty) -> F },
                quote! { Box::pin(callback(event)) },
            ),
            None => (quote! { FnMut() -> F }, quote! { Box::pin(callback()) }),
        };
        let event = payload
            .as_ref()
            .map_or_else(|| quote! { () }, |_| quote! { event });
        quote! {
            #docs
            pub fn #method<F>(mut self, mut callback: impl #bound + Send + 'static) -> Self
            where
                F: Future<Output = ()> + Send + 'static,
            {
                self.#method = Some(Box::new(move |#event| #wrapped));
                self
            }
        }
    });
    let methods = variants.iter().map(|item| {
        let EventVariant {
            method, payload, ..
        } = item;
        let (parameter, event) = match payload {
            Some(ty) => (Some(quote! { event: #ty }), quote! { event }),
            None => (None, quote! { () }),
        };
        quote! {
            async fn #method(&mut self, #parameter) { call(&mut self.#method, #event).await; }
        }
    });
    quote! {
        /// A [`StreamListener`] made of closures. Each closure returns a future.
        #[derive(Default)]
        #[must_use]
        pub struct StreamCallbacks {
            #(#fields,)*
            on_any_event: Observer<StreamEvent>,
            on_abort: Observer<Error>,
        }

        impl StreamCallbacks {
            /// Creates a listener without closures.
            pub fn new() -> Self {
                Self::default()
            }

            #(#setters)*

            /// Called for every event, before the closure for that event.
            pub fn on_any_event(mut self, callback: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
                self.on_any_event = Some(Box::new(callback));
                self
            }

            /// The stream ended with this error.
            pub fn on_abort(mut self, callback: impl FnMut(&Error) + Send + 'static) -> Self {
                self.on_abort = Some(Box::new(callback));
                self
            }
        }

        impl StreamListener for StreamCallbacks {
            #(#methods)*

            async fn on_any_event(&mut self, event: &StreamEvent) {
                if let Some(callback) = &mut self.on_any_event {
                    callback(event);
                }
            }

            async fn on_abort(&mut self, error: &Error) {
                if let Some(callback) = &mut self.on_abort {
                    callback(error);
                }
            }
        }

        impl std::fmt::Debug for StreamCallbacks {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("StreamCallbacks").finish_non_exhaustive()
            }
        }
    }
}
