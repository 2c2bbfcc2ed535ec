//! Reads the fields of serializers. Types are known only where the code shows them.

mod values;

use std::collections::{BTreeMap, BTreeSet};

use super::classes::{Class, Classes};
use super::ruby::{self, Arg, Lexed, Node, Statement, Token};
use crate::external::{Attribute, Lifecycle, Object, Shape};
use values::Value;

/// The folder of the serializers of the API.
pub(super) const FOLDER: &str = "app/serializers/rest";

/// The folder of all serializers.
pub(super) const ALL: &str = "app/serializers";

/// The serializers of the API outside of this folder, with the names of their entities.
const ELSEWHERE: [(&str, &str); 6] = [
    ("NodeInfo::DiscoverySerializer", "NodeInfoIndex"),
    ("NodeInfo::Serializer", "NodeInfo"),
    ("OAuthMetadataSerializer", "OAuthServerMetadata"),
    ("OAuthUserinfoSerializer", "UserInfo"),
    ("OEmbedSerializer", "OEmbed"),
    ("Web::NotificationSerializer", "PushNotification"),
];

/// The module of serializers whose keys are sent in camel case.
const CAMEL_CASE: &str = "NodeInfo::";

/// The entities of the serializers, with what was not understood.
#[derive(Debug, Default)]
pub(super) struct Serializers {
    pub(super) objects: Vec<Object>,
    pub(super) problems: Vec<String>,
    /// The files with serializers, and all files.
    pub(super) files: (usize, usize),
    /// The number of other serializers, such as those of ActivityPub.
    pub(super) others: usize,
}

/// Reads the serializers among the classes.
pub(super) fn read(classes: &Classes) -> Serializers {
    let mut out = Serializers::default();
    let used = used(classes);
    for (file, has_class) in &classes.files {
        if file.starts_with(FOLDER) && !has_class {
            out.problems
                .push(format!("{file}: the file contains no class"));
        }
    }
    let mut read = BTreeMap::new();
    for class in classes.all() {
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == class.name);
        let is_rest = class.file.starts_with(FOLDER);
        if !is_rest && elsewhere.is_none() {
            let is_serializer = class.file.starts_with(ALL) && entity(&class.name).is_some();
            out.others += usize::from(is_serializer);
            continue;
        }
        let has_fields = read.entry(class.file.as_str()).or_insert(false);
        let name = elsewhere.map(|(_, entity)| (*entity).to_owned());
        let Some(name) = name.or_else(|| entity(&class.name)) else {
            continue;
        };
        let mut object = object(classes, class, name, &mut out.problems);
        let last = class.name.rsplit("::").next().unwrap_or(&class.name);
        object.unused = is_rest && !used.contains(last);
        if class.name.starts_with(CAMEL_CASE) {
            for field in &mut object.attributes {
                let parts = field.path.split('.');
                let parts = parts.map(heck::ToLowerCamelCase::to_lower_camel_case);
                field.path = parts.collect::<Vec<_>>().join(".");
            }
        }
        if object.attributes.is_empty() {
            let problem = format!("{}: `{}` has no fields", object.at, class.name);
            out.problems.push(problem);
            continue;
        }
        *has_fields = true;
        out.objects.push(object);
    }
    for (file, _) in read.iter().filter(|(_, has_fields)| !**has_fields) {
        let problem = format!("{file}: the file contains no serializer with fields");
        if !out.problems.iter().any(|own| own.starts_with(*file)) {
            out.problems.push(problem);
        }
    }
    let with_fields = read.values().filter(|has_fields| **has_fields).count();
    let files = classes.files.iter();
    let in_folder = files.filter(|(file, _)| file.starts_with(FOLDER));
    let elsewhere = read.keys().filter(|file| !file.starts_with(FOLDER));
    out.files = (with_fields, in_folder.count() + elsewhere.count());
    out
}

/// The last part of each name of a serializer in a controller of the API or in a serializer.
fn used(classes: &Classes) -> BTreeSet<String> {
    fn walk(nodes: &[Node], out: &mut BTreeSet<String>) {
        for token in nodes.iter().flat_map(|node| &node.tokens) {
            match token {
                Token::Leaf(Lexed::Word(word)) => {
                    let last = word.rsplit("::").next().unwrap_or(word);
                    if last.ends_with("Serializer") {
                        out.insert(last.to_owned());
                    }
                }
                Token::Group(_, inner) | Token::Block(inner) => walk(inner, out),
                Token::Leaf(_) => {}
            }
        }
    }
    let mut out = BTreeSet::new();
    let folders = [FOLDER, "app/controllers/api", "app/controllers/concerns"];
    for class in classes.all() {
        if folders.iter().any(|folder| class.file.starts_with(folder)) {
            walk(&class.statements, &mut out);
            for method in class.methods.values() {
                walk(&method.body, &mut out);
            }
        }
    }
    out
}

