//! The values of large tables as tokens. They are made here rather than by `quote!`, because this crate is optimized.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;

/// `static NAME: TYPE = value;`
pub fn item(name: &str, ty: &TokenStream, value: &TokenStream) -> TokenStream {
    let name = ident(name);
    quote! { static #name: #ty = #value; }
}

/// `"value"`
pub fn text(value: impl AsRef<str>) -> TokenStream {
    text_of(value.as_ref())
}

fn text_of(value: &str) -> TokenStream {
    TokenTree::from(Literal::string(value)).into()
}

/// `42`
pub fn number(value: impl Into<i64>) -> TokenStream {
    let value: i64 = value.into();
    let sign = (value < 0).then(|| punct('-', Spacing::Alone));
    let digits = Literal::u64_unsuffixed(value.unsigned_abs());
    sign.into_iter().chain([digits.into()]).collect()
}

/// `Type::NAME`
pub fn path(path: &str) -> TokenStream {
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
fn group(delimiter: Delimiter, items: &mut dyn Iterator<Item = TokenStream>) -> TokenTree {
    let mut out = Vec::new();
    for item in items {
        if !out.is_empty() {
            out.push(punct(',', Spacing::Alone));
        }
        out.extend(item);
    }
    Group::new(delimiter, out.into_iter().collect()).into()
}

/// `&value`
pub fn reference(value: TokenStream) -> TokenStream {
    let mut out = TokenStream::from(punct('&', Spacing::Alone));
    out.extend(value);
    out
}

/// `&[a, b]`
pub fn list(items: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    reference(group(Delimiter::Bracket, &mut items.into_iter()).into())
}

/// `&["a", "b"]`
pub fn texts(values: impl IntoIterator<Item = impl AsRef<str>>) -> TokenStream {
    list(values.into_iter().map(text))
}

/// `(a, b)`
pub fn tuple(items: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    group(Delimiter::Parenthesis, &mut items.into_iter()).into()
}

/// `Some(value)`
pub fn some(value: TokenStream) -> TokenStream {
    call("Some", [value])
}

/// `Some(value)` or `None`
pub fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| path("None"), some)
}

/// `true` or `false`
pub fn flag(value: bool) -> TokenStream {
    path(if value { "true" } else { "false" })
}

/// `function(a, b)`
pub fn call(function: &str, arguments: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    call_of(path(function), &mut arguments.into_iter())
}

fn call_of(
    mut function: TokenStream,
    arguments: &mut dyn Iterator<Item = TokenStream>,
) -> TokenStream {
    function.extend([group(Delimiter::Parenthesis, arguments)]);
    function
}

/// Method calls of which only those with arguments are written.
pub trait With {
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
            add_call(&mut self, method, &mut arguments.into_iter());
        }
        self
    }
}

fn add_call(out: &mut TokenStream, method: &str, arguments: &mut dyn Iterator<Item = TokenStream>) {
    let arguments = group(Delimiter::Parenthesis, arguments);
    out.extend([punct('.', Spacing::Alone), ident(method).into(), arguments]);
}

/// `Name { a: 1, b: 2, ..rest }`
#[derive(Debug)]
pub struct Object {
    name: TokenStream,
    fields: TokenStream,
}

impl Object {
    pub fn new(name: &str) -> Self {
        Self {
            name: path(name),
            fields: TokenStream::new(),
        }
    }

    /// Adds a field, unless it has no value.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<Option<TokenStream>>) -> Self {
        match value.into() {
            Some(value) => self.with_field(name, value),
            None => self,
        }
    }

    fn with_field(mut self, name: &str, value: TokenStream) -> Self {
        let start = [ident(name).into(), punct(':', Spacing::Alone)];
        self.fields.extend(start);
        self.fields.extend(value);
        self.fields.extend([punct(',', Spacing::Alone)]);
        self
    }

    /// The other fields have the values of another object.
    #[must_use]
    pub fn with_rest(mut self, rest: TokenStream) -> Self {
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
