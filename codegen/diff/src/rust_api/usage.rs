//! A program that uses every public item of the generated Rust.

use std::fmt::Write;

use super::{ItemKind, RustApi};

pub(super) fn program(api: &RustApi) -> String {
    let mut source = String::from(
        "//! Uses every public item of the generated Rust.\n\
         #![allow(dead_code, deprecated, unused_imports, clippy::all)]\n\
         use std::borrow::Cow;\nuse std::collections::BTreeMap;\nuse std::convert::Infallible;\n\
         use std::fmt::{Debug, Display};\nuse std::future::{Future, IntoFuture};\nuse std::hash::Hash;\n\
         use std::str::FromStr;\nuse std::time::Duration;\n\
         use mastodon_sdk::call::*;\nuse mastodon_sdk::endpoint::*;\nuse mastodon_sdk::jiff::civil::Date;\n\
         use mastodon_sdk::methods::*;\nuse mastodon_sdk::rate_limit::*;\nuse mastodon_sdk::server::*;\n\
         use mastodon_sdk::streaming::*;\nuse mastodon_sdk::*;\nuse serde::{Deserialize, Serialize};\n",
    );
    let items = api.items.values().filter(|item| item.kind == ItemKind::Api);
    for (number, item) in items.enumerate() {
        for feature in &item.features {
            let _ = writeln!(source, "#[cfg(feature = \"{feature}\")]");
        }
        let usage = item
            .usage
            .replacen("fn __", &format!("pub fn item_{number}"), 1);
        let _ = writeln!(source, "{usage}");
    }
    source
}
