//! Every field of every entity with every kind of wrong value: what may fail, what is lost, what is reported.
//!
//! The bodies are generated from the specification: each entity with its required fields and one other field. If
//! `MASTODON_RECORDINGS` names a folder, the examples of the documentation are mutated too, at any depth.
//!
//! A value that cannot be read must not affect other values. It makes the object that contains it unreadable exactly if
//! its field is listed in `generated/required_fields.txt`: the specification says that the entity is of no use without it.

mod body;
mod position;
mod wrong_value;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use mastodon_spec::model::Model;
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{Spec, TypeRef};
use serde_json::Value;

use crate::decode::{DecodedBody, RoundTrip};
use crate::decoders;
use crate::examples;
use position::{Link, Position, positions};
use wrong_value::{MUTATIONS, Mutation, Report};

/// Maximum number of unexpected results in a failure.
const MAX_SHOWN: usize = 40;

fn decode(entity: &str, json: &str) -> Option<RoundTrip> {
    decoders::decode_entity(entity, json.as_bytes())
}

/// Decodes bodies with wrong values and collects what is unexpected.
struct Check<'m, 's> {
    model: &'m Model<'s>,
    /// The fields that are required by the specification.
    specified: BTreeSet<&'static str>,
    /// The fields by which the entities of a `one_of` are told apart. Without them, the object is read as another entity.
    selecting: BTreeSet<String>,
    /// Fields whose values made their object unreadable.
    required: BTreeSet<String>,
    /// What was tried.
    seen: HashSet<String>,
    unexpected: Vec<String>,
    decoded: usize,
}

impl<'m, 's> Check<'m, 's> {
    fn new(model: &'m Model<'s>) -> Self {
        Self {
            model,
            specified: include_str!("../../generated/required_fields.txt")
                .lines()
                .collect(),
            selecting: selecting_fields(model),
            required: BTreeSet::new(),
            seen: HashSet::new(),
            unexpected: Vec::new(),
            decoded: 0,
        }
    }

    /// Mutates each value in a body.
    fn mutate(&mut self, entity: &str, body: &Value) {
        let ty = TypeRef::Named(entity.to_owned());
        let original = match decode(entity, &body.to_string()) {
            Some(Ok(original)) => original,
            Some(Err(error)) => {
                return self.report(entity, "the body itself is rejected", &error);
            }
            None => return,
        };
        for position in positions(self.model, &ty, body) {
            let key = position.kind();
            let template = position.template(body);
            for mutation in MUTATIONS {
                let is_possible = !mutation.is_for_top_level() || position.steps.len() == 1;
                if is_possible
                    && position.accepts(mutation)
                    && self.seen.insert(format!("{key} {}", mutation.name()))
                {
                    let json = match mutation.json() {
                        Some(json) => template.replace(position::PLACEHOLDER_JSON, &json),
                        None => position.removed_from(body),
                    };
                    self.try_mutation(entity, &json, &original, &position, mutation);
                }
            }
        }
    }

    fn try_mutation(
        &mut self,
        entity: &str,
        json: &str,
        original: &DecodedBody,
        position: &Position<'_>,
        mutation: &Mutation,
    ) {
        self.decoded += 1;
        let path = position.path();
        let what = format!("{entity}: {path} = {}", mutation.name());
        let decoded = match decode(entity, json) {
            Some(Ok(decoded)) => decoded,
            Some(Err(error)) => return self.failed(position, &what, &error),
            None => return,
        };
        let mut problems = decoded.problems.iter();
        let is_reported = problems.any(|problem| problem.path.starts_with(&path));
        match mutation.must_be_reported(position) {
            Report::Yes if !is_reported => {
                self.report(&what, "is not reported", &format!("{:?}", decoded.problems));
            }
            Report::No if decoded.problems.len() > original.problems.len() => {
                self.report(&what, "is reported", &format!("{:?}", decoded.problems));
            }
            _ => {}
        }
        self.check_cost(position, &what, original, &decoded, mutation);
    }

    /// A body may fail only because of a required field, in an object that is required itself.
    fn failed(&mut self, position: &Position<'_>, what: &str, error: &str) {
        self.required.extend(position.field());
        let mut links = position.steps.iter().map(|step| &step.link);
        if !links.all(|link| matches!(link, Link::Field(field) if self.is_required(&field.label))) {
            self.report(what, "fails", error);
        }
    }

