//! Reads the public items of generated files.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Fields, Generics, Ident, ImplItem, Item as RustItem, ReceiverKind, ReturnType,
    Signature, TraitItem, Type, Visibility,
};

use super::macros;
use super::text::text;
use super::{Item, ItemKind, RustApi};

/// Cargo features.
type Features = BTreeSet<String>;

pub(super) fn read(
    files: impl Iterator<Item = (String, TokenStream)>,
    with_usage: bool,
) -> Result<RustApi, String> {
    let files: Result<Vec<(String, syn::File)>, String> = files
        .map(|(path, tokens)| {
            let file = syn::parse2(tokens).map_err(|error| format!("{path}: {error}"))?;
            Ok((path, file))
        })
        .collect();
    let files = files?;
    let modules = module_features(&files);
    let mut reader = Reader {
        with_usage,
        ..Reader::default()
    };
    for (path, file) in &files {
        let features = modules.get(path.as_str()).cloned().unwrap_or_default();
        reader
            .items(&file.items, &features)
            .map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(reader.api)
}

/// The features of the modules, by the path of their file.
fn module_features(files: &[(String, syn::File)]) -> BTreeMap<String, Features> {
    let mut modules = BTreeMap::new();
    for (path, file) in files {
        let Some(folder) = path.strip_suffix("mod.rs") else {
            continue;
        };
        for item in &file.items {
            if let RustItem::Mod(module) = item {
                let path = format!("{folder}{}.rs", module.ident);
                modules.insert(path, features(&module.attrs));
            }
        }
    }
    modules
}

/// The features that an item requires.
fn features(attributes: &[Attribute]) -> Features {
    let mut features = Features::new();
    for attribute in attributes.iter().filter(|it| it.path().is_ident("cfg")) {
        // `cfg(feature = "other-servers")`
        for token in flat(attribute.meta.to_token_stream()) {
            if let TokenTree::Literal(literal) = token {
                features.insert(literal.to_string().trim_matches('"').to_owned());
            }
        }
    }
    features
}

/// The tokens in all groups.
fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => flat(group.stream()),
            other => vec![other],
        })
        .collect()
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|it| it.path().is_ident(name))
}

/// Traits that are hidden from the documentation: applications do not name them.
const HIDDEN_TRAITS: [&str; 1] = ["FromJson"];

#[derive(Default)]
struct Reader {
    api: RustApi,
    /// The default type parameters of call types.
    defaults: BTreeMap<String, TokenStream>,
    /// The items of macros, by their template.
    templates: BTreeMap<&'static str, Rc<BTreeMap<String, Item>>>,
    /// Whether the items have functions that use them.
    with_usage: bool,
}

