//! The statics of large tables, built as syntax trees: parsing them from tokens would take a fifth of all time.

use std::fmt::Display;

use proc_macro2::{Ident, Span};
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprArray, ExprCall, ExprLit, ExprMethodCall, ExprPath, ExprReference, ExprStruct,
    ExprTuple, FieldValue, Item, ItemStatic, Lit, LitBool, LitInt, LitStr, Member, PathSegment,
    StaticMutability, Type, Visibility,
};

/// `pub static NAME: TYPE = value;`
pub(crate) fn item(visibility: Visibility, name: &str, ty: Type, value: Expr) -> Item {
    Item::Static(ItemStatic {
        attrs: Vec::new(),
        vis: visibility,
        static_token: Default::default(),
        mutability: StaticMutability::None,
        ident: ident(name),
        colon_token: Default::default(),
        ty: Box::new(ty),
        eq_token: Default::default(),
        expr: Box::new(value),
        semi_token: Default::default(),
    })
}

/// `"value"`
pub(crate) fn text(value: impl AsRef<str>) -> Expr {
    literal(Lit::Str(LitStr::new(value.as_ref(), Span::call_site())))
}

/// `42`
pub(crate) fn number(value: impl Display) -> Expr {
    literal(Lit::Int(LitInt::new(&value.to_string(), Span::call_site())))
}

fn literal(lit: Lit) -> Expr {
    let attrs = Vec::new();
    Expr::Lit(ExprLit { attrs, lit })
}

/// `Type::NAME`
pub(crate) fn path(path: &str) -> Expr {
    let (attrs, qself) = (Vec::new(), None);
    let path = segments(path);
    Expr::Path(ExprPath { attrs, qself, path })
}

fn segments(path: &str) -> syn::Path {
    let names = path.split("::");
    syn::Path {
        leading_colon: None,
        segments: names.map(|name| PathSegment::from(ident(name))).collect(),
    }
}

/// An identifier that is not a keyword.
fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// `&value`
pub(crate) fn reference(value: Expr) -> Expr {
    Expr::Reference(ExprReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        mutability: None,
        expr: Box::new(value),
    })
}

/// `&[a, b]`
pub(crate) fn list(items: impl IntoIterator<Item = Expr>) -> Expr {
    reference(Expr::Array(ExprArray {
        attrs: Vec::new(),
        bracket_token: Default::default(),
        elems: items.into_iter().collect(),
    }))
}

/// `&["a", "b"]`
pub(crate) fn texts(values: impl IntoIterator<Item = impl AsRef<str>>) -> Expr {
    list(values.into_iter().map(text))
}

/// `(a, b)`
pub(crate) fn tuple(items: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Tuple(ExprTuple {
        attrs: Vec::new(),
        paren_token: Default::default(),
        elems: items.into_iter().collect(),
    })
}

/// `Some(value)`
pub(crate) fn some(value: Expr) -> Expr {
    call("Some", [value])
}

/// `Some(value)` or `None`
pub(crate) fn option(value: Option<Expr>) -> Expr {
    value.map_or_else(|| path("None"), some)
}

/// `true` or `false`
pub(crate) fn flag(value: bool) -> Expr {
    literal(Lit::Bool(LitBool::new(value, Span::call_site())))
}

/// `function(a, b)`
pub(crate) fn call(function: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Call(ExprCall {
        attrs: Vec::new(),
        func: Box::new(path(function)),
        paren_token: Default::default(),
        args: arguments.into_iter().collect(),
    })
}

/// Method calls of which only those with arguments are written.
pub(crate) trait With {
    /// `self.method(a, b)`
    fn with(self, method: &str, arguments: Option<impl IntoIterator<Item = Expr>>) -> Self;
}

impl With for Expr {
    fn with(self, method: &str, arguments: Option<impl IntoIterator<Item = Expr>>) -> Self {
        let Some(arguments) = arguments else {
            return self;
        };
        Self::MethodCall(ExprMethodCall {
            attrs: Vec::new(),
            receiver: Box::new(self),
            dot_token: Default::default(),
            method: ident(method),
            turbofish: None,
            paren_token: Default::default(),
            args: arguments.into_iter().collect(),
        })
    }
}

/// `Name { a: 1, b: 2, ..rest }`
pub(crate) struct Object(ExprStruct);

impl Object {
    pub(crate) fn new(name: &str) -> Self {
        Self(ExprStruct {
            attrs: Vec::new(),
            qself: None,
            path: segments(name),
            brace_token: Default::default(),
            fields: Punctuated::new(),
            dot2_token: None,
            rest: None,
        })
    }

    /// Adds a field, unless it has no value.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Option<Expr>>) -> Self {
        self.0.fields.extend(value.into().map(|expr| FieldValue {
            attrs: Vec::new(),
            member: Member::Named(ident(name)),
            colon_token: Some(Default::default()),
            expr,
        }));
        self
    }

    /// The other fields have the values of another object.
    pub(crate) fn with_rest(mut self, rest: Expr) -> Self {
        if !self.0.fields.is_empty() {
            self.0.fields.push_punct(Default::default());
        }
        self.0.dot2_token = Some(Default::default());
        self.0.rest = Some(Box::new(rest));
        self
    }
}

impl From<Object> for Expr {
    fn from(object: Object) -> Self {
        Self::Struct(object.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mastodon_layout::{format, format_items};
    use quote::quote;
    use syn::parse_quote;

    #[test]
    fn tables_are_formatted_like_their_tokens() {
        let words = [
            "a long word",
            "another long word",
            "one more",
            "and the last \"one\"",
        ];
        let chain = call("Entry::new", [text("name"), number(1), path("Kind::A")])
            .with("absent", None::<[Expr; 0]>)
            .with("empty", Some([]))
            .with("words", Some([texts(words)]))
            .with("range", Some([option(None), option(Some(number(-5)))]));
        let object = Object::new("Entry")
            .with("absent", None)
            .with("flag", flag(true))
            .with("words", texts(words))
            .with("pairs", list([tuple([text("a"), reference(path("B"))])]))
            .with_rest(path("Entry::DEFAULT"));
        let entries = list([chain, object.into()]);
        let items = vec![item(
            parse_quote! { pub(crate) },
            "ENTRIES",
            parse_quote! { &[Entry] },
            entries,
        )];
        let from_tokens = format(quote! { #(#items)* }).unwrap();
        assert_eq!(format_items(items), from_tokens);
        assert!(
            from_tokens.contains("    Entry {\n        flag: true,\n"),
            "{from_tokens}"
        );
    }
}
