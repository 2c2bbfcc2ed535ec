//! What is found, said to people or to machines.

use std::collections::BTreeMap;

use mastodon_har::{Exchange, request};
use mastodon_spec::model::{MethodModel, Model};
use mastodon_spec::yaml::{Method, Returns, TypeRef};
use serde_json::{Value, json};

use crate::decode::Walk;
use crate::decoders;

/// The findings so far.
pub(crate) struct Report {
    json: bool,
    passed: usize,
    failed: usize,
    unknown_endpoints: BTreeMap<String, usize>,
}

/// What was found about one exchange.
#[derive(Default)]
struct Finding {
    problems: Vec<String>,
    compared: bool,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            passed: 0,
            failed: 0,
            unknown_endpoints: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, model: &Model<'_>, exchange: &Exchange) {
        let address = exchange.request.url.split('?').next().unwrap_or_default();
        let line = format!(
            "{} {address} {}",
            exchange.request.method, exchange.response.status
        );
        let Some(method) = request::endpoint(model, &exchange.request) else {
            *self.unknown_endpoints.entry(line.clone()).or_default() += 1;
            if self.json {
                println!(
                    "{}",
                    json!({ "exchange": line, "endpoint": null, "passed": false })
                );
            }
            return;
        };
        let finding = examine(model, method, exchange);
        let name = method.name;
        let passed = finding.problems.is_empty();
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        if self.json {
            let (problems, compared) = (finding.problems, finding.compared);
            println!(
                "{}",
                json!({ "exchange": line, "endpoint": name, "passed": passed, "decoded": compared, "problems": problems })
            );
        } else if !passed {
            println!("{line} ({name})");
            for problem in finding.problems {
                println!("  {problem}");
            }
        }
    }

    /// Prints the summary; whether everything passed.
    pub(crate) fn finish(self) -> bool {
        let unknown: usize = self.unknown_endpoints.values().sum();
        if !self.json {
            for (line, times) in &self.unknown_endpoints {
                println!("no endpoint of the specification: {line} ({times} times)");
            }
        }
        let total = self.passed + self.failed + unknown;
        println!(
            "{} of {total} exchanges conform, {} do not, {unknown} are of unknown endpoints",
            self.passed, self.failed
        );
        total > 0 && self.passed == total
    }
}

fn examine(model: &Model<'_>, method: &MethodModel<'_>, exchange: &Exchange) -> Finding {
    let mut finding = Finding::default();
    let unknown = request::unknown_params(model, method, &exchange.request);
    let (name, method) = (method.name, method.yaml);
    finding.problems.extend(
        unknown
            .iter()
            .map(|param| format!("unknown parameter {param}")),
    );
    if !(200..300).contains(&exchange.response.status) {
        return finding;
    }
    if exchange.response.status == 204 && method.responses.contains_key(&204) {
        return finding;
    }
    let body = match exchange.response.text() {
        Ok(body) => body,
        Err(error) => {
            finding.problems.push(error);
            return finding;
        }
    };
    let Some(ty) = answer_type(method) else {
        return finding;
    };
    let Some(decoded) = decoders::decode(name, body.as_bytes()) else {
        return finding;
    };
    finding.compared = true;
    match decoded {
        Err(error) => finding
            .problems
            .push(format!("the decoder refuses it: {error}")),
        Ok(back) => match serde_json::from_str::<Value>(&body) {
            Err(error) => finding
                .problems
                .push(format!("the body is no JSON: {error}")),
            Ok(sent) => {
                let mut walk = Walk::new(model);
                walk.value("$", &ty, &sent, Some(&back));
                finding.problems.extend(
                    walk.unknown
                        .iter()
                        .map(|path| format!("unknown field {path}")),
                );
                finding.problems.extend(walk.different);
            }
        },
    }
    finding
}

/// The type of a method's answer, lists and objects around them included.
pub(crate) fn answer_type(method: &Method) -> Option<TypeRef> {
    match &method.returns {
        Some(Returns::Value(ty)) => Some(ty.clone()),
        Some(Returns::Page {
            item,
            wrapper: None,
        }) => Some(TypeRef::List(Box::new(item.clone()))),
        Some(Returns::Page {
            wrapper: Some((entity, _)),
            ..
        }) => Some(TypeRef::Named(entity.clone())),
        _ => None,
    }
}
