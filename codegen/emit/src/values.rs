//! Conversions of ids and enumerations into parameter values.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{ident, other_servers};
use mastodon_spec::model::Model;
use mastodon_spec::names::type_name;

/// Lists all ids and all enumerations, whose types belong to another crate than the values.
pub(super) fn values(model: &Model<'_>) -> TokenStream {
    let files = || model.spec.entities.values();
    let named = |is_only_other: bool| {
        let is_wanted = move |name: &&String| model.is_only_other(name) == is_only_other;
        let ids = files().flat_map(|file| file.ids.keys());
        let ids: Vec<_> = ids.filter(is_wanted).map(|name| ident(name)).collect();
        let enums = files().flat_map(|file| file.enums.keys()).filter(is_wanted);
        let enums: Vec<_> = enums.map(|name| ident(&type_name(name))).collect();
        (ids, enums)
    };
    let (ids, enums) = named(false);
    let (other_ids, other_enums) = named(true);
    let gate = other_servers(true);
    let others = (!other_ids.is_empty() || !other_enums.is_empty()).then(|| {
        quote! { #gate string_values! { #(#other_ids,)* #(#other_enums,)* } }
    });
    quote! {
        use super::prelude::*;

        string_values! { #(#ids),* }
        string_values! { #(#enums,)* Scope }
        #others
    }
}
