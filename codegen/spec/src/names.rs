//! Rust names derived from the names of the specification.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// `Admin::Account` is `AdminAccount` in Rust.
pub fn type_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.split("::") {
        push_first_upper(part, &mut out);
    }
    out
}

/// The type of a nested object: `InstanceContact` for the field `contact` of `Instance`.
pub fn nested_name(parent: &str, field: &str) -> String {
    format!("{}{}", type_name(parent), field.to_upper_camel_case())
}

/// The module of a file: `servers_pleroma` for `servers/pleroma`.
pub fn module_name(file: &str) -> String {
    file.replace('/', "_")
}

/// The call type of a method: `StatusPostCall` for `status_post`.
pub fn builder_name(method: &str) -> String {
    format!("{}Call", method.to_upper_camel_case())
}

/// The static of an endpoint: `STATUS_POST` for `status_post`.
pub fn static_name(method: &str) -> String {
    method.to_shouty_snake_case()
}

/// The name of a field, parameter or method; `kind` for `type`.
pub fn member_name(wire: &str, alias: Option<&str>) -> String {
    let name = alias.map_or_else(|| wire.replace('@', "at_").to_snake_case(), str::to_owned);
    match name.as_str() {
        "type" => "kind".to_owned(),
        _ if name.starts_with(|c: char| c.is_ascii_digit()) => format!("n{name}"),
        _ => name,
    }
}

/// The variant of a value: `AdminSignUp` for `admin.sign_up`.
pub fn variant_name(wire: &str, alias: Option<&str>) -> String {
    let name = alias.unwrap_or(wire).to_upper_camel_case();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("N{name}")
    } else {
        name
    }
}

/// The text with its first letter in upper case.
pub fn first_upper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_first_upper(text, &mut out);
    out
}

fn push_first_upper(text: &str, out: &mut String) {
    let mut chars = text.chars();
    out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    out.push_str(chars.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_rust() {
        assert_eq!(
            type_name("Admin::Trends::Links::PreviewCardProvider"),
            "AdminTrendsLinksPreviewCardProvider"
        );
        assert_eq!(
            nested_name("V1::Instance", "media_attachments"),
            "V1InstanceMediaAttachments"
        );
        assert_eq!(
            member_name("posting:default:visibility", None),
            "posting_default_visibility"
        );
        assert_eq!(member_name("@1x", None), "at_1x");
        assert_eq!(member_name("type", None), "kind");
        assert_eq!(variant_name("admin.sign_up", None), "AdminSignUp");
    }
}
