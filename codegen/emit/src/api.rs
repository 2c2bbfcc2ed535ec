//! Emits what the whole API shares: releases, scopes, rate limits, language and status limits.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::docs::{docs, prose, versions};
use crate::ident;
use mastodon_spec::model::Model;
use mastodon_spec::names::variant_name;
use mastodon_spec::yaml::{CountedPer, StatusLimits, Version};

/// An expression for a version. A pre-release is emitted as its release, because the SDK targets released
/// servers.
pub(super) fn version(version: &Version) -> TokenStream {
    let [major, minor, patch] =
        [version.major, version.minor, version.patch].map(Literal::u32_unsuffixed);
    quote! { Version::new(#major, #minor, #patch) }
}

pub(super) fn api(model: &Model<'_>) -> TokenStream {
    let api = &model.spec.api;
    let releases = api
        .releases
        .iter()
        .filter(|release| release.version.pre.is_none())
        .filter_map(|release| {
            let (version, number) = (version(&release.version), release.api_version?);
            let number = Literal::u32_unsuffixed(number);
            Some(quote! { (#version, #number) })
        });
    let buckets: Vec<_> = api
        .rate_limits
        .iter()
        .map(|(name, bucket)| {
            let variant = ident(&variant_name(name, None));
            let docs = docs([prose(bucket.description.as_deref().unwrap_or_default())]);
            let [requests, seconds] =
                [bucket.requests, bucket.seconds].map(Literal::u32_unsuffixed);
            (
                quote! { #docs #variant },
                quote! { Self::#variant => #name },
                quote! { Self::#variant => #requests },
                quote! { Self::#variant => Duration::from_secs(#seconds) },
                (bucket.per == CountedPer::Address).then(|| quote! { Self::#variant }),
            )
        })
        .collect();
    let variants = buckets.iter().map(|bucket| &bucket.0);
    let names = buckets.iter().map(|bucket| &bucket.1);
    let limits = buckets.iter().map(|bucket| &bucket.2);
    let windows = buckets.iter().map(|bucket| &bucket.3);
    let per_address = buckets.iter().filter_map(|bucket| bucket.4.as_ref());
    let scopes: Vec<_> = api
        .scopes
        .iter()
        .map(|(name, scope)| {
            let variant = ident(&variant_name(name, None));
            let docs = docs([
                prose(scope.description.as_deref().unwrap_or_default()),
                versions(
                    scope.since.as_ref(),
                    scope.deprecated.as_ref(),
                    scope.removed.as_ref(),
                ),
            ]);
            (quote! { #docs #variant }, quote! { #variant = #name })
        })
        .collect();
    let scope_variants = scopes.iter().map(|scope| &scope.0);
    let scope_names = scopes.iter().map(|scope| &scope.1);
    let includes = api
        .scopes
        .iter()
        .filter(|(_, scope)| !scope.includes.is_empty())
        .map(|(name, scope)| {
            let included = &scope.includes;
            quote! { (#name, &[#(#included),*]) }
        });
    let mut per_address = per_address.peekable();
    let per_address = match per_address.peek() {
        Some(_) => quote! { matches!(self, #(#per_address)|*) },
        None => quote! { false },
    };
    let defaults = defaults(model);
    quote! {
        use super::prelude::*;

        #defaults

        /// Releases of Mastodon with their `api_versions.mastodon` number, oldest first.
        pub(crate) static RELEASES: &[(Version, u32)] = &[#(#releases),*];

        /// Scopes that include scopes other than their own sub-scopes.
        pub(crate) static SCOPE_INCLUDES: &[(&str, &[&str])] = &[#(#includes),*];

        /// A rate limit that the server counts separately.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RateLimitBucket { #(#variants),* }

        impl RateLimitBucket {
            /// Returns the name in the specification.
            pub fn name(self) -> &'static str {
                match self { #(#names),* }
            }

            /// Returns the maximum number of requests per [`window`](Self::window) in Mastodon's default configuration.
            pub fn limit(self) -> u32 {
                match self { #(#limits),* }
            }

            /// Returns the length of the window in which requests are counted.
            pub fn window(self) -> Duration {
                match self { #(#windows),* }
            }

            /// Returns whether requests are counted by IP address, whatever their access token. Other requests are only
            /// counted by address if they have no access token.
            pub fn is_per_address(self) -> bool {
                #per_address
            }
        }

        /// An OAuth scope.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Scope {
            #(#scope_variants,)*
            /// A scope that this version of the SDK does not know.
            Other(UnknownValue),
        }
        open_enum!(Scope { #(#scope_names),* });
    }
}

/// The language parameter, the default limits of a status, and the URL schemes of links.
fn defaults(model: &Model<'_>) -> TokenStream {
    let api = &model.spec.api;
    let language = api
        .language
        .as_ref()
        .map(|language| language.param.as_str());
    let language = language.unwrap_or_default();
    let StatusLimits {
        characters,
        characters_per_link,
        media,
        poll_options,
        poll_option_characters,
        poll_min_seconds,
        poll_max_seconds,
    } = api.status_limits;
    let limits = [
        ("characters", characters),
        ("characters_per_link", characters_per_link),
        ("media", media),
        ("poll_options", poll_options),
        ("poll_option_characters", poll_option_characters),
        ("poll_min_seconds", poll_min_seconds),
        ("poll_max_seconds", poll_max_seconds),
    ]
    .map(|(name, limit)| {
        let (name, limit) = (ident(name), Literal::u32_unsuffixed(limit));
        quote! { #name: Some(#limit) }
    });
    let schemes = &api.link_schemes;
    quote! {
        /// The query parameter that selects the language of the server's messages.
        pub(crate) static LANGUAGE: &str = #language;

        /// The limits of a status in Mastodon's default configuration.
        pub(crate) static STATUS_LIMITS: StatusLimits = StatusLimits { #(#limits),* };

        /// The URL schemes that are recognized as links in the text of a status.
        pub(crate) static LINK_SCHEMES: &[&str] = &[#(#schemes),*];
    }
}
