//! Reads the Rails routes of Mastodon: `config/routes/api.rb`.

mod classes;
mod controllers;
mod names;
mod ruby;
mod serializers;
mod version;

use std::collections::BTreeMap;
use std::path::Path;

use classes::Classes;
use controllers::Controllers;
pub(crate) use names::singular;
use names::{below, braced, join, plural};
use ruby::{Arg, Node, Statement};

use super::external::{ExternalApi, Notes, Operation, Shape};
use mastodon_spec::yaml::{ParamLocation, Route, SourceKind};

/// Reads a routes file; `name` is its name in reports. If it belongs to a checkout, tokens are read from the
/// controllers and fields from the serializers.
///
/// # Errors
///
/// When a file of the checkout cannot be read.
pub(super) fn parse(
    text: &str,
    name: &str,
    checkout: Option<&Path>,
) -> Result<ExternalApi, String> {
    let (nodes, problems) = ruby::parse(text);
    let mut routes = Routes {
        name,
        ..Routes::default()
    };
    routes.unread.extend(
        problems
            .into_iter()
            .map(|(line, problem)| format!("{name}:{line}: {problem}")),
    );
    routes.statements(&nodes, &Scope::default());
    let mut objects = Vec::new();
    let mut read = Vec::new();
    let (mut version, mut api_version) = (None, None);
    if let Some(checkout) = checkout {
        let mut classes = Classes::default();
        for folder in [serializers::ALL, controllers::FOLDER] {
            classes.read(checkout, folder)?;
        }
        classes.read(checkout, version::FOLDER)?;
        routes.unread.append(&mut classes.problems);
        (version, api_version) = version::read(&classes);
        // Controllers name their constants, and let their filters read parameters.
        let problems = classes.problems.len();
        for folder in ["app/models", "app/lib"] {
            classes.read(checkout, folder)?;
        }
        classes.problems.truncate(problems);
        let serializers = serializers::read(&classes);
        let fields: usize = serializers
            .objects
            .iter()
            .map(|object| object.attributes.len())
            .sum();
        let (files, all) = serializers.files;
        read.push(format!("{files} of {all} serializers with {fields} fields"));
        if serializers.others > 0 {
            let others = serializers.others;
            read.push(format!(
                "{others} serializers of other protocols and pages not compared"
            ));
        }
        objects = serializers.objects;
        routes.unread.extend(serializers.problems);
        let mut controllers = Controllers::new(&classes);
        let (mut actions, mut all) = (0, 0);
        for (operation, target) in routes.operations.iter_mut().zip(&routes.targets) {
            let Some((name, action)) = target else {
                continue;
            };
            all += 1;
            let Some(action) = controllers.action(name, action, &operation.at) else {
                continue;
            };
            actions += 1;
            operation.auth = action.auth;
            operation.returns = action.returns.unwrap_or(Shape::Unknown);
            let mut params = action.params;
            for param in &mut params {
                if operation.http.path_params().any(|name| name == param.name) {
                    param.location = Some(ParamLocation::Path);
                }
            }
            operation.params = Some(params);
            operation.is_partial = !action.is_whole;
        }
        let files = controllers.read.len();
        read.push(format!("{actions} of {all} actions in {files} controllers"));
        routes.unread.extend(controllers.problems);
    }
    read.insert(0, format!("{} routes", routes.operations.len()));
    Ok(ExternalApi {
        kind: SourceKind::Routes,
        operations: routes.operations,
        objects,
        scopes: Vec::new(),
        limits: Vec::new(),
        streaming: Vec::new(),
        version,
        api_version,
        read,
        unread: routes.unread,
        covers: "/api/",
    })
}

#[derive(Default)]
struct Routes<'a> {
    name: &'a str,
    operations: Vec<Operation>,
    /// The controller and action of each endpoint, where known.
    targets: Vec<Option<(String, String)>>,
    unread: Vec<String>,
    concerns: BTreeMap<String, Vec<Node>>,
}

/// The context of a statement.
#[derive(Debug, Clone, Default)]
struct Scope {
    path: String,
    /// The options of an enclosing `with_options`.
    options: Vec<(String, Arg)>,
    within: Parent,
    /// The folder of the controllers.
    module: String,
    /// The controller of the enclosing resource.
    controller: String,
}

/// The enclosing resource of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Parent {
    #[default]
    Nothing,
    /// A plural resource: nested routes belong to one item.
    Many {
        collection: String,
        param: String,
        singular: String,
    },
    /// A singular resource.
    One { path: String },
}

const ACTIONS: [(&str, &str, bool); 6] = [
    ("index", "GET", false),
    ("create", "POST", false),
    ("show", "GET", true),
    ("update", "PATCH", true),
    ("update", "PUT", true),
    ("destroy", "DELETE", true),
];

