//! Finds the parameters that the methods of a controller read.

use std::collections::{BTreeMap, BTreeSet};

use crate::external::{Parameter, Shape};
use crate::routes::classes::{Class, Classes, Method};
use crate::routes::ruby::{self, Arg, Bracket, Lexed, Node, Token};

/// The parameters that the methods read, and positions where they are read in a way that is not understood.
pub(super) fn read(
    classes: &Classes,
    ancestors: &[&Class],
    methods: &[(&Class, &str, &Method)],
    lambdas: &[&[Token]],
) -> (Vec<Parameter>, Vec<String>) {
    let mut reader = Reader {
        classes,
        ancestors,
        at: String::new(),
        found: BTreeMap::new(),
        problems: Vec::new(),
        filters: Vec::new(),
    };
    for (class, name, method) in methods {
        let before = std::mem::take(&mut reader.found);
        reader.nodes(&method.body, class);
        // Several actions share a method that permits more than each of them uses.
        if let Some(used) = used(name, methods) {
            let top = |name: &str| name.split('[').next().unwrap_or(name).to_owned();
            // Those of a group are its result, if the method names the group itself.
            if reader.found.keys().any(|name| used.contains(&top(name))) {
                reader.found.retain(|name, _| used.contains(&top(name)));
            }
        }
        for (name, (shape, at)) in before {
            reader.at = at;
            reader.add(name, shape);
        }
    }
    for tokens in lambdas {
        reader.tokens(tokens, None);
    }
    let found = reader
        .found
        .into_iter()
        .map(|(name, (shape, at))| Parameter {
            name,
            location: None,
            shape,
            required: None,
            since: None,
            values: Vec::new(),
            value_versions: Vec::new(),
            default: None,
            max: None,
            at,
        });
    (found.collect(), reader.problems)
}

struct Reader<'c> {
    classes: &'c Classes,
    ancestors: &'c [&'c Class],
    at: String,
    /// Shape and position by name.
    found: BTreeMap<String, (Shape, String)>,
    problems: Vec<String>,
    /// The classes that read parameters for the controller.
    filters: Vec<String>,
}

/// Methods that take the name of a parameter.
const HELPERS: [&str; 2] = ["truthy_param?", "params_slice"];

