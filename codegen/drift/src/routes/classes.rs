//! The classes and modules of a checkout, with their methods and the classes that they extend.

use std::collections::BTreeMap;
use std::path::Path;

use super::ruby::{self, Bracket, Lexed, Node, Token};
use crate::source::{files, text};

/// The classes of some folders.
#[derive(Debug, Default)]
pub(super) struct Classes {
    by_name: BTreeMap<String, Class>,
    /// The files that were read: path relative to the checkout, and whether it contains a class.
    pub(super) files: Vec<(String, bool)>,
    /// Parts that are not Ruby as it is understood here, with their position.
    pub(super) problems: Vec<String>,
}

/// A class or module.
#[derive(Debug)]
pub(super) struct Class {
    /// The name with its modules: `REST::StatusSerializer`.
    pub(super) name: String,
    /// The superclass as written, or nothing for modules and classes without one.
    pub(super) superclass: Option<String>,
    pub(super) file: String,
    pub(super) line: usize,
    /// Its own statements, without methods and nested classes.
    pub(super) statements: Vec<Node>,
    pub(super) methods: BTreeMap<String, Method>,
    pub(super) constants: BTreeMap<String, Vec<Token>>,
}

/// A method.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) body: Vec<Node>,
}

/// Maximum depth of inheritance.
const DEPTH: usize = 12;

impl Classes {
    /// Reads a Ruby file, or those of a folder and its subfolders.
    ///
    /// # Errors
    ///
    /// When a folder or a file cannot be read.
    pub(super) fn read(&mut self, checkout: &Path, folder: &str) -> Result<(), String> {
        let root = checkout.join(folder);
        let paths = if root.is_file() {
            vec![root]
        } else {
            files(&root, "rb")?
        };
        for path in paths {
            let at = path.strip_prefix(checkout).unwrap_or(&path);
            let at = at.display().to_string();
            let (nodes, problems) = ruby::parse(&text(&path)?);
            let positions = problems.into_iter();
            self.problems
                .extend(positions.map(|(line, problem)| format!("{at}:{line}: {problem}")));
            let before = self.by_name.len();
            self.add(&nodes, "", &at);
            self.files.push((at, self.by_name.len() > before));
        }
        Ok(())
    }

    /// Adds the classes among statements, and returns the other statements.
    fn add(&mut self, nodes: &[Node], scope: &str, file: &str) -> Vec<Node> {
        let mut rest = Vec::new();
        for node in nodes {
            let Some((name, superclass, body)) = definition(node) else {
                rest.push(node.clone());
                continue;
            };
            let name = qualified(scope, name);
            let statements = self.add(body, &name, file);
            let mut class = Class {
                name: name.clone(),
                superclass,
                file: file.to_owned(),
                line: node.line,
                statements: Vec::new(),
                methods: BTreeMap::new(),
                constants: BTreeMap::new(),
            };
            class.fill(statements);
            match self.by_name.get_mut(&name) {
                // It is opened again.
                Some(open) => open.merge(class),
                None => drop(self.by_name.insert(name, class)),
            }
        }
        rest
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Class> {
        self.by_name.values()
    }

    /// The class that a name stands for inside another class.
    pub(super) fn resolve(&self, name: &str, within: &str) -> Option<&Class> {
        let name = name.trim_start_matches("::");
        let mut scope = within;
        loop {
            if let Some(class) = self.by_name.get(&qualified(scope, name)) {
                return Some(class);
            }
            scope = match scope.rsplit_once("::") {
                Some((outer, _)) => outer,
                None if scope.is_empty() => return None,
                None => "",
            };
        }
    }

    /// The class, the modules that it includes, and the same of its superclasses: nearest first.
    pub(super) fn ancestors<'c>(&'c self, class: &'c Class) -> Vec<&'c Class> {
        let mut out: Vec<&Class> = Vec::new();
        self.collect(class, DEPTH, &mut out);
        out
    }

    fn collect<'c>(&'c self, class: &'c Class, depth: usize, out: &mut Vec<&'c Class>) {
        if depth == 0 || out.iter().any(|own| own.name == class.name) {
            return;
        }
        out.push(class);
        for name in class.included() {
            if let Some(module) = self.resolve(&name, &class.name) {
                self.collect(module, depth - 1, out);
            }
        }
        let outer = class.name.rsplit_once("::").map_or("", |(outer, _)| outer);
        let superclass = class.superclass.as_deref();
        if let Some(parent) = superclass.and_then(|name| self.resolve(name, outer)) {
            self.collect(parent, depth - 1, out);
        }
    }

