//! What a repetition is answered that finds the work done.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::model::Model;
use crate::spec::Returns;

pub(super) fn repeated(model: &Model<'_>) -> TokenStream {
    let entries = model.methods().filter_map(|(name, method)| {
        let repeated = method.repeated.as_ref()?;
        let status = Literal::u16_unsuffixed(repeated.status);
        let says = match &repeated.says {
            Some(says) => quote! { Some(#says) },
            None => quote! { None },
        };
        let then = match (&repeated.shown_by, repeated.evidence(), &method.returns) {
            (Some(by), Some((field, value)), _) => {
                quote! { Shown { by: #by, field: #field, value: #value } }
            }
            (_, _, Some(Returns::Nothing | Returns::NoBody)) => quote! { Done },
            _ => quote! { Lost },
        };
        Some(quote! { Repeated { method: #name, status: #status, says: #says, then: Then::#then } })
    });
    quote! {
        use super::{Repeated, Then};

        /// The methods whose repetition is answered with an error when the first attempt has done the work.
        pub(super) static REPEATED: &[Repeated] = &[#(#entries),*];
    }
}
