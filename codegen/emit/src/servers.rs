//! Emits the software of servers, and the conditions that name it.

use heck::ToShoutySnakeCase;
use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{docs, prose};
use crate::ident;
use mastodon_layout::table::{
    Object, With, call, list, number, option, path, reference, text, texts, tuple,
};
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
        let (variant, name) = (variant(key, server), ident(&static_name(key)));
        quote! { Self::#variant => Some(&#name) }
    });
    let all = servers.iter().map(|(key, server)| {
        let variant = variant(key, server);
        quote! { Software::#variant }
    });
    let facts = servers.iter().map(|(key, server)| facts(key, server));
    let examples = servers.iter().flat_map(|(key, server)| {
        server.examples.0.iter().map(move |(text, version)| {
            let variant = path(&format!("Software::{}", variant(key, server)));
            let version = option(version.as_ref().map(self::version));
            tuple([self::text(text), variant, version])
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
        ..
    } = server;
    let bases = based_on.0.iter().map(|base| {
        let forked_at = base.forked_at.as_ref().map(self::version);
        Object::new("Base")
            .with("server", reference(path(&static_name(&base.server))))
            .with("forked_at", option(forked_at))
            .into()
    });
    let location = match version {
        Some(VersionLocation::Own) => "VersionLocation::Own",
        Some(VersionLocation::Build) => "VersionLocation::Build",
        None => "VersionLocation::AfterName",
    };
    let [build, api, features] =
        [build, api, features].map(|value| option(value.as_ref().map(text)));
    let facts = Object::new("Server")
        .with("name", text(name.as_deref().unwrap_or(key)))
        .with("also_named", texts(also_named))
        .with("based_on", list(bases))
        .with("version", path(location))
        .with("build", build)
        .with("api", api)
        .with("features", features);
    let (own, facts) = (ident(&static_name(key)), TokenStream::from(facts));
    quote! { pub(crate) static #own: Server = #facts; }
}

/// The tables of how servers offer streams, for the module of streams.
pub(super) fn streaming(model: &Model<'_>) -> TokenStream {
    let servers = &model.spec.servers.servers;
    let table = |key: &str| {
        let conditions = servers.iter().filter_map(|(server, facts)| {
            let (_, when) = facts
                .streaming
                .conditions()
                .find(|(name, _)| *name == key)?;
            Some(condition(server_path(server), when))
        });
        list(conditions)
    };
    let (shared, folds) = (table("shared_socket"), table("folds_hashtags"));
    let server_sent_events = table("server_sent_events");
    let tokens = servers.iter().filter_map(|(server, facts)| {
        let Streaming { token, .. } = &facts.streaming;
        let locations = token.iter().map(|location| match location {
            TokenLocation::Subprotocol => path("TokenLocation::Subprotocol"),
            TokenLocation::Query => path("TokenLocation::Query"),
        });
        let entry = || tuple([reference(server_path(server)), list(locations)]);
        (!token.is_empty()).then(entry)
    });
    let tokens = list(tokens);
    quote! {
        /// Software with which one WebSocket serves several streams.
        pub(super) static SHARED_SOCKET: &[ServerSupport] = #shared;

        /// Software that offers server-sent events, or does not; the default is that it does.
        pub(super) static SERVER_SENT_EVENTS: &[ServerSupport] = #server_sent_events;

        /// Software that folds the hashtags of streams to ASCII.
        pub(super) static FOLDS_HASHTAGS: &[ServerSupport] = #folds;

        /// Where the handshake of a WebSocket contains the access token, in the order of preference. Other software is
        /// like that which it is based on.
        pub(super) static TOKEN_LOCATIONS: &[(&Server, &[TokenLocation])] = #tokens;
    }
}

/// The static of a server: `ICESHRIMP_NET`.
fn static_name(key: &str) -> String {
    key.to_shouty_snake_case()
}

/// The entries of a table of the servers that have an item.
pub(super) fn conditions(on: &On) -> impl Iterator<Item = TokenStream> {
    on.0.iter()
        .map(|(server, when)| condition(server_path(server), when))
}

/// The path of a server's static from other modules.
fn server_path(key: &str) -> TokenStream {
    path(&format!("servers::{}", static_name(key)))
}

fn condition(server: TokenStream, condition: &Condition) -> TokenStream {
    let server = reference(server);
    match condition {
        Condition::Always => call("ServerSupport::always", [server]),
        Condition::Never => call("ServerSupport::never", [server]),
        Condition::Api(level) => call("ServerSupport::api", [server, number(*level)]),
        Condition::Features(names) => call("ServerSupport::features", [server, texts(names)]),
        Condition::Versions { since, until } => call("ServerSupport::always", [server])
            .with("since", since.as_ref().map(numbers))
            .with("until", until.as_ref().map(numbers)),
    }
}

/// The name and the argument of the builder call for the servers that have an item; no argument if only Mastodon's
/// version decides.
pub(super) fn support(on: &On, is_only_on: bool) -> (&'static str, Option<[TokenStream; 1]>) {
    let name = if is_only_on { "only_on" } else { "on" };
    (name, (!on.is_empty()).then(|| [list(conditions(on))]))
}

fn version(version: &OwnVersion) -> TokenStream {
    call("Version::new", numbers(version))
}

fn numbers(version: &OwnVersion) -> [TokenStream; 3] {
    version.numbers.map(number)
}
