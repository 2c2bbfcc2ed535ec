//! Reads the required tokens from the callbacks of controllers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use heck::ToSnakeCase;

use super::ruby;

/// The controllers in a folder, read on first use.
pub(super) struct Controllers {
    root: PathBuf,
    read: BTreeMap<String, Option<Vec<Callback>>>,
}

/// A callback that runs before some actions.
#[derive(Debug, Clone)]
struct Callback {
    check: Check,
    only: Option<Vec<String>>,
    except: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
enum Check {
    /// A token with one of the scopes.
    Token(Vec<String>),
    /// The same, for requests with a token.
    AnyToken(Vec<String>),
    /// A user token.
    User,
}

/// Maximum depth of inheritance.
const DEPTH: usize = 8;

impl Controllers {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            read: BTreeMap::new(),
        }
    }

    /// The token that an action requires, as in the specification; `None` where the controller does not exist.
    pub(super) fn auth(&mut self, controller: &str, action: &str) -> Option<String> {
        let callbacks = self.callbacks(&format!("{controller}_controller"), 0)?;
        let mut level = "none";
        let mut scopes: Option<Vec<String>> = None;
        let mut is_user = false;
        for callback in callbacks
            .iter()
            .filter(|callback| callback.is_before(action))
        {
            let allowed = match &callback.check {
                Check::User => {
                    is_user = true;
                    continue;
                }
                Check::Token(scopes) => {
                    level = "app";
                    scopes
                }
                Check::AnyToken(scopes) => {
                    if level == "none" {
                        level = "optional user";
                    }
                    scopes
                }
            };
            // All checks apply.
            scopes = Some(match scopes {
                None => allowed.clone(),
                Some(all) => all
                    .into_iter()
                    .filter(|scope| allowed.contains(scope))
                    .collect(),
            });
        }
        let level = if is_user { "user" } else { level };
        // Scopes that include another one of the list are omitted.
        let scopes = scopes.unwrap_or_default();
        let scopes_text = scopes.iter().filter(|outer| {
            let prefix = format!("{outer}:");
            !scopes.iter().any(|scope| scope.starts_with(&prefix))
        });
        let scopes_text = scopes_text
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" or ");
        Some(match scopes_text.as_str() {
            "" => level.to_owned(),
            scopes_text => format!("{level}, {scopes_text}"),
        })
    }

    /// The callbacks of a class and of its superclasses.
    fn callbacks(&mut self, path: &str, depth: usize) -> Option<Vec<Callback>> {
        if let Some(callbacks) = self.read.get(path) {
            return callbacks.clone();
        }
        let text = fs::read_to_string(self.root.join(format!("{path}.rb"))).ok();
        let callbacks = text.map(|text| {
            let mut out = Vec::new();
            for (_, line) in ruby::logical_lines(&text) {
                let parent = line
                    .strip_prefix("class ")
                    .and_then(|rest| rest.split_once('<'));
                if let Some((_, parent)) = parent.filter(|_| depth < DEPTH && out.is_empty()) {
                    let parts = parent.trim().split("::").map(ToSnakeCase::to_snake_case);
                    let parent = parts.collect::<Vec<_>>().join("/");
                    out.extend(self.callbacks(&parent, depth + 1).unwrap_or_default());
                }
                out.extend(line.strip_prefix("before_action ").and_then(callback));
            }
            out
        });
        self.read.insert(path.to_owned(), callbacks.clone());
        callbacks
    }
}

impl Callback {
    fn is_before(&self, action: &str) -> bool {
        let has = |actions: &Vec<String>| actions.iter().any(|name| name == action);
        self.only.as_ref().is_none_or(has) && !self.except.as_ref().is_some_and(has)
    }
}

/// `-> { doorkeeper_authorize! :read, :'read:lists' }, only: [:show]`, or `:require_user!`.
fn callback(text: &str) -> Option<Callback> {
    // Conditions are not evaluated.
    let sometimes = text.contains(" if: ") || text.contains(" unless: ");
    let scopes = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        let rest = rest.split('}').next().unwrap_or(rest);
        Some(words(rest))
    };
    let check = if let Some(scopes) = scopes("doorkeeper_authorize!") {
        match sometimes {
            true => Check::AnyToken(scopes),
            false => Check::Token(scopes),
        }
    } else if let Some(scopes) = scopes("authorize_if_got_token!") {
        Check::AnyToken(scopes)
    } else if text.starts_with(":require_user!") && !sometimes {
        Check::User
    } else {
        return None;
    };
    let actions = |option: &str| {
        let (_, rest) = text.split_once(option)?;
        let rest = rest.trim_start();
        let end = match rest.starts_with(['[', '%']) {
            true => rest.find([']', ')']),
            false => rest.find(','),
        };
        Some(words(&rest[..end.unwrap_or(rest.len())]))
    };
    Some(Callback {
        check,
        only: actions("only:"),
        except: actions("except:"),
    })
}

/// The items of a list, as symbols or words.
fn words(text: &str) -> Vec<String> {
    let text = text.trim_start_matches("%i").trim_start_matches("%w");
    let parts = text.split(|c: char| c.is_whitespace() || ",[]()\"'".contains(c));
    let words = parts.map(|part| part.trim_start_matches(':'));
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
