//! Example calls in Rust, and a source file with all of them, which the tests compile and run.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use super::value::{self, Value};
use super::{Given, Sample, result};
use crate::ident;
use mastodon_spec::model::{Kind, MethodModel, Model};
use mastodon_spec::names::{type_name, variant_name};
use mastodon_spec::yaml::Stream;

/// Maximum width of a call on one line.
const WIDTH: usize = 52;

/// Examples for methods whose calls are handwritten.
const HANDWRITTEN: &[(&str, &str)] = &[
    (
        "oauth_authorize",
        "let app = mastodon\n    .create_app(\"My bot\", OUT_OF_BAND, \"read write\", None)\n    .await?;\nlet login = mastodon.auth_request_url(&app, \"read write\").await?;\nprintln!(\"Open {}\", login.url());",
    ),
    (
        "stream_healthy",
        "let healthy = mastodon.stream_healthy().await?;",
    ),
    (
        "stream_open_websocket",
        "let mut events = mastodon\n    .stream_user()\n    .transport(StreamTransport::WebSocket)\n    .await?;",
    ),
];

/// The statements that call a method; `None` where an application does not call it.
pub fn rust<'a>(model: &Model<'a>, method: &MethodModel<'a>) -> Option<String> {
    let name = method.name;
    if let Some((_, text)) = HANDWRITTEN.iter().find(|(known, _)| *known == name) {
        return Some((*text).to_owned());
    }
    let streams = model.spec.api.streams.values();
    let is_stream = streams
        .into_iter()
        .any(|stream| stream.method.as_deref() == Some(name));
    if !method.is_callable() && !is_stream {
        return None;
    }
    let sample = Sample::new(model, method);
    let options = sample.options.iter().map(|given| {
        let arguments = match given.value {
            Value::Flag => "true".to_owned(),
            _ => expression(model, &given.value),
        };
        format!("{}({arguments})", ident(&given.param.name))
    });
    let limit = sample.limit.map(|limit| format!("limit({limit})"));
    let options: Vec<String> = options.chain(limit).collect();
    let arguments: Vec<String> = sample.arguments.iter().map(argument(model)).collect();
    let call = format!("{}({})", ident(name), arguments.join(", "));
    let binding = match result::printed(model, method).map(|printed| printed.variable) {
        Some(name) if is_stream => format!("let mut {name} = "),
        Some(name) => format!("let {name} = "),
        None => String::new(),
    };
    let links: Vec<String> = std::iter::once(call).chain(options).collect();
    let line = format!("{binding}mastodon.{}.await?;", links.join("."));
    if line.len() <= WIDTH {
        return Some(line);
    }
    let mut links = links;
    if links[0].len() > WIDTH && arguments.len() > 1 {
        let arguments = arguments.join(",\n        ");
        links[0] = format!("{}(\n        {arguments},\n    )", ident(name));
    }
    Some(format!(
        "{binding}mastodon\n    .{}\n    .await?;",
        links.join("\n    .")
    ))
}

/// The statements that call a method and print something of its result.
fn example<'a>(model: &Model<'a>, method: &MethodModel<'a>) -> Option<String> {
    let call = rust(model, method)?;
    let is_handwritten = HANDWRITTEN.iter().any(|(name, _)| *name == method.name);
    Some(match result::printed(model, method) {
        Some(printed) if !is_handwritten => format!("{call}\n{}", printed.statement),
        _ => call,
    })
}

/// The example as a code block of rustdoc, which compiles but does not run; empty where an application does not call
/// the method.
pub(crate) fn documentation<'a>(model: &Model<'a>, method: &MethodModel<'a>) -> String {
    let Some(statements) = example(model, method) else {
        return String::new();
    };
    code_block(model, &statements)
}

/// The example of a stream that only WebSockets offer, as a code block of rustdoc.
pub(crate) fn stream_documentation(model: &Model<'_>, stream: &Stream) -> String {
    let argument = stream.param.as_deref();
    let argument = argument.map(|wire| format!("{:?}", value::text(wire)));
    let call = format!(
        "let mut events = mastodon.{}({}).await?;",
        ident(stream.function.as_deref().unwrap_or_default()),
        argument.unwrap_or_default(),
    );
    code_block(model, &format!("{call}\n{}", result::EVENTS))
}