    fn is_required(&self, field: &str) -> bool {
        self.specified.contains(field) || self.selecting.contains(field)
    }

    /// Everything else in the body has to be unchanged.
    fn check_cost(
        &mut self,
        position: &Position<'_>,
        what: &str,
        original: &DecodedBody,
        decoded: &DecodedBody,
        mutation: &Mutation,
    ) {
        if decoded.value == original.value || position.selects_variant(self.model, mutation) {
            return;
        }
        let mut cost = position.steps.as_slice();
        let mut is_outer = false;
        while let [outer @ .., last] = cost
            && matches!(&last.link, Link::Field(field) if self.is_required(&field.label))
            && !outer.is_empty()
        {
            let (before, after) = position::without(cost, &original.value, &decoded.value);
            if before == after {
                return;
            }
            (cost, is_outer) = (outer, true);
        }
        let (before, after) = position::without(cost, &original.value, &decoded.value);
        if before != after {
            self.report(what, "changes another value", &format!("{before} {after}"));
        }
        if is_outer {
            // The value made an object unreadable that is not required itself.
            self.required.extend(position.field());
        }
    }

    fn report(&mut self, what: &str, message: &str, details: &str) {
        let details: String = details.chars().take(300).collect();
        self.unexpected.push(format!("{what} {message}: {details}"));
    }

    fn assert_as_expected(&self) {
        let count = self.unexpected.len();
        let shown: Vec<_> = self.unexpected.iter().take(MAX_SHOWN).collect();
        assert!(count == 0, "{count} unexpected: {shown:#?}");
    }
}

fn selecting_fields(model: &Model<'_>) -> BTreeSet<String> {
    let entities = entity_names(model.spec).filter_map(|name| model.entity(name));
    let variants = entities.flat_map(|entity| &entity.one_of);
    variants
        .filter_map(|(variant, condition)| {
            let field = condition.strip_prefix("has ")?;
            Some(format!("{}.{field}", type_name(variant)))
        })
        .collect()
}

fn entity_names(spec: &Spec) -> impl Iterator<Item = &str> {
    let files = spec.entities.values();
    files.flat_map(|file| file.entities.iter().map(|(name, _)| name.as_str()))
}

#[test]
fn wrong_values_make_an_object_unreadable_exactly_in_the_fields_that_are_required() {
    let spec = crate::load_specification().unwrap();
    let model = Model::new(&spec);
    let mut check = Check::new(&model);
    let mut entities = 0;
    for entity in entity_names(&spec) {
        entities += 1;
        for body in body::generate(&model, entity) {
            check.mutate(entity, &body);
        }
    }
    println!("{} wrong values in {entities} entities", check.decoded);
    let required: BTreeSet<&str> = check.required.iter().map(String::as_str).collect();
    let added = required.difference(&check.specified);
    let added: Vec<_> = added
        .filter(|field| !check.selecting.contains(**field))
        .collect();
    let removed: Vec<_> = check.specified.difference(&required).collect();
    assert!(
        added.is_empty() && removed.is_empty(),
        "required and not in the list: {added:?}, in the list and not required: {removed:?}"
    );
    check.assert_as_expected();
}

#[test]
fn wrong_values_in_documented_examples_affect_no_other_values() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS is not set to a folder of recordings");
        return;
    };
    let spec = crate::load_specification().unwrap();
    let model = Model::new(&spec);
    let mut check = Check::new(&model);
    let examples = examples::load(&Path::new(&folder).join("docs_examples.jsonl")).unwrap();
    let mut bodies = 0;
    for example in &examples {
        let Some((ty, body)) = examples::typed_body(&model, example) else {
            continue;
        };
        for (entity, body) in body::entities_of(&ty, &body) {
            // Known problems of the documentation; another test lists them.
            if decode(entity, &body.to_string()).is_none_or(|decoded| decoded.is_err()) {
                continue;
            }
            bodies += 1;
            check.mutate(entity, body);
        }
    }
    println!("{} wrong values in {bodies} examples", check.decoded);
    assert!(bodies > 300, "{bodies} examples");
    check.assert_as_expected();
}
