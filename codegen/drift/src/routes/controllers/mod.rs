//! Reads the actions of controllers: the required tokens, the parameters that they read, and the entities
//! that they return.

mod auth;
mod params;
mod renders;

use std::collections::BTreeSet;

use super::classes::{Class, Classes, Method};
use super::ruby::{self, Arg, Lexed, Node, Token};
use crate::external::{Parameter, Shape};

/// The folder of the controllers.
pub(super) const FOLDER: &str = "app/controllers";

/// The controllers of a checkout.
pub(super) struct Controllers<'c> {
    classes: &'c Classes,
    /// What was not understood, with its position.
    pub(super) problems: BTreeSet<String>,
    /// The files with an action of the API.
    pub(super) read: BTreeSet<String>,
}

/// What is known of an action.
#[derive(Debug, Default)]
pub(super) struct Action {
    /// The token, as in the specification.
    pub(super) auth: Option<String>,
    pub(super) params: Vec<Parameter>,
    /// All parameters are known.
    pub(super) is_whole: bool,
    pub(super) returns: Option<Shape>,
}

/// A callback that runs before some actions.
#[derive(Debug)]
struct Callback<'c> {
    /// The names of its methods, or the source of its lambda.
    names: Vec<String>,
    lambda: Option<&'c [Token]>,
    only: Option<Vec<String>>,
    except: Option<Vec<String>>,
    /// It has a condition, which is not evaluated.
    sometimes: bool,
    /// `skip_before_action`.
    skips: bool,
}

impl<'c> Controllers<'c> {
    pub(super) fn new(classes: &'c Classes) -> Self {
        Self {
            classes,
            problems: BTreeSet::new(),
            read: BTreeSet::new(),
        }
    }

    /// The action of a route, whose position is `at`.
    pub(super) fn action(&mut self, controller: &str, action: &str, at: &str) -> Option<Action> {
        let file = format!("{FOLDER}/{controller}_controller.rb");
        let mut found = self.classes.all().filter(|class| class.file == file);
        let Some(class) = found.find(|class| class.name.ends_with("Controller")) else {
            self.problems
                .insert(format!("{at}: there is no controller {file}"));
            return None;
        };
        self.read.insert(file);
        let ancestors = self.classes.ancestors(class);
        let own = action_ancestors(&ancestors);
        let Some(method) = self.classes.method(&ancestors, action) else {
            let problem = format!("{at}: `{}` has no action `{action}`", class.name);
            self.problems.insert(problem);
            return None;
        };
        let callbacks = callbacks(&ancestors, action);
        let mut roots = vec![action.to_owned()];
        let mut lambdas = Vec::new();
        let of_api = self::callbacks(own, action);
        for callback in of_api.iter().filter(|callback| !callback.skips) {
            roots.extend(callback.names.iter().cloned());
            lambdas.extend(callback.lambda);
        }
        let reached = self.reached(own, roots);
        let (params, problems) = params::read(self.classes, own, &reached, &lambdas);
        let is_whole = problems.is_empty();
        self.problems.extend(problems);
        Some(Action {
            auth: Some(auth::token(&callbacks)),
            params,
            is_whole,
            returns: renders::returned(self.classes, own, method, class),
        })
    }

    /// The methods that are called from some methods, directly or not, each with its class.
    fn reached(
        &self,
        ancestors: &[&'c Class],
        roots: Vec<String>,
    ) -> Vec<(&'c Class, &'c str, &'c Method)> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut open = roots;
        let mut out = Vec::new();
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let found = ancestors
                .iter()
                .find_map(|class| Some((*class, class.methods.get_key_value(&name)?)));
            let Some((class, (name, method))) = found else {
                continue;
            };
            out.push((class, name.as_str(), method));
            called(&method.body, &mut open);
        }
        out
    }
}

/// The class with its ancestors up to the controllers of the API.
fn action_ancestors<'a, 'c>(ancestors: &'a [&'c Class]) -> &'a [&'c Class] {
    let end = ancestors
        .iter()
        .position(|class| class.name == "ApplicationController");
    &ancestors[..end.unwrap_or(ancestors.len())]
}

/// The names of methods that are called without a receiver.
fn called(nodes: &[Node], out: &mut Vec<String>) {
    for node in nodes {
        for token in &node.tokens {
            match token {
                Token::Leaf(Lexed::Word(word)) => out.push(word.clone()),
                Token::Group(_, inner) | Token::Block(inner) => called(inner, out),
                Token::Leaf(_) => {}
            }
        }
    }
}

/// The callbacks before an action, outermost first.
fn callbacks<'c>(ancestors: &[&'c Class], action: &str) -> Vec<Callback<'c>> {
    let mut out: Vec<Callback<'c>> = Vec::new();
    for class in ancestors.iter().rev() {
        for node in &class.statements {
            let Some(callback) = callback(node).filter(|callback| callback.is_before(action))
            else {
                continue;
            };
            if callback.skips && !callback.sometimes {
                for other in &mut out {
                    other.names.retain(|name| !callback.names.contains(name));
                }
            } else if !callback.skips {
                out.push(callback);
            }
        }
    }
    out
}

/// `before_action -> { doorkeeper_authorize! :read }, only: [:show]`, or `before_action :require_user!`.
fn callback(node: &Node) -> Option<Callback<'_>> {
    let (word, length) = node.head()?;
    let skips = match word {
        "before_action" | "prepend_before_action" | "around_action" => false,
        "skip_before_action" => true,
        _ => return None,
    };
    let statement = node.statement()?;
    let lambda = ruby::arguments(&node.tokens[length..])
        .into_iter()
        .find(|part| part.first().is_some_and(|token| token.is("->")));
    let actions = |name: &str| {
        let words = statement.option(name)?.words();
        Some(words.into_iter().map(str::to_owned).collect())
    };
    let names = statement.args.iter().flat_map(Arg::words);
    Some(Callback {
        names: names.map(str::to_owned).collect(),
        lambda,
        only: actions("only"),
        except: actions("except"),
        sometimes: ["if", "unless"]
            .iter()
            .any(|name| statement.option(name).is_some()),
        skips,
    })
}

impl Callback<'_> {
    fn is_before(&self, action: &str) -> bool {
        let has = |actions: &Vec<String>| actions.iter().any(|name| name == action);
        self.only.as_ref().is_none_or(has) && !self.except.as_ref().is_some_and(has)
    }
}
