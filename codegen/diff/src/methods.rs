//! Changes of methods, their parameters, and groups of parameters.

use super::{Diff, Rule, facts, sides, turned};
use mastodon_emit::rust::{self, Signature};
use mastodon_spec::model::{Model, ParamModel};
use mastodon_spec::yaml::{Input, Map, Method, Param};

impl Diff<'_> {
    pub(super) fn methods(&mut self) {
        let (old, new) = (self.old, self.new);
        let mut sides = sides(old.methods(), new.methods());
        let route = |method: &Method| method.http.as_ref().map(ToString::to_string);
        for (name, method) in sides.gone {
            let renamed = sides
                .new
                .iter()
                .position(|(_, candidate)| route(candidate) == route(method));
            match renamed {
                Some(at) => {
                    let (now, _) = sides.new.remove(at);
                    self.push(Rule::MethodRenamed, now, Some(format!("it was `{name}`")));
                }
                None => self.push(Rule::MethodRemoved, name, route(method)),
            }
        }
        for (name, method) in sides.new {
            self.push(Rule::MethodAdded, name, route(method));
        }
        for (name, old, new) in sides.both {
            self.method(name, old, new);
        }
    }

    fn method(&mut self, name: &str, old: &Method, new: &Method) {
        self.text(old.summary.as_ref(), new.summary.as_ref());
        self.method_life(name, old, new);
        let signatures = (
            rust::signature(self.old, name, old),
            rust::signature(self.new, name, new),
        );
        match signatures {
            (Some(before), Some(after)) => self.signature(name, &before, &after),
            (Some(_), None) => self.push(
                Rule::MethodRemoved,
                name,
                Some("the runtime makes its request now".to_owned()),
            ),
            (None, Some(_)) => self.push(Rule::MethodAdded, name, facts::shown(new.http.as_ref())),
            (None, None) => {}
        }
        self.facts(
            Rule::MethodFact,
            name,
            facts::method(old),
            &facts::method(new),
        );
        let subject = |param: &str| format!("{name}({param})");
        self.options(
            &subject,
            (&self.old.arguments(old).1, &old.params),
            (&self.new.arguments(new).1, &new.params),
        );
    }

    fn method_life(&mut self, name: &str, old: &Method, new: &Method) {
        let instead = new.replaced_by.as_ref();
        let instead = instead
            .map(|name| format!(", use `{name}`"))
            .unwrap_or_default();
        match (&old.removed, &new.removed) {
            (None, Some(version)) => {
                return self.push(
                    Rule::MethodRetired,
                    name,
                    Some(format!("in {version}{instead}")),
                );
            }
            (Some(_), None) => return self.push(Rule::MethodRestored, name, None),
            _ => {}
        }
        match (&old.deprecated, &new.deprecated) {
            (None, Some(version)) if new.removed.is_none() => {
                let detail = Some(format!("since {version}{instead}"));
                self.push(Rule::MethodDeprecated, name, detail);
            }
            (Some(_), None) if new.removed.is_none() => {
                self.push(Rule::MethodRestored, name, None);
            }
            _ => {}
        }
    }

    fn signature(&mut self, name: &str, old: &Signature, new: &Signature) {
        let types = |signature: &Signature| {
            let types = signature.arguments.iter().map(|(_, ty)| ty.clone());
            types.collect::<Vec<_>>()
        };
        let listed = |signature: &Signature| {
            let pairs = signature.arguments.iter();
            facts::list(pairs.map(|(name, ty)| format!("{name}: {ty}")))
        };
        if types(old) != types(new) {
            let detail = turned(listed(old), listed(new));
            self.push(Rule::MethodArguments, name, Some(detail));
        } else if old.arguments != new.arguments {
            let detail = turned(listed(old), listed(new));
            self.push(Rule::ArgumentRenamed, name, Some(detail));
        }
        if old.answer != new.answer {
            let detail = format!("{} → {}", old.answer, new.answer);
            self.push(Rule::MethodReturns, name, Some(detail));
        } else if old.call != new.call {
            let detail = format!("{} → {}", old.call, new.call);
            self.push(Rule::MethodCall, name, Some(detail));
        }
    }

    /// The parameters that a program sets, and the facts of all of them.
    fn options(
        &mut self,
        subject: &dyn Fn(&str) -> String,
        (old, all_old): (&[ParamModel<'_>], &Map<Param>),
        (new, all_new): (&[ParamModel<'_>], &Map<Param>),
    ) {
        let offered = |params: &Map<Param>, wire: &str| {
            params.get(wire).is_some_and(|param| !param.unsupported)
        };
        for before in old {
            let Some(after) = new.iter().find(|param| param.wire == before.wire) else {
                // What became an argument is in the signature.
                if !offered(all_new, before.wire) {
                    self.push(Rule::ParamRemoved, subject(before.wire), None);
                }
                continue;
            };
            self.option(&subject(before.wire), before, after);
        }
        for after in new {
            if !offered(all_old, after.wire) {
                let detail = Some(format!("{}, since {}", after.ty, after.since));
                self.push(Rule::ParamAdded, subject(after.wire), detail);
            }
        }
        for (wire, before, after) in sides(pairs(all_old), pairs(all_new)).both {
            let subject = subject(wire);
            self.text(before.description.as_ref(), after.description.as_ref());
            if before.deprecated.is_none()
                && let Some(version) = &after.deprecated
            {
                self.push(
                    Rule::ParamDeprecated,
                    &subject,
                    Some(format!("since {version}")),
                );
            }
            self.facts(
                Rule::ParamFact,
                &subject,
                facts::param(before),
                &facts::param(after),
            );
        }
    }

    fn option(&mut self, subject: &str, old: &ParamModel<'_>, new: &ParamModel<'_>) {
        let (before, after) = (
            rust::setter_type(self.old, old.ty),
            rust::setter_type(self.new, new.ty),
        );
        if before != after {
            self.push(
                Rule::ParamType,
                subject,
                Some(format!("{before} → {after}")),
            );
        }
        if old.name != new.name {
            let detail = format!("{} → {}", old.name, new.name);
            self.push(Rule::ParamRenamed, subject, Some(detail));
        }
        let clear = || Some(format!("clear_{}", new.name));
        match (old.spec.nullable, new.spec.nullable) {
            (true, false) => self.push(Rule::ParamRemoved, subject, clear()),
            (false, true) => self.push(Rule::ParamAdded, subject, clear()),
            _ => {}
        }
    }

    pub(super) fn inputs(&mut self) {
        let (old, new) = (self.old, self.new);
        let sides = sides(inputs(old), inputs(new));
        for (name, _) in sides.gone {
            self.push(Rule::InputRemoved, name, None);
        }
        for (name, _) in sides.new {
            self.push(Rule::InputAdded, name, None);
        }
        for (name, before, after) in sides.both {
            self.text(before.description.as_ref(), after.description.as_ref());
            let (given, options) = rust::input(old, before);
            let (given_now, options_now) = rust::input(new, after);
            if given
                .iter()
                .map(|(_, ty)| ty)
                .ne(given_now.iter().map(|(_, ty)| ty))
            {
                let listed = |given: &[(String, String)]| {
                    facts::list(given.iter().map(|(name, ty)| format!("{name}: {ty}")))
                };
                let detail = turned(listed(&given), listed(&given_now));
                self.push(Rule::InputNew, name, Some(detail));
            }
            self.options(
                &|param| format!("{name}({param})"),
                (&options, &before.params),
                (&options_now, &after.params),
            );
        }
    }
}

fn inputs<'a>(model: &Model<'a>) -> impl Iterator<Item = (&'a str, &'a Input)> {
    let files = model.spec.methods.values();
    files.flat_map(|file| pairs(&file.inputs))
}

fn pairs<T>(map: &Map<T>) -> impl Iterator<Item = (&str, &T)> {
    map.iter().map(|(name, value)| (name.as_str(), value))
}
