//! Emits the events of streams, the listener trait, and the listener made of closures.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::owned;
use crate::docs::{docs, prose, versions};
use crate::ident;
use mastodon_spec::model::{Kind, Model};
use mastodon_spec::names::variant_name;
use mastodon_spec::yaml::{Event, TypeRef};

/// The events, the trait of listeners, and the listener made of closures.
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

/// A variant of `StreamEvent`: an event of the API, or a change of the connection.
struct Variant {
    /// The name on the wire, where it is an event of the API.
    wire: Option<String>,
    variant: proc_macro2::Ident,
    method: proc_macro2::Ident,
    /// The type that the variant holds.
    payload: Option<TokenStream>,
    /// Whether the variant holds a `Box`.
    boxed: bool,
    is_plain_text: bool,
    docs: TokenStream,
}

impl Variant {
    fn of_api(model: &Model<'_>, name: &str, event: &Event) -> Self {
        let plain = |ty: &TypeRef| {
            ty.named()
                .is_none_or(|name| model.kind(name) == Some(Kind::Id))
        };
        Self {
            wire: Some(name.to_owned()),
            variant: ident(&variant_name(name, None)),
            method: format_ident!("on_{}", name.replace('.', "_")),
            payload: event.payload.as_ref().map(owned),
            boxed: event.payload.as_ref().is_some_and(|ty| !plain(ty)),
            is_plain_text: event.plain_text,
            docs: docs([
                prose(event.description.as_deref().unwrap_or_default()),
                versions(event.since.as_ref(), None, None),
            ]),
        }
    }

    fn of_connection(
        variant: &str,
        method: &str,
        payload: Option<TokenStream>,
        about: &str,
    ) -> Self {
        Self {
            wire: None,
            variant: ident(variant),
            method: ident(method),
            payload,
            boxed: false,
            is_plain_text: false,
            docs: docs([about.to_owned()]),
        }
    }
}

/// All variants: the events of the API in the order of the specification, then those of the connection.
fn variants(model: &Model<'_>) -> Vec<Variant> {
    let of_api = model.spec.api.events.iter();
    let mut variants: Vec<_> = of_api
        .map(|(name, event)| Variant::of_api(model, name, event))
        .collect();
    variants.extend([
        Variant::of_connection(
            "Unknown",
            "on_unknown_event",
            Some(quote! { UnknownEvent }),
            "An event that this version of the SDK does not know.",
        ),
        Variant::of_connection(
            "Malformed",
            "on_malformed_event",
            Some(quote! { MalformedEvent }),
            "An event that could not be decoded. The stream continues.",
        ),
        Variant::of_connection("Connected", "on_connected", None, "The connection is open."),
        Variant::of_connection(
            "Disconnected",
            "on_disconnected",
            Some(quote! { Disconnected }),
            "The connection was lost; the stream reconnects.",
        ),
        Variant::of_connection(
            "CatchingUp",
            "on_catching_up",
            None,
            "The following events, until `CaughtUp`, happened while the stream was disconnected.",
        ),
        Variant::of_connection(
            "CaughtUp",
            "on_caught_up",
            Some(quote! { CaughtUp }),
            "All events missed while disconnected have been delivered; the following events are live.",
        ),
        Variant::of_connection(
            "Lagged",
            "on_lagged",
            Some(quote! { u64 }),
            "This many events were dropped because the application did not receive them in time.",
        ),
        Variant::of_connection("Heartbeat", "on_heartbeat", None, "The server sent a heartbeat."),
    ]);
    variants
}

fn event(model: &Model<'_>, variants: &[Variant]) -> TokenStream {
    let of_api = model.spec.api.events.len();
    let definitions = variants.iter().map(|item| {
        let Variant {
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
    let reads = variants.iter().take(of_api).map(|item| {
        let Variant {
            wire,
            variant,
            payload,
            boxed,
            is_plain_text,
            ..
        } = item;
        match payload {
            None => quote! { #wire => Self::#variant },
            Some(_) if *is_plain_text => quote! { #wire => Self::#variant(payload.into()) },
            Some(_) if *boxed => {
                quote! { #wire => Self::#variant(Box::new(json(endpoint, payload)?)) }
            }
            Some(_) => quote! { #wire => Self::#variant(json(endpoint, payload)?) },
        }
    });
    let names = variants.iter().take(of_api).map(|item| {
        let Variant {
            wire,
            variant,
            payload,
            ..
        } = item;
        match payload {
            None => quote! { Self::#variant => Some(#wire) },
            Some(_) => quote! { Self::#variant(_) => Some(#wire) },
        }
    });
    quote! {
        /// An item of a stream: an event of the API, or a change of the connection.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum StreamEvent { #(#definitions),* }

        impl StreamEvent {
            /// The name of the event in the API; `None` for changes of the connection.
            pub fn name(&self) -> Option<&str> {
                match self {
                    #(#names,)*
                    Self::Unknown(event) => Some(&event.name),
                    Self::Malformed(event) => Some(&event.name),
                    _ => None,
                }
            }

            /// Decodes the payload of the named event.
            pub(crate) fn read(endpoint: &'static Endpoint, name: &str, payload: &str) -> Result<Self, Error> {
                Ok(match name {
                    #(#reads,)*
                    _ => Self::Unknown(UnknownEvent { name: name.to_owned(), payload: payload.to_owned() }),
                })
            }
        }
    }
}

/// The trait with one method per event.
fn listener(variants: &[Variant]) -> TokenStream {
    let methods = variants.iter().map(|item| {
        let Variant {
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
        let Variant {
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
        /// Handles the events of a stream, one method per event. The default methods do nothing.
        ///
        /// Implement the methods as `async fn`. The next event is handled after the method returns.
        pub trait StreamListener: Send {
            #(#methods)*

            /// Any event, before its own method is called.
            fn on_any_event(&mut self, _event: &StreamEvent) -> impl Future<Output = ()> + Send { async {} }

            /// The stream ended with this error and does not reconnect.
            fn on_abort(&mut self, _error: &Error) -> impl Future<Output = ()> + Send { async {} }
        }

        impl StreamEvent {
            /// Calls the listener's method for this event.
            pub(crate) async fn tell<L: StreamListener + ?Sized>(self, listener: &mut L) {
                listener.on_any_event(&self).await;
                match self { #(#arms),* }
            }
        }
    }
}

/// The listener made of closures.
fn callbacks(variants: &[Variant]) -> TokenStream {
    let given = |item: &Variant| item.payload.clone().unwrap_or_else(|| quote! { () });
    let fields = variants.iter().map(|item| {
        let (method, ty) = (&item.method, given(item));
        quote! { #method: Callback<#ty> }
    });
    let setters = variants.iter().map(|item| {
        let Variant {
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
        let Variant {
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
        /// A [`StreamListener`] made of closures, each of which returns a future.
        #[derive(Default)]
        #[must_use]
        pub struct StreamCallbacks {
            #(#fields,)*
            on_any_event: Watcher<StreamEvent>,
            on_abort: Watcher<Error>,
        }

        impl StreamCallbacks {
            /// Creates a listener that does nothing.
            pub fn new() -> Self {
                Self::default()
            }

            #(#setters)*

            /// Any event, before its own closure is called.
            pub fn on_any_event(mut self, callback: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
                self.on_any_event = Some(Box::new(callback));
                self
            }

            /// The stream ended with this error and does not reconnect.
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
