//! Statements that print what an example call has returned.

use heck::ToSnakeCase;

use crate::ident;
use mastodon_spec::model::{FieldModel, FieldType, Kind, MethodModel, Model, Output, Presence};
use mastodon_spec::yaml::{HttpMethod, TypeRef};

/// Fields that say most about an entity, best first.
const TELLING: &[&str] = &[
    "acct",
    "username",
    "title",
    "name",
    "shortcode",
    "phrase",
    "domain",
    "ip",
    "email",
    "keyword",
    "url",
    "uri",
    "text",
    "expires_at",
];

/// The statement that prints the events of a stream.
pub(super) const EVENTS: &str =
    "while let Some(event) = events.try_next().await? {\n    println!(\"{event:?}\");\n}";

/// A variable that holds the result, and the statement that prints it.
pub(super) struct Printed {
    pub(super) variable: String,
    pub(super) statement: String,
}

/// The variable and the statement; `None` for methods without a result.
pub(super) fn printed(model: &Model<'_>, method: &MethodModel<'_>) -> Option<Printed> {
    match method.output {
        Output::Value { ty, is_optional } => {
            let variable = variable_name(ty);
            let statement = value(model, method, &variable, ty);
            let statement = if is_optional {
                format!(
                    "if let Some({variable}) = {variable} {{\n{}\n}}",
                    indented(&statement)
                )
            } else {
                statement
            };
            Some(Printed {
                variable,
                statement,
            })
        }
        Output::Page { item, .. } => Some(Printed {
            variable: "page".to_owned(),
            statement: each(model, method, "page", item),
        }),
        Output::Text => Some(Printed {
            variable: "text".to_owned(),
            statement: "println!(\"{}\", text.0);".to_owned(),
        }),
        Output::Stream(_) => Some(Printed {
            variable: "events".to_owned(),
            statement: EVENTS.to_owned(),
        }),
        Output::Unit | Output::WebPage => None,
    }
}

/// The statement that prints a value.
fn value(model: &Model<'_>, method: &MethodModel<'_>, variable: &str, ty: &TypeRef) -> String {
    match ty {
        TypeRef::List(item) if item.named().is_some() => each(model, method, variable, item),
        TypeRef::Named(name) => match model.kind(name) {
            Some(Kind::Enum | Kind::Id) => format!("println!(\"{{{variable}}}\");"),
            Some(Kind::Entity) => entity(model, method, variable, name),
            _ => format!("println!(\"{{{variable}:?}}\");"),
        },
        TypeRef::String | TypeRef::Html | TypeRef::Url | TypeRef::Language => {
            format!("println!(\"{{{variable}}}\");")
        }
        _ => format!("println!(\"{{{variable}:?}}\");"),
    }
}

/// The loop that prints the items of a list.
fn each(model: &Model<'_>, method: &MethodModel<'_>, list: &str, item: &TypeRef) -> String {
    let variable = variable_name(item);
    let statement = value(model, method, &variable, item);
    format!("for {variable} in &{list} {{\n{}\n}}", indented(&statement))
}

/// The statement that prints a field of an entity.
fn entity(model: &Model<'_>, method: &MethodModel<'_>, variable: &str, name: &str) -> String {
    let fields = model.structs(name).first().map(|item| &item.fields[..]);
    let fields = fields.unwrap_or_default();
    let field = |name: &str| fields.iter().find(|field| field.wire == name);
    let changed = changed_field(method, fields);
    // Everybody can see who wrote a status and what.
    if changed.is_none() && name == "Status" && field("account").is_some() {
        return format!(
            "println!(\"{{}}: {{}}\", {variable}.account.acct, {variable}.content.to_text());"
        );
    }
    let is_shown = |field: &&FieldModel<'_>| {
        let spec = field.yaml;
        let is_current = spec.deprecated.is_none() && spec.removed.is_none();
        is_current && !field.is_only_other && !field.boxed && format_of(model, field).is_some()
    };
    let shown = |field: &&FieldModel<'_>| {
        is_shown(field) && field.presence != Presence::Optional && field.wire != "id"
    };
    let telling = TELLING.iter().filter_map(|name| field(name));
    let best = changed
        .into_iter()
        .chain(telling.clone().filter(shown))
        .chain(telling.filter(is_shown))
        .chain(fields.iter().filter(shown))
        .chain(fields.iter().filter(is_shown))
        .find_map(|field| Some((field, format_of(model, field)?)));
    match best {
        Some((field, format)) => {
            let is_html = matches!(field.ty, FieldType::Type(TypeRef::Html));
            let conversion = match field.presence {
                Presence::Required | Presence::Default if is_html => ".to_text()",
                _ => "",
            };
            let field = ident(&field.name);
            format!("println!(\"{format}\", {variable}.{field}{conversion});")
        }
        None => format!("println!(\"{{{variable}:?}}\");"),
    }
}

/// The field that a method changes: `favourited` by `status_favourite`, `muting` by `account_unmute`.
pub(super) fn changed_field<'f, 'a>(
    method: &MethodModel<'_>,
    fields: &'f [FieldModel<'a>],
) -> Option<&'f FieldModel<'a>> {
    if method.http_method == HttpMethod::Get {
        return None;
    }
    method.name.rsplit('_').find_map(|word| {
        let word = word.strip_prefix("un").unwrap_or(word);
        let stem = word.strip_suffix('e').unwrap_or(word);
        let endings = ["ed", "ing", "ned"];
        let mut names = endings.iter().map(|ending| format!("{stem}{ending}"));
        let of_verb = names.find_map(|name| fields.iter().find(|field| field.wire == name));
        of_verb.or_else(|| fields.iter().find(|field| field.wire == word))
    })
}

/// How a field is printed; `None` for objects, lists and secrets.
fn format_of(model: &Model<'_>, field: &FieldModel<'_>) -> Option<&'static str> {
    let FieldType::Type(ty) = &field.ty else {
        return None;
    };
    let is_plain = match ty {
        TypeRef::Named(name) => matches!(model.kind(name), Some(Kind::Enum | Kind::Id)),
        TypeRef::List(_) | TypeRef::MapOf(_) | TypeRef::Json | TypeRef::Secret => false,
        _ => true,
    };
    match field.presence {
        _ if !is_plain => None,
        Presence::Optional => Some("{:?}"),
        Presence::Required | Presence::Default => Some("{}"),
    }
}

/// The name of a variable that holds a value of this type.
fn variable_name(ty: &TypeRef) -> String {
    let of_type = |name: &str| {
        let name = name.rsplit("::").next().unwrap_or(name).to_snake_case();
        ident(&name).to_string()
    };
    match ty {
        TypeRef::Named(name) => of_type(name),
        TypeRef::List(inner) => inner
            .named()
            .map_or_else(|| "values".to_owned(), |name| plural(&of_type(name))),
        _ => "value".to_owned(),
    }
}

fn plural(word: &str) -> String {
    match word {
        _ if word.ends_with("us") || word.ends_with('x') => format!("{word}es"),
        _ if word.ends_with('s') => word.to_owned(),
        _ if word.ends_with("gy") || word.ends_with("ty") => {
            format!("{}ies", &word[..word.len() - 1])
        }
        _ => format!("{word}s"),
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