    /// The nearest method with a name.
    pub(super) fn method<'c>(&'c self, ancestors: &[&'c Class], name: &str) -> Option<&'c Method> {
        ancestors.iter().find_map(|class| class.methods.get(name))
    }

    /// The value of a constant, looked up in the class, around it, and in its ancestors.
    pub(super) fn constant<'c>(
        &'c self,
        ancestors: &[&'c Class],
        name: &str,
    ) -> Option<&'c [Token]> {
        if let Some((class, name)) = name.rsplit_once("::") {
            let within = ancestors.first().map_or("", |class| class.name.as_str());
            let class = self.resolve(class, within)?;
            return class.constants.get(name).map(Vec::as_slice);
        }
        let mut found = ancestors.iter();
        found.find_map(|class| class.constants.get(name).map(Vec::as_slice))
    }
}

impl Class {
    fn fill(&mut self, statements: Vec<Node>) {
        for node in statements {
            let defined = method(&node);
            if let Some((name, method)) = defined {
                self.methods.insert(name, method);
                continue;
            }
            if let Some((name, value)) = node.assignment() {
                self.constants.insert(name.to_owned(), value.to_vec());
                continue;
            }
            // `included do` of a concern is executed in the class that includes it.
            if let Some(("included", _)) = node.head()
                && let Some(Token::Block(inner)) = node.tokens.last()
            {
                self.fill(inner.clone());
                continue;
            }
            self.statements.push(node);
        }
    }

    fn merge(&mut self, other: Self) {
        self.superclass = self.superclass.take().or(other.superclass);
        self.statements.extend(other.statements);
        self.methods.extend(other.methods);
        self.constants.extend(other.constants);
    }

    /// The names of the modules that it includes.
    fn included(&self) -> Vec<String> {
        let mut out = Vec::new();
        for node in &self.statements {
            if let Some(("include" | "prepend", length)) = node.head() {
                let names = ruby::arguments(&node.tokens[length..]).into_iter();
                out.extend(names.map(ruby::source));
            }
        }
        out
    }

    pub(super) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.file)
    }
}

fn qualified(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        scope => format!("{scope}::{name}"),
    }
}

/// The name, the superclass and the body of a class or module.
fn definition(node: &Node) -> Option<(&str, Option<String>, &[Node])> {
    match &node.tokens[..] {
        [
            Token::Leaf(Lexed::Word(word)),
            Token::Leaf(Lexed::Word(name)),
            rest @ ..,
            Token::Block(body),
        ] if word == "class" || word == "module" => {
            let superclass = match rest {
                [less, superclass @ ..] if less.is("<") => Some(ruby::source(superclass)),
                _ => None,
            };
            Some((name, superclass, body))
        }
        // `Name = Class.new(Superclass) do … end`
        [
            Token::Leaf(Lexed::Word(name)),
            equals,
            Token::Leaf(Lexed::Word(class)),
            dot,
            Token::Leaf(Lexed::Method(new)),
            rest @ ..,
        ] if equals.is("=")
            && dot.is(".")
            && new == "new"
            && (class == "Class" || class == "Module") =>
        {
            let superclass = match rest {
                [Token::Group(Bracket::Round, inner), ..] => {
                    inner.first().map(|node| ruby::source(&node.tokens))
                }
                _ => None,
            };
            let body = match rest.last() {
                Some(Token::Block(body) | Token::Group(Bracket::Curly, body)) => body,
                _ => &[][..],
            };
            Some((name, superclass, body))
        }
        _ => None,
    }
}

/// A method with its name; `private def name` too.
fn method(node: &Node) -> Option<(String, Method)> {
    let start = node
        .tokens
        .iter()
        .position(|token| token.word() == Some("def"))?;
    match &node.tokens[start + 1..] {
        [
            Token::Leaf(Lexed::Method(name) | Lexed::Word(name)),
            ..,
            Token::Block(body),
        ] => {
            let body = body.clone();
            Some((name.clone(), Method { body }))
        }
        _ => None,
    }
}