/// The code block of rustdoc with these statements. It shows the imports, but not the function around the statements.
fn code_block(model: &Model<'_>, statements: &str) -> String {
    let mut lines = vec![
        "```",
        "# async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), Box<dyn std::error::Error>> {",
    ];
    let imports = imports(model, statements);
    lines.extend(imports.iter().map(String::as_str));
    if !imports.is_empty() {
        lines.push("");
    }
    lines.extend(statements.lines());
    lines.extend(["# Ok(()) }", "```"]);
    lines.join("\n")
}

/// The `use` declarations that the statements need.
fn imports(model: &Model<'_>, statements: &str) -> BTreeSet<String> {
    fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(name) => drop(names.insert(name.to_string())),
                TokenTree::Group(group) => collect(group.stream(), names),
                _ => {}
            }
        }
    }
    let mut names = BTreeSet::new();
    collect(statements.parse().unwrap_or_default(), &mut names);
    let module = |name: &str| match (model.kind_of_type(name), name) {
        (Some(Kind::Enum), _) => Some("mastodon_sdk"),
        (Some(Kind::Input), _) => Some("mastodon_sdk::methods"),
        (_, "Duration") => Some("std::time"),
        (_, "Timestamp") => Some("mastodon_sdk"),
        (_, "OUT_OF_BAND") => Some("mastodon_sdk::auth"),
        (_, "Value") => Some("mastodon_sdk::call"),
        (_, "StreamTransport") => Some("mastodon_sdk::streaming"),
        _ => None,
    };
    let imports = names.iter().filter_map(|name| {
        let module = module(name)?;
        Some(format!("use {module}::{name};"))
    });
    imports.collect()
}

fn argument<'a>(model: &'a Model<'_>) -> impl Fn(&Given<'_>) -> String + 'a {
    |given| expression(model, &given.value)
}

/// A value as an expression.
fn expression(model: &Model<'_>, value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::File(path) => format!("{path:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Flag => "true".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => format!("{number:?}"),
        Value::Seconds(seconds) => format!("Duration::from_secs({})", digits(*seconds)),
        Value::DateTime(text) => format!("{text:?}.parse::<Timestamp>()?"),
        Value::Date(text) => format!("{text:?}.parse()?"),
        Value::Enum(name, wire) => {
            let known = model
                .enumeration(name)
                .and_then(|known| known.values.get(wire));
            let alias = known.and_then(|value| value.alias.as_deref());
            format!("{}::{}", type_name(name), variant_name(wire, alias))
        }
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| expression(model, item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(key, value) => format!(
            "Value::Object(vec![({key:?}.into(), {}.into())])",
            expression(model, value)
        ),
        Value::Group(name, members) => {
            let (given, options): (Vec<_>, Vec<_>) =
                members.iter().partition(|member| member.is_required);
            let given: Vec<String> = given
                .iter()
                .map(|member| expression(model, &member.value))
                .collect();
            let options: String = options
                .iter()
                .map(|member| {
                    let value = expression(model, &member.value);
                    format!(".{}({value})", ident(&member.name))
                })
                .collect();
            format!("{}::new({}){options}", type_name(name), given.join(", "))
        }
    }
}

/// Formats a number with `_` between thousands.
fn digits(number: u32) -> String {
    let text = number.to_string();
    let mut out = String::new();
    for (index, digit) in text.chars().enumerate() {
        if index > 0 && (text.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// A source file with every call as an asynchronous function, and the equivalent `curl` commands. It is emitted as text,
/// because the calls are formatted already.
pub(crate) fn source(model: &Model<'_>) -> String {
    let (mut table, mut functions) = (String::new(), String::new());
    for method in model.methods() {
        let Some(statements) = example(model, method) else {
            continue;
        };
        let (name, curl) = (method.name, super::curl(model, method));
        let function = ident(name);
        table += &format!(
            "    (\n        {name:?},\n        |mastodon| Box::pin({function}(mastodon)),\n        {curl:?},\n    ),\n"
        );
        let statements = statements.replace('\n', "\n    ");
        functions += &format!(
            "\nasync fn {function}(mastodon: &Mastodon) -> Outcome {{\n    {statements}\n    Ok(())\n}}\n"
        );
    }
    format!(
        "//! The example calls of the API reference.

use super::prelude::*;

/// Every call: the method, the call in Rust, the `curl` command.
pub(super) static CALLS: &[(&str, Run, &str)] = &[
{table}];
{functions}"
    )
}
