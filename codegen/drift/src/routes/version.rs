//! Reads the version of Mastodon and of its API from `lib/mastodon/version.rb`.

use super::classes::Classes;
use super::ruby::{self, Bracket, Lexed, Token};
use mastodon_spec::yaml::Version;

/// The folder of the file.
pub(super) const FOLDER: &str = "lib/mastodon/version.rb";

/// The version, and the version of the API with its position.
pub(super) fn read(classes: &Classes) -> (Option<Version>, Option<(u32, String)>) {
    let Some(module) = classes.resolve("Mastodon::Version", "") else {
        return (None, None);
    };
    let value = |name: &str| -> Option<&Token> {
        let body = &module.methods.get(name)?.body;
        body.last()?.tokens.last()
    };
    let number = |name: &str| match value(name)? {
        Token::Leaf(Lexed::Literal(number)) => Some(number.clone()),
        _ => None,
    };
    let version = || {
        let [major, minor, patch] = ["major", "minor", "patch"].map(number);
        let mut text = format!("{}.{}.{}", major?, minor?, patch?);
        if let Some(Token::Leaf(Lexed::Text(pre))) = value("default_prerelease")
            && !pre.is_empty()
        {
            text = format!("{text}-{pre}");
        }
        text.parse().ok()
    };
    let api_version = || {
        let Token::Group(Bracket::Curly, entries) = value("api_versions")? else {
            return None;
        };
        let entries = ruby::hash(entries);
        let (_, number) = (entries.iter()).find(|(key, _)| key.as_deref() == Some("mastodon"))?;
        match number {
            [Token::Leaf(Lexed::Literal(number))] => {
                Some((number.parse().ok()?, module.file.clone()))
            }
            _ => None,
        }
    };
    (version(), api_version())
}
