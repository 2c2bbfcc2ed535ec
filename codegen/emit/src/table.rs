//! The values of large tables as tokens. `quote!` would take several times as long.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;

/// `static NAME: TYPE = value;`
pub(crate) fn item(name: &str, ty: &TokenStream, value: &TokenStream) -> TokenStream {
    let name = ident(name);
    quote! { static #name: #ty = #value; }
}

/// `"value"`
pub(crate) fn text(value: impl AsRef<str>) -> TokenStream {
    TokenTree::from(Literal::string(value.as_ref())).into()
}

/// `42`
pub(crate) fn number(value: impl Into<i64>) -> TokenStream {
    let value: i64 = value.into();
    let sign = (value < 0).then(|| punct('-', Spacing::Alone));
    let digits = Literal::u64_unsuffixed(value.unsigned_abs());
    sign.into_iter().chain([digits.into()]).collect()
}

/// `Type::NAME`
pub(crate) fn path(path: &str) -> TokenStream {
    let mut out = TokenStream::new();
    for (index, name) in path.split("::").enumerate() {
        if index > 0 {
            out.extend([punct(':', Spacing::Joint), punct(':', Spacing::Alone)]);
        }
        out.extend([TokenTree::from(ident(name))]);
    }
    out
}

/// An identifier that is not a keyword.
fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

fn punct(char: char, spacing: Spacing) -> TokenTree {
    Punct::new(char, spacing).into()
}

/// Values between commas.
fn group(delimiter: Delimiter, items: impl IntoIterator<Item = TokenStream>) -> TokenTree {
    let mut out = TokenStream::new();
    for item in items {
        if !out.is_empty() {
            out.extend([punct(',', Spacing::Alone)]);
        }
        out.extend(item);
    }
    Group::new(delimiter, out).into()
}

/// `&value`
pub(crate) fn reference(value: TokenStream) -> TokenStream {
    let mut out = TokenStream::from(punct('&', Spacing::Alone));
    out.extend(value);
    out
}

/// `&[a, b]`
pub(crate) fn list(items: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    reference(group(Delimiter::Bracket, items).into())
}

/// `&["a", "b"]`
pub(crate) fn texts(values: impl IntoIterator<Item = impl AsRef<str>>) -> TokenStream {
    list(values.into_iter().map(text))
}

/// `(a, b)`
pub(crate) fn tuple(items: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    group(Delimiter::Parenthesis, items).into()
}

/// `Some(value)`
pub(crate) fn some(value: TokenStream) -> TokenStream {
    call("Some", [value])
}

/// `Some(value)` or `None`
pub(crate) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| path("None"), some)
}

/// `true` or `false`
pub(crate) fn flag(value: bool) -> TokenStream {
    path(if value { "true" } else { "false" })
}

/// `function(a, b)`
pub(crate) fn call(
    function: &str,
    arguments: impl IntoIterator<Item = TokenStream>,
) -> TokenStream {
    let mut out = path(function);
    out.extend([group(Delimiter::Parenthesis, arguments)]);
    out
}

/// Method calls of which only those with arguments are written.
pub(crate) trait With {
    /// `self.method(a, b)`
    fn with(self, method: &str, arguments: Option<impl IntoIterator<Item = TokenStream>>) -> Self;
}

impl With for TokenStream {
    fn with(
        mut self,
        method: &str,
        arguments: Option<impl IntoIterator<Item = TokenStream>>,
    ) -> Self {
        if let Some(arguments) = arguments {
            let arguments = group(Delimiter::Parenthesis, arguments);
            self.extend([punct('.', Spacing::Alone), ident(method).into(), arguments]);
        }
        self
    }
}

/// `Name { a: 1, b: 2, ..rest }`
pub(crate) struct Object {
    name: TokenStream,
    fields: TokenStream,
}

impl Object {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: path(name),
            fields: TokenStream::new(),
        }
    }

    /// Adds a field, unless it has no value.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Option<TokenStream>>) -> Self {
        if let Some(value) = value.into() {
            let start = [ident(name).into(), punct(':', Spacing::Alone)];
            self.fields.extend(start);
            self.fields.extend(value);
            self.fields.extend([punct(',', Spacing::Alone)]);
        }
        self
    }

    /// The other fields have the values of another object.
    pub(crate) fn with_rest(mut self, rest: TokenStream) -> Self {
        let dots = [punct('.', Spacing::Joint), punct('.', Spacing::Alone)];
        self.fields.extend(dots);
        self.fields.extend(rest);
        self
    }
}

impl From<Object> for TokenStream {
    fn from(object: Object) -> Self {
        let mut out = object.name;
        out.extend([TokenTree::from(Group::new(Delimiter::Brace, object.fields))]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_the_tokens_of_their_source() {
        let chain = call("Entry::new", [text("name"), number(1), path("Kind::A")])
            .with("absent", None::<[TokenStream; 0]>)
            .with("empty", Some([]))
            .with("words", Some([texts(["a", "\"b\""])]))
            .with("range", Some([option(None), option(Some(number(-5)))]));
        let object = Object::new("Entry")
            .with("absent", None)
            .with("flag", flag(true))
            .with("pairs", list([tuple([text("a"), reference(path("B"))])]))
            .with_rest(path("Entry::DEFAULT"));
        let entries = list([chain, object.into()]);
        let expected = quote! {
            static ENTRIES: &[Entry] = &[
                Entry::new("name", 1, Kind::A).empty().words(&["a", "\"b\""]).range(None, Some(-5)),
                Entry { flag: true, pairs: &[("a", &B)], ..Entry::DEFAULT }
            ];
        };
        let table = item("ENTRIES", &quote! { &[Entry] }, &entries);
        assert_eq!(table.to_string(), expected.to_string());
    }
}
