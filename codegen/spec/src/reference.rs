//! Addresses of items in the two references: the website that `cargo codegen site` writes, and rustdoc on docs.rs.

use crate::names::{module_name, type_name};

/// The published website. `.github/workflows/site.yml` publishes it as GitHub Pages of the repository.
pub const SITE: &str = "https://mastodon-sdk.github.io/mastodon-sdk/";

/// The rustdoc of the SDK.
pub const RUSTDOC: &str = "https://docs.rs/mastodon-sdk/latest/mastodon_sdk/";

/// The page of the website about a resource.
pub fn resource_page(file: &str) -> String {
    format!("methods/{}.html", module_name(file))
}

/// The page of the website about an entity.
pub fn entity_page(name: &str) -> String {
    format!("entities/{}.html", type_name(name))
}

/// An anchor of the website, without characters that need escaping.
pub fn anchor(parts: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-:".contains(c);
    parts
        .join(".")
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect()
}

/// The rustdoc of a method.
pub fn rustdoc_method(name: &str) -> String {
    format!("{RUSTDOC}struct.Mastodon.html#method.{name}")
}

/// The rustdoc of an entity, an ID or an enumeration, whose types are enums if `is_enum`.
pub fn rustdoc_type(name: &str, is_enum: bool) -> String {
    let kind = if is_enum { "enum" } else { "struct" };
    format!("{RUSTDOC}entities/{kind}.{}.html", type_name(name))
}

/// The rustdoc of a group of parameters.
pub fn rustdoc_input(name: &str) -> String {
    format!("{RUSTDOC}methods/struct.{}.html", type_name(name))
}
