//! The routes of Mastodon, as Rails has them: `config/routes/api.rb`.

mod controllers;
mod names;
mod ruby;
mod serializers;

use std::collections::BTreeMap;
use std::path::Path;

use controllers::Controllers;
use names::{below, braced, join, plural, singular};
use ruby::{Arg, Statement};

use super::outside::{Operation, Outside, Remarks, Shape};
use mastodon_spec::yaml::{HttpLine, SourceKind};

/// Reads a file of routes; `name` is how places in it are told. A checkout around it tells which tokens the
/// controllers want, and which fields the serializers write.
///
/// # Errors
///
/// When a file of the checkout cannot be read.
pub(super) fn read(text: &str, name: &str, checkout: Option<&Path>) -> Result<Outside, String> {
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
    Ok(Outside {
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
    /// The controller and action of each, where they are told.
    targets: Vec<Option<(String, String)>>,
    unread: Vec<String>,
    concerns: BTreeMap<String, Vec<Statement>>,
}

/// What is around a statement.
#[derive(Debug, Clone, Default)]
struct Scope {
    path: String,
    /// The options that `with_options` hands down.
    options: Vec<(String, Arg)>,
    within: Within,
    /// The folder of the controllers.
    module: String,
    /// The controller of the resource around.
    controller: String,
}

/// The resource around a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    /// Many things: what is nested in it belongs to one of them.
    Many {
        collection: String,
        param: String,
        singular: String,
    },
    /// A single thing.
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
                    within: Within::Nothing,
                    ..scope.clone()
                };
                self.statements(&statement.block, &inner);
            }
            "get" | "post" | "put" | "patch" | "delete" => {
                let verb = statement.word.to_uppercase();
                self.verbs(statement, scope, &[verb]);
            }
            "match" => {
                let verbs: Vec<String> = statement
                    .option("via")
                    .map(Arg::words)
                    .unwrap_or_default()
                    .iter()
                    .map(|verb| verb.to_uppercase())
                    .collect();
                self.verbs(statement, scope, &verbs);
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
            // These say when, how or by whom something is answered, not at which address.
            "draw" if !statement.block.is_empty() => self.statements(&statement.block, scope),
            "constraints" | "defaults" | "if" | "unless" | "authenticate" | "controller"
            | "nested" => {
                self.statements(&statement.block, scope);
            }
            "root" | "mount" | "direct" | "use_doorkeeper" | "devise_for" | "require" => {}
            word => self.unread.push(format!(
                "{}:{}: `{word}` is not understood",
                self.name, statement.line
            )),
        }
    }

    fn concerns(&mut self, names: &[String], scope: &Scope, line: usize) {
        for name in names {
            match self.concerns.get(name).cloned() {
                Some(block) => self.statements(&block, scope),
                None => self.unread.push(format!(
                    "{}:{line}: there is no concern `{name}`",
                    self.name
                )),
            }
        }
    }

    fn scope(&mut self, statement: &Statement, scope: &Scope) {
        let named = statement.args.iter().flat_map(Arg::words).next();
        let own = statement.word_option("path").or(named);
        let outer = nested(scope);
        let inner = Scope {
            path: own.map_or_else(|| outer.clone(), |own| join(&outer, own)),
            // A scope that only names a module leaves its block within the resource.
            within: if own.is_none() {
                scope.within.clone()
            } else {
                Within::Nothing
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
            for (action, verb, of_member) in ACTIONS {
                if offered(statement, action) {
                    let path = if of_member { &member } else { &collection };
                    self.action(action, verb, path, statement.line, &controller);
                }
            }
            let inner = Scope {
                path: collection.clone(),
                options: scope.options.clone(),
                module,
                controller,
                within: Within::Many {
                    collection,
                    param,
                    singular: singular(name),
                },
            };
            self.inside(statement, &inner);
        }
    }

    fn resource(&mut self, statement: &Statement, scope: &Scope) {
        for name in statement.args.iter().flat_map(Arg::words) {
            let path = join(
                &nested(scope),
                statement.word_option("path").unwrap_or(name),
            );
            let (module, controller) = controller(statement, scope, &plural(name));
            for (action, verb, _) in ACTIONS {
                if action != "index" && offered(statement, action) {
                    self.action(action, verb, &path, statement.line, &controller);
                }
            }
            let inner = Scope {
                path: path.clone(),
                options: scope.options.clone(),
                module,
                controller,
                within: Within::One { path },
            };
            self.inside(statement, &inner);
        }
    }

    /// What a resource has in it: its concerns, and its block. What `with_options` hands down reaches that, too.
    fn inside(&mut self, statement: &Statement, inner: &Scope) {
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

    /// One of the actions that every resource may have. Rails routes an update by two verbs; which of
    /// them the documentation has differs, so the other is told as its twin.
    fn action(&mut self, action: &str, verb: &str, path: &str, line: usize, controller: &str) {
        let twin = match (action, verb) {
            ("update", "PUT") => Some("PATCH"),
            ("update", "PATCH") => Some("PUT"),
            _ => None,
        };
        let target = Some((controller.to_owned(), action.to_owned()));
        self.route(verb, path, line, twin, target);
    }

    fn verbs(&mut self, statement: &Statement, scope: &Scope, verbs: &[String]) {
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
            for verb in verbs {
                let path = join(&outer, name);
                self.route(verb, &path, statement.line, None, target.clone());
            }
        }
    }

    fn route(
        &mut self,
        verb: &str,
        path: &str,
        line: usize,
        twin: Option<&str>,
        target: Option<(String, String)>,
    ) {
        let path = braced(path);
        let parsed = |verb: &str| format!("{verb} {path}").parse::<HttpLine>();
        match parsed(verb) {
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
                    remarks: Remarks::default(),
                });
            }
            Err(error) => self.unread.push(format!("{}:{line}: {error}", self.name)),
        }
    }
}

/// Whether a resource has one of the usual actions.
fn offered(statement: &Statement, action: &str) -> bool {
    match (statement.option("only"), statement.option("except")) {
        (Some(only), _) => only.words().contains(&action),
        (None, Some(except)) => !except.words().contains(&action),
        (None, None) => true,
    }
}

/// Where something is that stands in the block of a resource without saying of what it is.
fn nested(scope: &Scope) -> String {
    match &scope.within {
        Within::Nothing => scope.path.clone(),
        Within::Many {
            collection,
            param,
            singular,
        } => format!("{collection}/{{{singular}_{param}}}"),
        Within::One { path } => path.clone(),
    }
}

/// Where something is that says so: in the collection, or of a member.
fn at(scope: &Scope, what: &str) -> String {
    match &scope.within {
        Within::Many {
            collection, param, ..
        } if what == "member" => format!("{collection}/{{{param}}}"),
        Within::Many { collection, .. } => collection.clone(),
        _ => nested(scope),
    }
}

/// The controller of a resource with the folder that those in it are in.
fn controller(statement: &Statement, scope: &Scope, name: &str) -> (String, String) {
    let module = match statement.word_option("module") {
        Some(module) => below(&scope.module, module),
        None => scope.module.clone(),
    };
    let name = statement.word_option("controller").unwrap_or(name);
    let controller = below(&module, name);
    (module, controller)
}