impl Routes<'_> {
    fn statements(&mut self, nodes: &[Node], scope: &Scope) {
        for node in nodes {
            let Some(mut statement) = node.statement() else {
                let source = ruby::source(&node.tokens);
                self.not_understood(node.line, &source);
                continue;
            };
            for (name, value) in &scope.options {
                if statement.option(name).is_none() {
                    statement.options.push((name.clone(), value.clone()));
                }
            }
            self.statement(&statement, scope);
        }
    }

    fn statement(&mut self, statement: &Statement, scope: &Scope) {
        match statement.word.as_str() {
            "namespace" | "scope" => self.scope(statement, scope),
            "resources" => self.resources(statement, scope),
            "resource" => self.resource(statement, scope),
            "member" | "collection" => {
                let inner = Scope {
                    path: at(scope, &statement.word),
                    within: Parent::Nothing,
                    ..scope.clone()
                };
                self.statements(&statement.block, &inner);
            }
            "get" | "post" | "put" | "patch" | "delete" => {
                let method = statement.word.to_uppercase();
                self.methods(statement, scope, &[method]);
            }
            "match" => {
                let methods: Vec<String> = statement
                    .option("via")
                    .map(Arg::words)
                    .unwrap_or_default()
                    .iter()
                    .map(|method| method.to_uppercase())
                    .collect();
                self.methods(statement, scope, &methods);
            }
            "with_options" => {
                let mut inner = scope.clone();
                inner
                    .options
                    .retain(|(name, _)| statement.option(name).is_none());
                inner.options.extend(statement.options.clone());
                self.statements(&statement.block, &inner);
            }
            "concern" => {
                for name in statement.args.iter().flat_map(Arg::words) {
                    self.concerns
                        .insert(name.to_owned(), statement.block.clone());
                }
            }
            "concerns" => {
                let names: Vec<String> = statement
                    .args
                    .iter()
                    .flat_map(Arg::words)
                    .map(str::to_owned)
                    .collect();
                self.concerns(&names, scope, statement.line);
            }
            // These options do not change the path.
            "draw" if !statement.block.is_empty() => self.statements(&statement.block, scope),
            "constraints" | "defaults" | "authenticate" | "controller" | "nested" => {
                self.statements(&statement.block, scope);
            }
            // The first statement is the condition.
            "if" | "unless" => {
                self.statements(statement.block.get(1..).unwrap_or_default(), scope);
            }
            "root" | "mount" | "direct" | "use_doorkeeper" | "devise_for" | "require" => {}
            "else" | "elsif" | "when" => {}
            word => self.not_understood(statement.line, word),
        }
    }

    fn not_understood(&mut self, line: usize, what: &str) {
        let problem = format!("{}:{line}: `{what}` is not understood", self.name);
        self.unread.push(problem);
    }

    fn concerns(&mut self, names: &[String], scope: &Scope, line: usize) {
        for name in names {
            match self.concerns.get(name).cloned() {
                Some(block) => self.statements(&block, scope),
                None => self
                    .unread
                    .push(format!("{}:{line}: unknown concern `{name}`", self.name)),
            }
        }
    }

    fn scope(&mut self, statement: &Statement, scope: &Scope) {
        let named = statement.args.iter().flat_map(Arg::words).next();
        let own = statement.word_option("path").or(named);
        let outer = nested(scope);
        let inner = Scope {
            path: own.map_or_else(|| outer.clone(), |own| join(&outer, own)),
            // A `scope` with only a module does not change the enclosing resource.
            within: if own.is_none() {
                scope.within.clone()
            } else {
                Parent::Nothing
            },
            options: scope.options.clone(),
            module: match (statement.word_option("module"), named) {
                (Some(module), _) => below(&scope.module, module),
                (None, Some(named)) if statement.word == "namespace" => below(&scope.module, named),
                _ => scope.module.clone(),
            },
            controller: scope.controller.clone(),
        };
        let inner = if own.is_none() {
            Scope {
                path: scope.path.clone(),
                ..inner
            }
        } else {
            inner
        };
        self.statements(&statement.block, &inner);
    }

    fn resources(&mut self, statement: &Statement, scope: &Scope) {
        for name in statement.args.iter().flat_map(Arg::words) {
            let collection = join(
                &nested(scope),
                statement.word_option("path").unwrap_or(name),
            );
            let (module, controller) = controller(statement, scope, name);
            let param = statement.word_option("param").unwrap_or("id").to_owned();
            let member = format!("{collection}/{{{param}}}");
            for (action, method, of_member) in ACTIONS {
                if has_action(statement, action) {
                    let path = if of_member { &member } else { &collection };
                    self.action(action, method, path, statement.line, &controller);
                }
            }
            let inner = Scope {
                path: collection.clone(),
                options: scope.options.clone(),
                module,
                controller,
                within: Parent::Many {
                    collection,
                    param,
                    singular: singular(name),
                },
            };
            self.read_block(statement, &inner);
        }
    }

    fn resource(&mut self, statement: &Statement, scope: &Scope) {
        for name in statement.args.iter().flat_map(Arg::words) {
            let path = join(
                &nested(scope),
                statement.word_option("path").unwrap_or(name),
            );
            let (module, controller) = controller(statement, scope, &plural(name));
            for (action, method, _) in ACTIONS {
                if action != "index" && has_action(statement, action) {
                    self.action(action, method, &path, statement.line, &controller);
                }
            }
            let inner = Scope {
                path: path.clone(),
                options: scope.options.clone(),
                module,
                controller,
                within: Parent::One { path },
            };
            self.read_block(statement, &inner);
        }
    }

    /// The content of a resource: concerns and block, with the options of an enclosing `with_options`.
    fn read_block(&mut self, statement: &Statement, inner: &Scope) {
        let concerns: Vec<String> = statement
            .option("concerns")
            .map(Arg::words)
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect();
        self.concerns(&concerns, inner, statement.line);
        self.statements(&statement.block, inner);
    }

    /// A standard action of a resource. Rails routes updates by PATCH and PUT; the documentation has either, so
    /// the other one is marked as its twin.
    fn action(&mut self, action: &str, method: &str, path: &str, line: usize, controller: &str) {
        let twin = match (action, method) {
            ("update", "PUT") => Some("PATCH"),
            ("update", "PATCH") => Some("PUT"),
            _ => None,
        };
        let target = Some((controller.to_owned(), action.to_owned()));
        self.route(method, path, line, twin, target);
    }

    fn methods(&mut self, statement: &Statement, scope: &Scope, methods: &[String]) {
        let targets = statement
            .options
            .iter()
            .filter_map(|(key, _)| key.strip_prefix("=>"));
        let names: Vec<&str> = statement
            .args
            .iter()
            .flat_map(Arg::words)
            .chain(targets)
            .collect();
        let outer = match statement.word_option("on") {
            Some(on) => at(scope, on),
            None => nested(scope),
        };
        for name in names {
            let to = statement
                .word_option("to")
                .and_then(|to| to.split_once('#'));
            let target = match to {
                Some((controller, action)) => (below(&scope.module, controller), action),
                None => {
                    let action = statement.word_option("action").unwrap_or(name);
                    (scope.controller.clone(), action)
                }
            };
            let target = Some((target.0, target.1.to_owned()));
            for method in methods {
                let path = join(&outer, name);
                self.route(method, &path, statement.line, None, target.clone());
            }
        }
    }

    fn route(
        &mut self,
        method: &str,
        path: &str,
        line: usize,
        twin: Option<&str>,
        target: Option<(String, String)>,
    ) {
        let path = braced(path);
        let parsed = |method: &str| format!("{method} {path}").parse::<Route>();
        match parsed(method) {
            Ok(http) => {
                self.targets.push(target);
                self.operations.push(Operation {
                    http,
                    at: format!("{}:{line}", self.name),
                    docs: None,
                    params: None,
                    returns: Shape::Unknown,
                    since: None,
                    auth: None,
                    removed: false,
                    twin_of: twin.and_then(|twin| parsed(twin).ok()),
                    is_partial: false,
                    notes: Notes::default(),
                });
            }
            Err(error) => self.unread.push(format!("{}:{line}: {error}", self.name)),
        }
    }
}