/// `Admin::Report` for `REST::Admin::ReportSerializer`; `Status.Mention` for a class in another serializer.
pub(super) fn entity(class: &str) -> Option<String> {
    let mut out = String::new();
    let mut inside = false;
    let class = class.trim_start_matches("::");
    for part in class.strip_prefix("REST::").unwrap_or(class).split("::") {
        let own = part.strip_suffix("Serializer");
        let separator = match (out.is_empty(), inside) {
            (true, _) => "",
            (false, true) => ".",
            (false, false) => "::",
        };
        out = format!("{out}{separator}{}", own.unwrap_or(part));
        inside = own.is_some();
    }
    inside.then_some(out)
}

fn object(classes: &Classes, class: &Class, name: String, problems: &mut Vec<String>) -> Object {
    let ancestors = classes.ancestors(class);
    let mut reader = Reader {
        classes,
        ancestors: &ancestors,
        attributes: Vec::new(),
        problems: Vec::new(),
        is_whole: true,
    };
    // What a class adds replaces what it inherits.
    for ancestor in ancestors.iter().rev() {
        let own = ancestor.name == class.name;
        let problems_before = reader.problems.len();
        for node in &ancestor.statements {
            reader.statement(node, ancestor, &[]);
        }
        let parent = ancestor.superclass.as_deref();
        if let Some(parent) = parent.filter(|parent| *parent != "ActiveModel::Serializer") {
            let outer = ancestor
                .name
                .rsplit_once("::")
                .map_or("", |(outer, _)| outer);
            if classes.resolve(parent, outer).is_none() && entity(&ancestor.name).is_some() {
                reader.is_whole = false;
                let at = ancestor.at(ancestor.line);
                let problem = format!("{at}: the superclass `{parent}` is not known");
                reader.problems.push(problem);
            }
        }
        // Those of other classes are reported with them.
        let is_serializer = entity(&ancestor.name).is_some();
        if !own && is_serializer {
            reader.problems.truncate(problems_before);
        }
    }
    for problem in reader.problems {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Object {
        name,
        attributes: reader.attributes,
        at: class.at(class.line),
        docs: None,
        partial: !reader.is_whole,
        unused: false,
    }
}

struct Reader<'c> {
    classes: &'c Classes,
    ancestors: &'c [&'c Class],
    attributes: Vec<Attribute>,
    problems: Vec<String>,
    /// Everything that adds fields was understood.
    is_whole: bool,
}

/// Statements of a class that add no fields.
const WITHOUT_FIELDS: [&str; 15] = [
    "include",
    "prepend",
    "extend",
    "delegate",
    "private",
    "protected",
    "public",
    "cache",
    "type",
    "alias_method",
    "attr_reader",
    "attr_accessor",
    "private_constant",
    "class",
    "alias",
];

impl<'c> Reader<'c> {
    fn problem(&mut self, class: &Class, line: usize, what: &str) {
        self.is_whole = false;
        self.problems.push(format!("{}: {what}", class.at(line)));
    }

    fn statement(&mut self, node: &Node, class: &'c Class, outer: &[(String, Arg)]) {
        let Some(mut statement) = node.statement() else {
            let what = format!("`{}` is not understood", ruby::source(&node.tokens));
            return self.problem(class, node.line, &what);
        };
        for (name, value) in outer {
            if statement.option(name).is_none() {
                statement.options.push((name.clone(), value.clone()));
            }
        }
        if statement.conditional && statement.option("if").is_none() {
            statement
                .options
                .push(("if".to_owned(), Arg::Other(String::new())));
        }
        match statement.word.as_str() {
            "attributes" | "attribute" | "has_one" | "belongs_to" | "has_many" => {
                self.fields(&statement, class);
            }
            "with_options" => {
                for inner in &statement.block {
                    self.statement(inner, class, &statement.options);
                }
            }
            "if" | "unless" => {
                let condition = [("if".to_owned(), Arg::Other(String::new()))];
                for inner in statement.block.iter().skip(1) {
                    let clause = inner.head().map(|(word, _)| word);
                    if !matches!(clause, Some("else" | "elsif")) {
                        self.statement(inner, class, &condition);
                    }
                }
            }
            // A class that drops what it inherits assigns the lists of ActiveModel.
            "_attributes_data" => self.attributes.clear(),
            "_reflections" | "_links" => {}
            word if WITHOUT_FIELDS.contains(&word) => {}
            // Modules for other classes contain other statements.
            _ if entity(&class.name).is_none() => {}
            word => {
                let what = format!("`{word}` is not understood");
                self.problem(class, node.line, &what);
            }
        }
    }