impl Reader {
    fn items(&mut self, items: &[RustItem], outer: &Features) -> Result<(), String> {
        for item in items {
            match item {
                RustItem::Struct(item) if is_public(&item.vis) => {
                    let features = &with(outer, &item.attrs);
                    let (name, text) = (item.ident.to_string(), type_text("struct", &item.ident));
                    let fields = self.fields(&name, &item.fields, features);
                    let is_closed = has(&item.attrs, "non_exhaustive") || fields.is_none();
                    let fields = fields.filter(|_| !is_closed).unwrap_or_default();
                    self.generic(&item.ident, &item.generics, features);
                    self.named_type(&item.ident, format!("{text}{fields}"), features);
                    self.derived(&item.ident, &item.attrs, features);
                }
                RustItem::Enum(item) if is_public(&item.vis) => {
                    let features = &with(outer, &item.attrs);
                    let mut text = type_text("enum", &item.ident);
                    if !has(&item.attrs, "non_exhaustive") {
                        let variants = item.variants.iter().map(|it| it.ident.to_string());
                        text += &format!(" {{ {} }}", variants.collect::<Vec<_>>().join(", "));
                    }
                    self.named_type(&item.ident, text, features);
                    self.derived(&item.ident, &item.attrs, features);
                    for variant in &item.variants {
                        let features = &with(features, &variant.attrs);
                        self.variant(&item.ident, &variant.ident, &variant.fields, features);
                    }
                }
                RustItem::Type(item) if is_public(&item.vis) => {
                    let features = &with(outer, &item.attrs);
                    self.alias(&item.ident, &item.ty, features)?;
                }
                RustItem::Trait(item) if is_public(&item.vis) => {
                    self.public_trait(item, &with(outer, &item.attrs));
                }
                RustItem::Impl(item) => self.implementation(item, &with(outer, &item.attrs))?,
                RustItem::Macro(item) => {
                    let name = item.mac.path.to_token_stream().to_string();
                    let features = &with(outer, &item.attrs);
                    self.expand(&name, item.mac.tokens.clone(), features)?;
                }
                RustItem::Mod(item) => {
                    // Its items are re-exported.
                    if let Some((_, items)) = &item.content {
                        self.items(items, &with(outer, &item.attrs))?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        path: &str,
        line: String,
        features: &Features,
        usage: &dyn Fn() -> TokenStream,
    ) {
        self.push_as(ItemKind::Api, path, line, features, usage);
    }

    fn push_as(
        &mut self,
        kind: ItemKind,
        path: &str,
        line: String,
        features: &Features,
        usage: &dyn Fn() -> TokenStream,
    ) {
        let usage = self.with_usage.then(|| usage().to_string());
        let item = Item {
            path: path.to_owned(),
            kind,
            features: features.clone(),
            usage: usage.unwrap_or_default(),
        };
        self.api.items.insert(line, item);
    }

    fn named_type(&mut self, name: &Ident, line: String, features: &Features) {
        let usage = || quote! { fn __(_: &#name) where #name: Send + 'static {} };
        self.push(&name.to_string(), line, features, &usage);
    }

    /// A type parameter with a default: that of the result of a call.
    fn generic(&mut self, name: &Ident, generics: &Generics, features: &Features) {
        let Some(parameter) = generics.type_params().next() else {
            return;
        };
        if let Some((_, default)) = &parameter.default {
            self.defaults
                .insert(name.to_string(), default.to_token_stream());
        }
        let line = format!("type parameter {name}<{}>", parameter.ident);
        let usage = || quote! { fn __<T>(_: &#name<T>) {} };
        self.push(&name.to_string(), line, features, &usage);
    }

    /// The public fields. Returns their names, or `None` if there are private ones.
    fn fields(&mut self, owner: &str, fields: &Fields, features: &Features) -> Option<String> {
        let mut names = Some(Vec::new());
        for field in fields {
            let (true, Some(name)) = (is_public(&field.vis), &field.ident) else {
                names = None;
                continue;
            };
            if let Some(names) = &mut names {
                names.push(name.to_string());
            }
            let (ty, owner_type) = (&field.ty, Ident::new(owner, Span::call_site()));
            let usage = || quote! { fn __(value: #owner_type) -> #ty { value.#name } };
            let path = format!("{owner}.{name}");
            let line = format!("field {path}: {}", text(ty));
            self.push(&path, line, &with(features, &field.attrs), &usage);
        }
        names.map(|names| format!(" {{ {} }}", names.join(", ")))
    }

    fn derived(&mut self, name: &Ident, attributes: &[Attribute], features: &Features) {
        let derives = attributes.iter().filter(|it| it.path().is_ident("derive"));
        for token in derives.flat_map(|it| flat(it.meta.to_token_stream())) {
            if let TokenTree::Ident(derived) = token
                && derived != "derive"
            {
                let target = quote! { #name };
                self.trait_impl(&quote! { #derived }, &target, None, features);
            }
        }
    }

    fn trait_impl(
        &mut self,
        implemented: &TokenStream,
        target: &TokenStream,
        generics: Option<&Generics>,
        features: &Features,
    ) {
        let generics = generics.map(ToTokens::to_token_stream).unwrap_or_default();
        let line = format!(
            "impl{} {} for {}",
            text(&generics),
            text(implemented),
            text(target)
        );
        let (target, implemented) = (with_lifetimes(target), with_lifetimes(implemented));
        let usage = || quote! { fn __ #generics () where #target: #implemented {} };
        self.push("", line, features, &usage);
    }

    fn variant(&mut self, owner: &Ident, name: &Ident, fields: &Fields, features: &Features) {
        let path = format!("{owner}::{name}");
        let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
        let line = if types.is_empty() {
            format!("variant {path}")
        } else {
            let listed: Vec<_> = types.iter().map(|ty| text(*ty)).collect();
            format!("variant {path}({})", listed.join(", "))
        };
        let usage = || {
            if types.is_empty() {
                return quote! { fn __() -> #owner { #owner::#name } };
            }
            let names: Vec<_> = argument_names(types.len());
            quote! { fn __(#(#names: #types),*) -> #owner { #owner::#name(#(#names),*) } }
        };
        self.push(&path, line, features, &usage);
    }

    /// An alias of a call type has the same items as a struct with setters, so that the one can become the other.
    fn alias(&mut self, name: &Ident, ty: &Type, features: &Features) -> Result<(), String> {
        let Type::Path(path) = ty else {
            return Err(format!("`{name}` is an alias of an unknown kind of type"));
        };
        let Some(target) = path.path.segments.last() else {
            return Err(format!("`{name}` is an alias without a target"));
        };
        let mut arguments = match &target.arguments {
            syn::PathArguments::AngleBracketed(list) => {
                list.args.iter().map(ToTokens::to_token_stream).collect()
            }
            _ => Vec::new(),
        };
        let line = format!("alias {name} = {}", text(ty));
        let usage = || quote! { fn __(value: #name) -> #ty { value } };
        let owner = name.to_string();
        match target.ident.to_string().as_str() {
            "StreamCall" => {
                self.named_type(name, type_text("struct", name), features);
                if !arguments.is_empty() {
                    self.template(macros::MEDIA_FILTER, &quote! { #name }, &[], features)?;
                }
            }
            kind @ ("Call" | "PagedCall" | "OffsetCall") => {
                self.template(macros::CALL_TYPE, &quote! { #name }, &[], features)?;
                arguments.insert(0, quote! { #name });
                let macro_name = match kind {
                    "Call" => "call_builder",
                    "PagedCall" => "paged_builder",
                    _ => "offset_builder",
                };
                self.call(macro_name, &arguments, features)?;
            }
            _ => return Err(format!("`{line}`: an alias of an unknown type")),
        }
        self.push_as(ItemKind::Notice, &owner, line, features, &usage);
        Ok(())
    }

    fn public_trait(&mut self, item: &syn::ItemTrait, features: &Features) {
        let name = item.ident.to_string();
        let mut required = Vec::new();
        for member in &item.items {
            let TraitItem::Fn(function) = member else {
                continue;
            };
            if function.default.is_none() {
                required.push(function.sig.ident.to_string());
            }
            self.function(&name, &function.sig, None, features);
            // An application implements it.
            let (signature, body) = (&function.sig, quote! { { async {} } });
            let line = format!("implementable {name}::{}", signature_text(signature));
            let (owner, path) = (&item.ident, format!("{name}::{}", signature.ident));
            let usage =
                || quote! { fn __() { struct Own; impl #owner for Own { #signature #body } } };
            self.push(&path, line, features, &usage);
        }
        let bounds = text(&item.supertraits);
        let line = format!("trait {name}: {bounds} {{ {} }}", required.join(", "));
        let ident = &item.ident;
        self.push(
            &name,
            line,
            features,
            &|| quote! { fn __(_: &impl #ident) {} },
        );
    }

    fn implementation(&mut self, item: &syn::ItemImpl, features: &Features) -> Result<(), String> {
        let target = &item.self_ty;
        let owner = match &**target {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.clone()),
            _ => None,
        };
        if let Some(implemented) = item.trait_.as_ref().map(|(path, _)| last_segment(path)) {
            let name = implemented.to_string();
            if HIDDEN_TRAITS.contains(&name.as_str()) {
                return Ok(());
            }
            let generics = item.generics.lifetimes().next().map(|_| &item.generics);
            self.trait_impl(&implemented, &target.to_token_stream(), generics, features);
            for member in &item.items {
                if let ImplItem::Type(associated) = member {
                    let (name, ty) = (&associated.ident, &associated.ty);
                    let bound = quote! { #implemented<#name = #ty> };
                    self.trait_impl(&bound, &target.to_token_stream(), generics, features);
                }
            }
            return Ok(());
        }
        let Some(owner) = owner else {
            return Err(format!("`impl {}`: an unknown type", text(target)));
        };
        let name = owner.to_string();
        for member in &item.items {
            match member {
                ImplItem::Fn(function) if is_public(&function.vis) => {
                    let features = &with(features, &function.attrs);
                    self.function(&name, &function.sig, Some(&owner), features);
                    let deprecated = |it: &&Attribute| it.path().is_ident("deprecated");
                    if let Some(notice) = function.attrs.iter().find(deprecated) {
                        let path = format!("{name}::{}", function.sig.ident);
                        let line = format!("{path}: {}", text(&notice.meta));
                        let usage = || quote! { fn __() {} };
                        self.push_as(ItemKind::Notice, &path, line, features, &usage);
                    }
                }
                ImplItem::Const(constant) if is_public(&constant.vis) => {
                    let (ident, ty) = (&constant.ident, with_self(&constant.ty, &owner));
                    let path = format!("{name}::{ident}");
                    let line = format!("const {path}: {}", text(&constant.ty));
                    let usage = || quote! { fn __() { let _: #ty = #owner::#ident; } };
                    self.push(&path, line, features, &usage);
                }
                ImplItem::Macro(call) if call.mac.path.is_ident("maybe_method") => {
                    self.template(macros::MAYBE, &quote! { #owner }, &[], features)?;
                }
                ImplItem::Macro(call) => {
                    return Err(format!("unknown macro `{}`", text(&call.mac.path)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A function of a type, or of a trait if there is no type.
    fn function(
        &mut self,
        owner: &str,
        signature: &Signature,
        ty: Option<&Ident>,
        features: &Features,
    ) {
        let name = &signature.ident;
        let path = format!("{owner}::{name}");
        let line = format!("fn {owner}::{}", signature_text(signature));
        let usage = || method_usage(owner, signature, ty);
        self.push(&path, line, features, &usage);
    }

    /// The items of a macro call.
    fn expand(
        &mut self,
        name: &str,
        tokens: TokenStream,
        features: &Features,
    ) -> Result<(), String> {
        match name {
            "samples" => return self.samples(tokens, features),
            "string_values" => {
                for argument in arguments(tokens) {
                    self.template(macros::STRING_VALUE, &argument, &[], features)?;
                }
                return Ok(());
            }
            "call_builder" | "paged_builder" | "offset_builder" => {
                return self.call(name, &arguments(tokens), features);
            }
            _ => {}
        }
        // Documentation comes before the name.
        let mut tokens = tokens
            .into_iter()
            .filter(|token| matches!(token, TokenTree::Ident(_)));
        let idents: Vec<TokenStream> = tokens.by_ref().map(TokenStream::from).collect();
        let [ty, others @ ..] = idents.as_slice() else {
            return Err(format!("`{name}!` without a type"));
        };
        match (name, others) {
            ("id_type", _) => self.template(macros::ID_TYPE, ty, &[], features),
            ("open_enum", _) => self.template(macros::OPEN_ENUM, ty, &[], features),
            ("object", _) => self.template(macros::OBJECT, ty, &[], features),
            ("deserialize", _) => self.template(macros::DESERIALIZE, ty, &[], features),
            ("serialize_variant", _) => self.template(macros::SERIALIZE, ty, &[], features),
            ("has_id", [id]) => self.template(macros::HAS_ID, ty, &[("Answer", id)], features),
            ("generic_call_builder", _) => {
                let default = self.defaults.get(&ty.to_string()).cloned();
                let default = default.ok_or_else(|| format!("`{ty}` without a default result"))?;
                self.template(
                    "impl Clone for Name {} impl Debug for Name {}",
                    ty,
                    &[],
                    features,
                )?;
                self.template(macros::CALL, ty, &[("Answer", &default)], features)
            }
            _ => Err(format!("unknown macro `{name}`")),
        }
    }

    /// The items of a call with its result, or with the items and the body of a list.
    fn call(
        &mut self,
        macro_name: &str,
        arguments: &[TokenStream],
        features: &Features,
    ) -> Result<(), String> {
        let (name, element, body) = match arguments {
            [name, element] => (name, element, quote! { Vec<#element> }),
            [name, element, body] => (name, element, body.clone()),
            _ => return Err(format!("`{macro_name}!` with other arguments")),
        };
        if macro_name == "call_builder" {
            return self.template(macros::CALL, name, &[("Answer", element)], features);
        }
        let page = quote! { Page<#element, #body> };
        self.template(macros::CALL, name, &[("Answer", &page)], features)?;
        let values = [("Element", element), ("Body", &body)];
        self.template(macros::PAGES, name, &values, features)?;
        let positions = if macro_name == "paged_builder" {
            macros::CURSORS
        } else {
            macros::OFFSET
        };
        self.template(positions, name, &[], features)
    }

    /// `Name = "json" if "feature",` for each sample.
    fn samples(&mut self, tokens: TokenStream, features: &Features) -> Result<(), String> {
        for sample in arguments(tokens) {
            let mut tokens = sample.into_iter();
            let Some(name) = tokens.next() else { continue };
            let mut features = features.clone();
            let mut rest = tokens.skip_while(|token| token.to_string() != "if");
            if let Some(feature) = rest.nth(1) {
                features.insert(feature.to_string().trim_matches('"').to_owned());
            }
            self.template(macros::SAMPLE, &name.into(), &[], &features)?;
        }
        Ok(())
    }

    fn template(
        &mut self,
        template: &'static str,
        name: &TokenStream,
        values: &[(&str, &TokenStream)],
        features: &Features,
    ) -> Result<(), String> {
        let items = match self.templates.get(template) {
            Some(items) => items.clone(),
            None => {
                let file: syn::File = syn::parse_str(template)
                    .map_err(|error| format!("the items of a macro: {error}"))?;
                let mut reader = Self {
                    with_usage: self.with_usage,
                    ..Self::default()
                };
                reader.items(&file.items, &Features::new())?;
                let items = Rc::new(reader.api.items);
                self.templates.insert(template, Rc::clone(&items));
                items
            }
        };
        let values: Vec<(&str, String)> = std::iter::once(&("Name", name))
            .chain(values)
            .map(|(placeholder, value)| (*placeholder, text(value)))
            .collect();
        for (line, item) in items.iter() {
            let item = Item {
                path: replace_words(&item.path, &values),
                kind: item.kind,
                features: item.features.union(features).cloned().collect(),
                usage: replace_words(&item.usage, &values),
            };
            self.api.items.insert(replace_words(line, &values), item);
        }
        Ok(())
    }
}

/// Replaces words of a line.
fn replace_words(line: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest = line;
    while !rest.is_empty() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let value = values.iter().find(|(placeholder, _)| *placeholder == word);
        out.push_str(value.map_or(word, |(_, value)| value));
        let end = after.find(is_word).unwrap_or(after.len());
        let (between, after) = after.split_at(end);
        out.push_str(between);
        rest = after;
    }
    out
}

/// A function that calls a function of a type, or of a trait if there is no type.
fn method_usage(owner: &str, signature: &Signature, ty: Option<&Ident>) -> TokenStream {
    let name = &signature.ident;
    let types: Vec<_> = signature.inputs.iter().filter_map(argument_type).collect();
    let names = argument_names(types.len());
    let owner = Ident::new(owner, Span::call_site());
    let receiver = receiver(signature).map(|receiver| {
        let this = ty.map_or_else(|| quote! { impl #owner }, |ty| quote! { #ty });
        match receiver {
            "&mut self" => quote! { receiver: &mut #this, },
            "&self" => quote! { receiver: &#this, },
            _ => quote! { receiver: #this, },
        }
    });
    let call = match receiver {
        Some(_) => quote! { receiver.#name(#(#names),*) },
        None => quote! { #owner::#name(#(#names),*) },
    };
    let (generics, bounds) = (&signature.generics, &signature.generics.where_clause);
    let output = &signature.output;
    let arguments = quote! { #(#names: #types),* };
    let usage = quote! { fn __ #generics (#receiver #arguments) #output #bounds { #call } };
    ty.map_or(usage.clone(), |ty| with_self(&usage, ty))
}

/// The arguments of a macro: what is between commas.
fn arguments(tokens: TokenStream) -> Vec<TokenStream> {
    let (mut arguments, mut depth) = (vec![TokenStream::new()], 0);
    for token in tokens {
        match token.to_string().as_str() {
            "<" => depth += 1,
            ">" => depth -= 1,
            "," if depth == 0 => {
                arguments.push(TokenStream::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.extend([token]);
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// Replaces identifiers.
fn replace(tokens: TokenStream, by: &dyn Fn(&Ident) -> Option<TokenStream>) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) => by(&ident).unwrap_or_else(|| quote! { #ident }),
            TokenTree::Group(group) => {
                let inner = replace(group.stream(), by);
                let group = proc_macro2::Group::new(group.delimiter(), inner);
                TokenTree::Group(group).into()
            }
            other => other.into(),
        })
        .collect()
}

fn with_self(tokens: &impl ToTokens, ty: &Ident) -> TokenStream {
    replace(tokens.to_token_stream(), &|ident| {
        (ident == "Self").then(|| quote! { #ty })
    })
}

/// Gives references the lifetime that they need in a bound.
fn with_lifetimes(tokens: &TokenStream) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .flat_map(|token| match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => quote! { &'static },
            _ => token.into(),
        })
        .collect()
}

fn argument_names(count: usize) -> Vec<Ident> {
    let names = (0..count).map(|index| Ident::new(&format!("a{index}"), Span::call_site()));
    names.collect()
}

fn argument_type(argument: &syn::FnArg) -> Option<&Type> {
    match argument {
        syn::FnArg::Typed(argument) => Some(&argument.ty),
        _ => None,
    }
}

/// `self`, `&self` or `&mut self`, if it is a method.
fn receiver(signature: &Signature) -> Option<&'static str> {
    Some(match &signature.receiver()?.kind {
        ReceiverKind::Reference(_, _, Some(_)) => "&mut self",
        ReceiverKind::Reference(..) => "&self",
        _ => "self",
    })
}

/// `note<F>(&self, impl Into<NoteId>) -> NoteCall where F: Send`, without names of arguments.
fn signature_text(signature: &Signature) -> String {
    let receiver = receiver(signature).map(str::to_owned);
    let types = signature.inputs.iter().filter_map(argument_type).map(text);
    let arguments: Vec<String> = receiver.into_iter().chain(types).collect();
    let output = match &signature.output {
        ReturnType::Default => String::new(),
        ReturnType::Type(_, ty) => format!(" -> {}", text(ty)),
    };
    let bounds = signature.generics.where_clause.as_ref();
    let bounds = bounds.map(|bounds| format!(" {}", text(bounds)));
    format!(
        "{}{}({}){output}{}",
        signature.ident,
        text(&signature.generics),
        arguments.join(", "),
        bounds.unwrap_or_default()
    )
}

fn type_text(kind: &str, name: &Ident) -> String {
    format!("{kind} {name}")
}

fn last_segment(path: &syn::Path) -> TokenStream {
    path.segments
        .last()
        .map(ToTokens::to_token_stream)
        .unwrap_or_default()
}

fn with(features: &Features, attributes: &[Attribute]) -> Features {
    let mut all = features.clone();
    all.extend(self::features(attributes));
    all
}
