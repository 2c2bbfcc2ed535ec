//! Conversions of ids and enumerations into parameter values.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ident;
use mastodon_spec::model::Model;
use mastodon_spec::names::type_name;

/// Lists all ids and all enumerations, whose types belong to another crate than the values.
pub(super) fn values(model: &Model<'_>) -> TokenStream {
    let files = || model.spec.entities.values();
    let ids = files().flat_map(|file| file.ids.keys().map(|name| ident(name)));
    let enums = files().flat_map(|file| file.enums.keys().map(|name| ident(&type_name(name))));
    quote! {
        use super::prelude::*;

        string_values! { #(#ids),* }
        string_values! { #(#enums,)* Scope }
    }
}