    /// `attributes :id, :url`, `attribute :silenced, key: :limited`, `has_many :emojis, serializer: X`.
    fn fields(&mut self, statement: &Statement, class: &'c Class) {
        let mut names: Vec<String> = Vec::new();
        for arg in &statement.args {
            match arg {
                Arg::Other(source) => match self.listed(source) {
                    Some(found) => names.extend(found),
                    None => {
                        let what = format!("`{source}` is not understood");
                        self.problem(class, statement.line, &what);
                    }
                },
                arg => names.extend(arg.words().into_iter().map(str::to_owned)),
            }
        }
        let many = statement.word == "has_many";
        let optional = ["if", "unless"]
            .iter()
            .any(|name| statement.option(name).is_some());
        for name in names {
            let key = statement.word_option("key").unwrap_or(&name).to_owned();
            let value = self.value(&name, statement);
            let named = match statement.option("serializer") {
                Some(Arg::Other(source)) => Some(self.serializer(source, class)),
                _ => self.nested_serializer(&key, &name),
            };
            let is_named = named.is_some();
            let shape = match named {
                Some(named) if many => named.list(),
                Some(named) => named,
                None if many && !matches!(value.shape, Shape::List(_)) => Shape::Unknown.list(),
                None => value.shape.clone(),
            };
            let at = class.at(statement.line);
            let prefix = format!("{key}.");
            self.attributes
                .retain(|own| own.path != key && !own.path.starts_with(&prefix));
            let field = |path: String, shape: Shape, nullable: bool, optional: bool| Attribute {
                path,
                shape,
                nullable,
                optional,
                since: None,
                removed: false,
                ends: Lifecycle::default(),
                values: Vec::new(),
                value_versions: Vec::new(),
                at: at.clone(),
            };
            let nullable = value.nullable && !many;
            self.attributes
                .push(field(key.clone(), shape, nullable, optional));
            if is_named || !value.is_whole {
                continue;
            }
            for (path, inner) in value.fields {
                let path = format!("{prefix}{path}");
                let inner = field(path, inner.shape, inner.nullable, inner.optional);
                self.attributes.push(inner);
            }
        }
    }

    /// The names in `*CONSTANT`.
    fn listed(&self, source: &str) -> Option<Vec<String>> {
        let name = source.strip_prefix('*')?;
        let value = self.classes.constant(self.ancestors, name)?;
        let names = ruby::arg(value);
        let names: Vec<String> = names.words().into_iter().map(str::to_owned).collect();
        (!names.is_empty()).then_some(names)
    }

    fn serializer(&self, source: &str, class: &Class) -> Shape {
        let resolved = self.classes.resolve(source, &class.name);
        let name = resolved.map_or(source, |class| class.name.as_str());
        entity(name).map_or(Shape::Unknown, Shape::Named)
    }

    /// The serializer inside the class that is found by the name of an association.
    fn nested_serializer(&self, key: &str, name: &str) -> Option<Shape> {
        [key, name].into_iter().find_map(|name| {
            let name =
                heck::ToUpperCamelCase::to_upper_camel_case(super::names::singular(name).as_str());
            let found = self.ancestors.iter().find_map(|class| {
                let full = format!("{}::{name}Serializer", class.name);
                self.classes.resolve(&full, "")
            })?;
            entity(&found.name).map(Shape::Named)
        })
    }

    /// What the method of a field, or the block of its statement, returns.
    fn value(&self, name: &str, statement: &Statement) -> Value {
        if !statement.block.is_empty() {
            return values::returned(&statement.block);
        }
        match self.classes.method(self.ancestors, name) {
            Some(method) => values::returned(&method.body),
            None => Value::default(),
        }
    }
}

/// Whether the token is a literal.
fn is_literal(token: &Token, text: &str) -> bool {
    matches!(token, Token::Leaf(Lexed::Word(word)) if word == text)
}