impl Reader<'_> {
    fn nodes(&mut self, nodes: &[Node], class: &Class) {
        for node in nodes {
            self.at = class.at(node.line);
            self.tokens(&node.tokens, Some(class));
        }
    }

    fn tokens(&mut self, tokens: &[Token], class: Option<&Class>) {
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Leaf(Lexed::Word(word)) if word == "params" || word == "@params" => {
                    let position = self.at.clone();
                    self.access("", &tokens[at + 1..]);
                    self.at = position;
                }
                Token::Leaf(Lexed::Word(word))
                    if word.starts_with(char::is_uppercase)
                        && self.filter(word, &tokens[at + 1..]) => {}
                Token::Leaf(Lexed::Word(word)) if HELPERS.contains(&word.as_str()) => {
                    let shape = if word == "truthy_param?" {
                        Shape::Bool
                    } else {
                        Shape::Unknown
                    };
                    for part in ruby::arguments(&tokens[at + 1..]) {
                        self.names("", part, &shape);
                    }
                }
                Token::Group(_, inner) | Token::Block(inner) => match class {
                    Some(class) => {
                        let position = self.at.clone();
                        self.nodes(inner, class);
                        self.at = position;
                    }
                    None => {
                        for node in inner {
                            self.tokens(&node.tokens, None);
                        }
                    }
                },
                Token::Leaf(_) => {}
            }
        }
    }

    /// `AccountFilter.new(account, params)`: the class reads them. Returns whether it is one.
    fn filter(&mut self, name: &str, rest: &[Token]) -> bool {
        let [
            dot,
            Token::Leaf(Lexed::Method(new)),
            Token::Group(Bracket::Round, inner),
            ..,
        ] = rest
        else {
            return false;
        };
        let whole = |node: &Node| {
            ruby::commas(&node.tokens)
                .iter()
                .any(|part| matches!(part, [token] if token.word() == Some("params")))
        };
        if !dot.is(".") || new != "new" || !inner.iter().any(whole) {
            return false;
        }
        let within = self
            .ancestors
            .first()
            .map_or("", |class| class.name.as_str());
        let Some(class) = self.classes.resolve(name, within) else {
            return false;
        };
        self.filters.push(class.name.clone());
        let position = self.at.clone();
        for method in class.methods.values() {
            self.nodes(&method.body, class);
        }
        self.at = position;
        true
    }

    /// What follows `params`, or a part of it.
    fn access(&mut self, outer: &str, rest: &[Token]) {
        match rest {
            // `params[:name]`
            [Token::Group(Bracket::Square, inner), rest @ ..] => {
                let key = inner.first().map(|node| ruby::arg(&node.tokens));
                match key {
                    Some(Arg::Word(name)) => {
                        let name = inside(outer, &name);
                        self.add(name.clone(), Shape::Unknown);
                        self.access(&name, rest);
                    }
                    // The name is a parameter of a helper.
                    Some(Arg::Other(name)) if is_plain(&name) => {}
                    _ => self.not_understood(rest),
                }
            }
            [dot, Token::Leaf(Lexed::Method(name)), rest @ ..] if dot.is(".") || dot.is("&.") => {
                self.call(outer, name, rest);
            }
            // A part of it is the value of a parameter, and a filter keeps all of them.
            _ if !outer.is_empty() || self.keeps(rest) => {}
            _ => self.not_understood(rest),
        }
    }

    /// Whether `params` is stored by a filter or passed to one, which is read itself.
    fn keeps(&self, rest: &[Token]) -> bool {
        let assigned =
            matches!(rest, [equals, value] if equals.is("=") && value.word() == Some("params"));
        (rest.is_empty() || assigned) && !self.filters.is_empty()
    }

    fn call(&mut self, outer: &str, name: &str, rest: &[Token]) {
        let arguments = match rest.first() {
            Some(Token::Group(Bracket::Round, _)) => ruby::arguments(rest),
            _ => Vec::new(),
        };
        let after = rest.get(1..).unwrap_or_default();
        match name {
            "permit" | "slice" | "permit_with_default" | "expect" | "values_at" | "extract!" => {
                for part in arguments {
                    self.names(outer, part, &Shape::Unknown);
                }
                // `params.slice(:a).permit(a: [:b])` reads a part of `a`.
                if let [_, Token::Leaf(Lexed::Method(next)), ..] = after
                    && next == "permit"
                {
                    self.access(outer, after);
                }
            }
            "require" => {
                for part in arguments {
                    if let Arg::Word(name) = ruby::arg(part) {
                        let name = inside(outer, &name);
                        self.add(name.clone(), Shape::Unknown);
                        self.access(&name, after);
                    }
                }
            }
            "key?" | "has_key?" | "fetch" | "delete" | "dig" | "include?" => {
                let mut path = outer.to_owned();
                for part in arguments
                    .iter()
                    .take(if name == "dig" { usize::MAX } else { 1 })
                {
                    match ruby::arg(part) {
                        Arg::Word(name) => {
                            path = inside(&path, &name);
                            self.add(path.clone(), Shape::Unknown);
                        }
                        Arg::Other(name) if is_plain(&name) => {}
                        _ => self.not_understood(rest),
                    }
                }
            }
            // Not all of them belong to the action.
            "except" | "to_unsafe_h" | "merge" | "permit!" | "to_h" if outer.is_empty() => {
                self.not_understood(rest);
            }
            _ if outer.is_empty() => self.not_understood(rest),
            _ => {}
        }
    }

    /// The names in the arguments of `permit`: `:id`, `*KEYS`, `ids: []`, `poll: [:multiple, options: []]`.
    fn names(&mut self, outer: &str, part: &[Token], shape: &Shape) {
        match part {
            [Token::Leaf(Lexed::Label(name)), value @ ..] => {
                let name = inside(outer, name);
                match value {
                    [Token::Group(Bracket::Square, inner)] if inner.is_empty() => {
                        self.add(name, Shape::Unknown.list());
                    }
                    [Token::Group(_, inner)] => {
                        self.add(name.clone(), Shape::Unknown);
                        let inner: Vec<&[Token]> = inner
                            .iter()
                            .flat_map(|node| ruby::commas(&node.tokens))
                            .collect();
                        for part in inner {
                            self.names(&name, part, shape);
                        }
                    }
                    value => {
                        self.add(name.clone(), Shape::Unknown);
                        self.names(&name, value, shape);
                    }
                }
            }
            [Token::Group(_, inner)] => {
                for node in inner {
                    for part in ruby::commas(&node.tokens) {
                        self.names(outer, part, shape);
                    }
                }
            }
            [star, rest @ ..] if star.is("*") => self.names(outer, rest, shape),
            [Token::Leaf(Lexed::Word(name)), rest @ ..] if name.starts_with(char::is_uppercase) => {
                match self.classes.constant(self.ancestors, name) {
                    Some(value) => self.listed(outer, part, without_freeze(value), rest, shape),
                    None => self.not_understood(part),
                }
            }
            part => match ruby::arg(part) {
                Arg::Other(name) if is_plain(&name) => {}
                Arg::Other(_) => self.not_understood(part),
                arg => {
                    for name in arg.words() {
                        self.add(inside(outer, name), shape.clone());
                    }
                }
            },
        }
    }

    /// The names in a constant: `KEYS`, `HASH.keys`, `KEYS.map { |key| { key.to_sym => [:id] } }`.
    fn listed(
        &mut self,
        outer: &str,
        part: &[Token],
        value: &[Token],
        rest: &[Token],
        shape: &Shape,
    ) {
        match rest {
            [] => match value {
                // The constant is derived from another one, often of the same class.
                [Token::Leaf(Lexed::Word(name)), rest @ ..] if !rest.is_empty() => {
                    let outer_class = part.iter().find_map(Token::word);
                    let outer_class = outer_class.and_then(|own| own.rsplit_once("::"));
                    let full = outer_class.map(|(class, _)| format!("{class}::{name}"));
                    let full = full.unwrap_or_else(|| name.clone());
                    match self.classes.constant(self.ancestors, &full) {
                        Some(value) => {
                            self.listed(outer, part, without_freeze(value), rest, shape);
                        }
                        None => self.not_understood(part),
                    }
                }
                value => self.names(outer, value, shape),
            },
            [dot, Token::Leaf(Lexed::Method(keys))] if dot.is(".") && keys == "keys" => {
                if let [Token::Group(Bracket::Curly, entries)] = value {
                    for (key, _) in ruby::hash(entries) {
                        match key {
                            Some(key) => self.add(inside(outer, &key), shape.clone()),
                            None => self.not_understood(part),
                        }
                    }
                } else {
                    self.not_understood(part);
                }
            }
            [
                dot,
                Token::Leaf(Lexed::Method(map)),
                Token::Group(Bracket::Curly, inner),
            ] if dot.is(".") && map == "map" => {
                let value = ruby::arg(value);
                let names: Vec<String> = value.words().into_iter().map(str::to_owned).collect();
                let [Node { tokens, .. }] = &inner[..] else {
                    return self.not_understood(part);
                };
                let [Token::Group(Bracket::Curly, entries)] = &tokens[..] else {
                    return self.not_understood(part);
                };
                let arrow = |tokens: &[Token]| tokens.iter().position(|token| token.is("=>"));
                for name in names {
                    let name = inside(outer, &name);
                    self.add(name.clone(), Shape::Unknown);
                    for entry in entries {
                        if let Some(at) = arrow(&entry.tokens) {
                            self.names(&name, &entry.tokens[at + 1..], shape);
                        }
                    }
                }
            }
            _ => self.not_understood(part),
        }
    }

    fn add(&mut self, name: String, shape: Shape) {
        let at = self.at.clone();
        match self.found.entry(name) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert((shape, at));
            }
            // It can be sent in several forms.
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let known = entry.get().0.clone();
                let is_list = |shape: &Shape| matches!(shape, Shape::List(_));
                if is_list(&known) != is_list(&shape) {
                    entry.get_mut().0 = Shape::Unknown;
                } else if known == Shape::Unknown {
                    entry.get_mut().0 = shape;
                }
            }
        }
    }

    fn not_understood(&mut self, rest: &[Token]) {
        let end = rest.len().min(6);
        let source = ruby::source(&rest[..end]);
        let problem = match source.as_str() {
            "" => format!("{}: `params` is passed on as a whole", self.at),
            source => format!("{}: `params` with `{source}` is not understood", self.at),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// The keys that are read from the result of a method; `None` if it is used as a whole.
fn used(name: &str, methods: &[(&Class, &str, &Method)]) -> Option<BTreeSet<String>> {
    fn walk(name: &str, nodes: &[Node], out: &mut BTreeSet<String>) -> bool {
        nodes.iter().all(|node| {
            node.tokens
                .iter()
                .enumerate()
                .all(|(at, token)| match token {
                    Token::Leaf(Lexed::Word(word)) if word == name => {
                        let keys = keys(&node.tokens[at + 1..]);
                        out.extend(keys.iter().flatten().cloned());
                        keys.is_some()
                    }
                    Token::Group(_, inner) | Token::Block(inner) => walk(name, inner, out),
                    Token::Leaf(_) => true,
                })
        })
    }
    // `[:key]`, `.slice(:key)`, `.key?(:key)`.
    fn keys(rest: &[Token]) -> Option<Vec<String>> {
        let nodes = match rest {
            [Token::Group(Bracket::Square, inner), ..] => inner,
            [
                dot,
                Token::Leaf(Lexed::Method(name)),
                Token::Group(Bracket::Round, inner),
                ..,
            ] if dot.is(".") && ["slice", "key?", "fetch", "dig"].contains(&name.as_str()) => inner,
            _ => return None,
        };
        let parts = nodes.iter().flat_map(|node| ruby::commas(&node.tokens));
        let words: Option<Vec<Vec<String>>> = parts
            .map(|part| match ruby::arg(part) {
                Arg::Other(_) => None,
                arg => Some(arg.words().into_iter().map(str::to_owned).collect()),
            })
            .collect();
        Some(words?.concat())
    }
    if !name.ends_with("params") {
        return None;
    }
    let mut out = BTreeSet::new();
    let by_key = methods
        .iter()
        .all(|(_, _, method)| walk(name, &method.body, &mut out));
    (by_key && !out.is_empty()).then_some(out)
}

fn without_freeze(tokens: &[Token]) -> &[Token] {
    match tokens {
        [own @ .., dot, Token::Leaf(Lexed::Method(name))] if dot.is(".") && name == "freeze" => own,
        own => own,
    }
}

fn inside(outer: &str, name: &str) -> String {
    match outer {
        "" => name.to_owned(),
        outer => format!("{outer}[{name}]"),
    }
}

/// Whether it is a local variable.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