/// Whether a resource has a standard action.
fn has_action(statement: &Statement, action: &str) -> bool {
    match (statement.option("only"), statement.option("except")) {
        (Some(only), _) => only.words().contains(&action),
        (None, Some(except)) => !except.words().contains(&action),
        (None, None) => true,
    }
}

/// The path of a statement in the block of a resource without an explicit level.
fn nested(scope: &Scope) -> String {
    match &scope.within {
        Parent::Nothing => scope.path.clone(),
        Parent::Many {
            collection,
            param,
            singular,
        } => format!("{collection}/{{{singular}_{param}}}"),
        Parent::One { path } => path.clone(),
    }
}

/// The path of a statement with an explicit level: collection or member.
fn at(scope: &Scope, what: &str) -> String {
    match &scope.within {
        Parent::Many {
            collection, param, ..
        } if what == "member" => format!("{collection}/{{{param}}}"),
        Parent::Many { collection, .. } => collection.clone(),
        _ => nested(scope),
    }
}

/// The controller of a resource, and the folder of nested controllers.
fn controller(statement: &Statement, scope: &Scope, name: &str) -> (String, String) {
    let module = match statement.word_option("module") {
        Some(module) => below(&scope.module, module),
        None => scope.module.clone(),
    };
    let name = statement.word_option("controller").unwrap_or(name);
    let controller = below(&module, name);
    (module, controller)
}
