//! Reads the Rails routes of Mastodon: `config/routes/api.rb`.

mod controllers;
mod names;
mod ruby;
mod serializers;

use std::collections::BTreeMap;
use std::path::Path;

use controllers::Controllers;
use names::{below, braced, join, plural, singular};
use ruby::{Arg, Statement};

use super::external::{ExternalApi, Notes, Operation, Shape};
use mastodon_spec::yaml::{Route, SourceKind};

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
    let (statements, problems) = ruby::parse(text);
    let mut routes = Routes {
        name,
        ..Routes::default()
    };
    routes.unread.extend(
        problems
            .into_iter()
            .map(|(line, problem)| format!("{name}:{line}: {problem}")),
    );
    routes.statements(&statements, &Scope::default());
    let mut objects = Vec::new();
    if let Some(checkout) = checkout {
        objects = serializers::read(checkout, &checkout.join("app/serializers/rest"))?;
        let mut controllers = Controllers::new(&checkout.join("app/controllers"));
        for (operation, target) in routes.operations.iter_mut().zip(&routes.targets) {
            let target = target.as_ref();
            operation.auth = target.and_then(|(name, action)| controllers.auth(name, action));
        }
    }
    Ok(ExternalApi {
        kind: SourceKind::Routes,
        operations: routes.operations,
        objects,
        scopes: Vec::new(),
        limits: Vec::new(),
        streaming: Vec::new(),
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
    concerns: BTreeMap<String, Vec<Statement>>,
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
    fn statements(&mut self, statements: &[Statement], scope: &Scope) {
        for statement in statements {
            let mut statement = statement.clone();
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
            "constraints" | "defaults" | "if" | "unless" | "authenticate" | "controller"
            | "nested" => {
                self.statements(&statement.block, scope);
            }
            "root" | "mount" | "direct" | "use_doorkeeper" | "devise_for" | "require" => {}
            word => self.unread.push(format!(
                "{}:{}: `{word}` is not supported",
                self.name, statement.line
            )),
        }
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
