//! Emits the software of servers, and the conditions that name it.

use heck::ToShoutySnakeCase;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::docs::{docs, prose};
use crate::ident;
use mastodon_spec::model::Model;
use mastodon_spec::names::variant_name;
use mastodon_spec::yaml::{
    Condition, On, OwnVersion, Server, Streaming, TokenLocation, VersionLocation,
};

/// The enum of all software, and the facts about each.
pub(super) fn servers(model: &Model<'_>) -> TokenStream {
    let servers = &model.spec.servers.servers;
    let variant = |key: &str, server: &Server| {
        ident(&variant_name(server.name.as_deref().unwrap_or(key), None))
    };
    let variants = servers.iter().map(|(key, server)| {
        let (name, about) = (server.name.as_deref(), server.description.as_deref());
        let name = name.unwrap_or_default();
        // A description that only repeats the name is omitted.
        let about = about.filter(|about| about.trim_end_matches('.') != name);
        let about = about.map_or_else(|| format!("{name}."), |about| format!("{name}: {about}"));
        let (docs, variant) = (docs([prose(&about)]), variant(key, server));
        quote! { #docs #variant }
    });
    let known = servers.iter().map(|(key, server)| {
        let (variant, name) = (variant(key, server), static_name(key));
        quote! { Self::#variant => Some(&#name) }
    });
    let all = servers.iter().map(|(key, server)| {
        let variant = variant(key, server);
        quote! { Software::#variant }
    });
    let facts = servers.iter().map(|(key, server)| facts(key, server));
    let streaming = streaming(model);
    let examples = servers.iter().flat_map(|(key, server)| {
        server.examples.0.iter().map(move |(text, version)| {
            let variant = variant(key, server);
            let version = option(version.as_ref().map(|version| {
                let numbers = numbers(version);
                quote! { Version::new(#numbers) }
            }));
            quote! { (#text, Software::#variant, #version) }
        })
    });
    quote! {
        use super::prelude::*;

        /// The software of a server.
        ///
        /// ```
        /// use mastodon_sdk::server::Software;
        /// assert_eq!(Software::from_name("akkoma"), Software::Akkoma);
        /// assert!(!Software::Akkoma.is_mastodon());
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Software {
            #(#variants,)*
            /// Other software, with the name that it reports.
            Other(String),
            /// The version is not one of Mastodon's, and the server does not name its software.
            Unknown,
        }

        impl Software {
            /// Returns the facts about it, if the SDK knows it.
            pub(crate) fn server(&self) -> Option<&'static Server> {
                match self {
                    #(#known,)*
                    Self::Other(_) | Self::Unknown => None,
                }
            }
        }

        /// The software that the SDK knows.
        pub(crate) static KNOWN: &[Software] = &[#(#all),*];

        #(#facts)*

        #streaming

        /// Version strings with the software that they name and its own version.
        #[cfg(test)]
        pub(crate) static EXAMPLES: &[(&str, Software, Option<Version>)] = &[#(#examples),*];
    }
}

fn facts(key: &str, server: &Server) -> TokenStream {
    let Server {
        name,
        also_named,
        based_on,
        version,
        build,
        api,
        features,
        streaming: Streaming { token, .. },
        ..
    } = server;
    let own = static_name(key);
    let bases = based_on.0.iter().map(|base| {
        let server = static_name(&base.server);
        let forked_at = option(base.forked_at.as_ref().map(|version| {
            let numbers = numbers(version);
            quote! { Version::new(#numbers) }
        }));
        quote! { Base { server: &#server, forked_at: #forked_at } }
    });
    let location = match version {
        Some(VersionLocation::Own) => quote! { Own },
        Some(VersionLocation::Build) => quote! { Build },
        None => quote! { AfterName },
    };
    let token = token.iter().map(|location| match location {
        TokenLocation::Subprotocol => quote! { TokenLocation::Subprotocol },
        TokenLocation::Query => quote! { TokenLocation::Query },
    });
    let name = name.as_deref().unwrap_or(key);
    let [build, api, features] = [build, api, features].map(|text| option(text.as_ref()));
    quote! {
        pub(crate) static #own: Server = Server {
            name: #name,
            also_named: &[#(#also_named),*],
            based_on: &[#(#bases),*],
            version: VersionLocation::#location,
            build: #build,
            api: #api,
            features: #features,
            stream_token: &[#(#token),*],
        };
    }
}

/// The tables of how servers offer streams.
fn streaming(model: &Model<'_>) -> TokenStream {
    let servers = &model.spec.servers.servers;
    let table = |key: &str| {
        let conditions = servers.iter().filter_map(|(server, facts)| {
            let (server, mut all) = (static_name(server), facts.streaming.conditions());
            let (_, when) = all.find(|(name, _)| *name == key)?;
            Some(condition(&quote! { &#server }, when))
        });
        quote! { &[#(#conditions),*] }
    };
    let (shared, folds) = (table("shared_socket"), table("folds_hashtags"));
    let server_sent_events = table("server_sent_events");
    quote! {
        /// Software with which one WebSocket serves several streams.
        pub(crate) static SHARED_SOCKET: &[ServerSupport] = #shared;

        /// Software that offers server-sent events, or does not; the default is that it does.
        pub(crate) static SERVER_SENT_EVENTS: &[ServerSupport] = #server_sent_events;

        /// Software that folds the hashtags of streams to ASCII.
        pub(crate) static FOLDS_HASHTAGS: &[ServerSupport] = #folds;
    }
}

/// The static of a server: `ICESHRIMP_NET`.
fn static_name(key: &str) -> Ident {
    ident(&key.to_shouty_snake_case())
}

/// The entries of a table of the servers that have an item.
pub(super) fn conditions(on: &On) -> impl Iterator<Item = TokenStream> {
    on.0.iter().map(|(server, when)| {
        let server = static_name(server);
        condition(&quote! { &servers::#server }, when)
    })
}

fn condition(server: &TokenStream, condition: &Condition) -> TokenStream {
    match condition {
        Condition::Always => quote! { ServerSupport::always(#server) },
        Condition::Never => quote! { ServerSupport::never(#server) },
        Condition::Api(level) => {
            let level = Literal::u32_unsuffixed(*level);
            quote! { ServerSupport::api(#server, #level) }
        }
        Condition::Features(names) => quote! { ServerSupport::features(#server, &[#(#names),*]) },
        Condition::Versions { since, until } => {
            let since = since.as_ref().map(|version| {
                let numbers = numbers(version);
                quote! { .since(#numbers) }
            });
            let until = until.as_ref().map(|version| {
                let numbers = numbers(version);
                quote! { .until(#numbers) }
            });
            quote! { ServerSupport::always(#server)#since #until }
        }
    }
}

/// The builder call for the servers that have an item; nothing if only Mastodon's version decides.
pub(super) fn support(on: &On, is_only_on: bool) -> Option<TokenStream> {
    if on.is_empty() {
        return None;
    }
    let conditions = conditions(on);
    Some(if is_only_on {
        quote! { .only_on(&[#(#conditions),*]) }
    } else {
        quote! { .on(&[#(#conditions),*]) }
    })
}

fn numbers(version: &OwnVersion) -> TokenStream {
    let numbers = version.numbers.map(Literal::u32_unsuffixed);
    quote! { #(#numbers),* }
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    value.map_or_else(|| quote! { None }, |value| quote! { Some(#value) })
}
