//! The report of a check, as text or as JSON lines.

use std::collections::BTreeMap;

use mastodon_har::{Exchange, Request, request};
use mastodon_spec::model::{MethodModel, Model};
use mastodon_spec::yaml::{Method, Returns, TypeRef};
use serde_json::{Value, json};

use crate::decode::Comparison;
use crate::decoders;
use crate::foreign;

/// Results of the exchanges so far.
pub(crate) struct Report {
    json: bool,
    passed: usize,
    failed: usize,
    unknown_endpoints: BTreeMap<String, usize>,
    /// Notes, and the number of exchanges with each.
    notes: BTreeMap<String, usize>,
}

/// Result of one exchange.
#[derive(Default)]
struct ExchangeResult {
    problems: Vec<String>,
    /// What is unusual, but conforms.
    notes: Vec<String>,
    decoded: bool,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            passed: 0,
            failed: 0,
            unknown_endpoints: BTreeMap::new(),
            notes: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, model: &Model<'_>, exchange: &Exchange) {
        let url = exchange.request.url.split('?').next().unwrap_or_default();
        let line = format!(
            "{} {url} {}",
            exchange.request.method, exchange.response.status
        );
        let Some(endpoint) = request::endpoint(model, &exchange.request) else {
            *self.unknown_endpoints.entry(line.clone()).or_default() += 1;
            if self.json {
                println!(
                    "{}",
                    json!({ "exchange": line, "endpoint": null, "passed": false })
                );
            }
            return;
        };
        let result = check_exchange(model, endpoint, exchange);
        let name = endpoint.name;
        let passed = result.problems.is_empty();
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        for note in &result.notes {
            *self.notes.entry(format!("{name}: {note}")).or_default() += 1;
        }
        if self.json {
            let ExchangeResult {
                problems,
                notes,
                decoded,
            } = result;
            println!(
                "{}",
                json!({ "exchange": line, "endpoint": name, "passed": passed, "decoded": decoded, "problems": problems, "notes": notes })
            );
        } else if !passed {
            println!("{line} ({name})");
            for problem in result.problems {
                println!("  {problem}");
            }
        }
    }

    /// Prints the summary and returns whether every exchange conforms.
    pub(crate) fn finish(self) -> bool {
        let unknown: usize = self.unknown_endpoints.values().sum();
        if !self.json {
            for (line, times) in &self.unknown_endpoints {
                println!("unknown endpoint: {line} ({times} times)");
            }
            for (note, times) in &self.notes {
                println!("note: {note} ({times} times)");
            }
        }
        let total = self.passed + self.failed + unknown;
        println!(
            "{} of {total} exchanges conform, {} do not conform, {unknown} have an unknown endpoint",
            self.passed, self.failed
        );
        total > 0 && self.passed == total
    }
}

fn check_exchange(
    model: &Model<'_>,
    endpoint: &MethodModel<'_>,
    exchange: &Exchange,
) -> ExchangeResult {
    let mut result = ExchangeResult::default();
    let unknown = request::unknown_params(model, endpoint, &exchange.request);
    let (name, method) = (endpoint.name, endpoint.yaml);
    for param in unknown {
        match foreign::reason(model.spec, &exchange.request, &param) {
            Some(reason) => result
                .notes
                .push(format!("unknown parameter {param}, {reason}")),
            None => result.problems.push(format!("unknown parameter {param}")),
        }
    }
    if !(200..300).contains(&exchange.response.status) {
        return result;
    }
    if exchange.response.status == 204 && method.responses.contains_key(&204) {
        return result;
    }
    let body = match exchange.response.text() {
        Ok(body) => body,
        Err(error) => {
            result.problems.push(error);
            return result;
        }
    };
    let Some(ty) = response_type(method) else {
        return result;
    };
    if is_plain_text(&exchange.request, &body) {
        let note = "plain text, because the request did not ask for JSON";
        result.notes.push(note.to_owned());
        return result;
    }
    let Some(decoded) = decoders::decode(name, body.as_bytes()) else {
        return result;
    };
    result.decoded = true;
    match decoded {
        Err(error) => result
            .problems
            .push(format!("the decoder rejects it: {error}")),
        Ok(round_trip) => match serde_json::from_str::<Value>(&body) {
            Err(error) => result
                .problems
                .push(format!("the body is not JSON: {error}")),
            Ok(original) => {
                let mut comparison = Comparison::new(model);
                comparison.compare_body(&ty, &original, &round_trip);
                result.problems.extend(
                    comparison
                        .unknown_fields
                        .iter()
                        .map(|path| format!("unknown field {path}")),
                );
                result.problems.extend(comparison.differences);
            }
        },
    }
    result
}

/// Whether a body is plain text and the recorded client accepted it. Some endpoints, such as `/health`, respond with text
/// unless the client requests JSON, as the SDK does.
fn is_plain_text(request: &Request, body: &str) -> bool {
    let asks_for_json = request
        .header("accept")
        .is_some_and(|accept| accept.contains("json"));
    let is_text = !body.trim().is_empty()
        && !body.trim_start().starts_with('<')
        && serde_json::from_str::<Value>(body).is_err();
    is_text && !asks_for_json && !body.trim_start().starts_with(['{', '['])
}

/// The type of a method's response body, including the list or object around the items of a page.
pub(crate) fn response_type(method: &Method) -> Option<TypeRef> {
    match &method.returns {
        Some(Returns::Value(ty)) => {
            let any = method.alternative().map_or(ty, |(_, ty)| ty);
            Some(any.clone())
        }
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
