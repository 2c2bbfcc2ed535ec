//! What streams tell, and those who are told.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::owned;
use crate::docs::{docs, life, prose};
use crate::ident;
use mastodon_spec::model::{Kind, Model};
use mastodon_spec::names::variant_name;
use mastodon_spec::yaml::{Event, TypeRef};

/// The events, the trait of listeners, and the listener made of closures.
pub(super) fn events(model: &Model<'_>) -> TokenStream {
    let moments = moments(model);
    let event = event(model, &moments);
    let (listener, callbacks) = (listener(&moments), callbacks(&moments));
    quote! {
        #event
        #listener
        #callbacks
    }
}

/// Something that a stream tells: an event of the API, or how the stream itself fares.
struct Moment {
    /// The name on the wire, where it is an event of the API.
    wire: Option<String>,
    variant: proc_macro2::Ident,
    method: proc_macro2::Ident,
    /// What a listener is given.
    payload: Option<TokenStream>,
    /// Whether the event holds it in a box.
    boxed: bool,
    bare: bool,
    docs: TokenStream,
}

impl Moment {
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
            bare: event.plain_text,
            docs: docs([
                prose(event.description.as_deref().unwrap_or_default()),
                life(event.since.as_ref(), None, None),
            ]),
        }
    }

    fn of_stream(variant: &str, method: &str, payload: Option<TokenStream>, about: &str) -> Self {
        Self {
            wire: None,
            variant: ident(variant),
            method: ident(method),
            payload,
            boxed: false,
            bare: false,
            docs: docs([about.to_owned()]),
        }
    }
}

/// All moments: those of the API in the order of the specification, then the runtime's own.
fn moments(model: &Model<'_>) -> Vec<Moment> {
    let of_api = model.spec.api.events.iter();
    let mut moments: Vec<_> = of_api
        .map(|(name, event)| Moment::of_api(model, name, event))
        .collect();
    moments.extend([
        Moment::of_stream(
            "Unknown",
            "on_unknown_event",
            Some(quote! { UnknownEvent }),
            "An event that this version of the SDK does not know.",
        ),
        Moment::of_stream(
            "Malformed",
            "on_malformed_event",
            Some(quote! { MalformedEvent }),
            "An event that cannot be read. The stream goes on.",
        ),
        Moment::of_stream("Connected", "on_connected", None, "The connection is open."),
        Moment::of_stream(
            "Disconnected",
            "on_disconnected",
            Some(quote! { Disconnected }),
            "The connection is lost; another one will be opened.",
        ),
        Moment::of_stream(
            "CatchingUp",
            "on_catching_up",
            None,
            "What comes now, until it is caught up, happened while there was no connection.",
        ),
        Moment::of_stream(
            "CaughtUp",
            "on_caught_up",
            Some(quote! { CaughtUp }),
            "What happened while there was no connection is told; from now on events come as they happen.",
        ),
        Moment::of_stream(
            "Lagged",
            "on_lagged",
            Some(quote! { u64 }),
            "So many events were dropped here, because the program did not take them in time.",
        ),
        Moment::of_stream("Heartbeat", "on_heartbeat", None, "The server showed that it is there."),
    ]);
    moments
}

fn event(model: &Model<'_>, moments: &[Moment]) -> TokenStream {
    let of_api = model.spec.api.events.len();
    let variants = moments.iter().map(|moment| {
        let Moment {
            variant,
            payload,
            boxed,
            docs,
            ..
        } = moment;
        match payload {
            None => quote! { #docs #variant },
            Some(ty) if *boxed => quote! { #docs #variant(Box<#ty>) },
            Some(ty) => quote! { #docs #variant(#ty) },
        }
    });
    let reads = moments.iter().take(of_api).map(|moment| {
        let Moment {
            wire,
            variant,
            payload,
            boxed,
            bare,
            ..
        } = moment;
        match payload {
            None => quote! { #wire => Self::#variant },
            Some(_) if *bare => quote! { #wire => Self::#variant(payload.into()) },
            Some(_) if *boxed => {
                quote! { #wire => Self::#variant(Box::new(json(endpoint, payload)?)) }
            }
            Some(_) => quote! { #wire => Self::#variant(json(endpoint, payload)?) },
        }
    });
    let names = moments.iter().take(of_api).map(|moment| {
        let Moment {
            wire,
            variant,
            payload,
            ..
        } = moment;
        match payload {
            None => quote! { Self::#variant => Some(#wire) },
            Some(_) => quote! { Self::#variant(_) => Some(#wire) },
        }
    });
    quote! {
        /// What a stream tells: an event of the API, or how the stream itself fares.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum StreamEvent { #(#variants),* }

        impl StreamEvent {
            /// The name that the event has in the API; `None` where the stream tells of itself.
            pub fn name(&self) -> Option<&str> {
                match self {
                    #(#names,)*
                    Self::Unknown(event) => Some(&event.name),
                    Self::Malformed(event) => Some(&event.name),
                    _ => None,
                }
            }

            /// Reads an event of this name.
            pub(crate) fn read(endpoint: &'static Endpoint, name: &str, payload: &str) -> Result<Self, Error> {
                Ok(match name {
                    #(#reads,)*
                    _ => Self::Unknown(UnknownEvent { name: name.to_owned(), payload: payload.to_owned() }),
                })
            }
        }
    }
}

/// The trait for those who want a method called for each event.
fn listener(moments: &[Moment]) -> TokenStream {
    let methods = moments.iter().map(|moment| {
        let Moment {
            method,
            payload,
            docs,
            ..
        } = moment;
        let parameter = payload.as_ref().map(|ty| quote! { _event: #ty });
        quote! {
            #docs
            fn #method(&mut self, #parameter) -> impl Future<Output = ()> + Send { async {} }
        }
    });
    let arms = moments.iter().map(|moment| {
        let Moment {
            variant,
            method,
            payload,
            boxed,
            ..
        } = moment;
        match payload {
            None => quote! { Self::#variant => { listener.#method().await; } },
            Some(_) if *boxed => {
                quote! { Self::#variant(event) => { listener.#method(*event).await; } }
            }
            Some(_) => quote! { Self::#variant(event) => { listener.#method(event).await; } },
        }
    });
    quote! {
        /// Is told of everything that a stream tells, one method an event; all do nothing unless written.
        ///
        /// The methods are written as `async fn`. While one runs, the next event waits.
        pub trait StreamListener: Send {
            #(#methods)*

            /// Anything that the stream tells, before the method of its own is called.
            fn on_any_event(&mut self, _event: &StreamEvent) -> impl Future<Output = ()> + Send { async {} }

            /// The stream ended for good, with this error.
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
fn callbacks(moments: &[Moment]) -> TokenStream {
    let given = |moment: &Moment| moment.payload.clone().unwrap_or_else(|| quote! { () });
    let fields = moments.iter().map(|moment| {
        let (method, ty) = (&moment.method, given(moment));
        quote! { #method: Callback<#ty> }
    });
    let setters = moments.iter().map(|moment| {
        let Moment {
            method,
            payload,
            docs,
            ..
        } = moment;
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
    let methods = moments.iter().map(|moment| {
        let Moment {
            method, payload, ..
        } = moment;
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
            /// One that does nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            #(#setters)*

            /// Anything that the stream tells, before the closure of its own is called.
            pub fn on_any_event(mut self, callback: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
                self.on_any_event = Some(Box::new(callback));
                self
            }

            /// The stream ended for good, with this error.
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
