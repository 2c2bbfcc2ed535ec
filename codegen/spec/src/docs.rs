//! Documentation that several outputs share: versions, and links to Mastodon's documentation.

use crate::names::first_upper;
use crate::yaml::{Condition, On, ServersFile, Supported, Version};

/// "Since Mastodon 4.3.0, deprecated since 4.4.0.", or an empty string. A `since` before 3.0.0 is omitted,
/// because every supported server is newer.
pub fn versions(
    since: Option<&Version>,
    deprecated: Option<&Version>,
    removed: Option<&Version>,
) -> String {
    let since = since.filter(|version| version.major >= 3);
    let named = [
        ("since", since),
        ("deprecated since", deprecated),
        ("removed in", removed),
    ];
    let mut sentence = String::new();
    for (word, version) in named {
        let Some(version) = version else { continue };
        if sentence.is_empty() {
            sentence = format!("{} Mastodon {version}", first_upper(word));
        } else {
            sentence += &format!(", {word} {version}");
        }
    }
    if !sentence.is_empty() {
        sentence.push('.');
    }
    sentence
}

/// The versions and servers that have an item: "Since Mastodon 2.7.0. On GoToSocial since 0.20.0, not on Takahe.",
/// "Only on Akkoma and Mitra since 4.6.0.", or an empty string.
pub fn support(servers: &ServersFile, item: &impl Supported) -> String {
    let versions = versions(item.since(), item.deprecated(), item.removed());
    let others = other_servers(servers, &item.on(), item.is_only_on());
    [versions, others]
        .iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The servers other than Mastodon that have an item, as a sentence.
pub fn other_servers(servers: &ServersFile, on: &On, is_only_on: bool) -> String {
    let is_never = |condition: &Condition| *condition == Condition::Never;
    let named = |wanted: bool| -> Vec<String> {
        let conditions = on.0.iter();
        let mut conditions: Vec<_> = conditions
            .filter(|(_, condition)| is_never(condition) != wanted)
            .collect();
        // "Pleroma since 1.1.0 and Fedibird": a condition after the last name would seem to apply to all.
        conditions.sort_by_key(|(_, condition)| **condition == Condition::Always);
        conditions
            .into_iter()
            .map(|(server, condition)| with_condition(servers, server, condition))
            .collect()
    };
    let (with, without) = (list(&named(true)), list(&named(false)));
    let with = match (with.is_empty(), is_only_on) {
        (true, _) => String::new(),
        (false, true) => format!("Only on {with}"),
        (false, false) => format!("Also on {with}"),
    };
    match (with.is_empty(), without.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("{with}."),
        (true, false) => format!("Not on {without}."),
        (false, false) => format!("{with}; not on {without}."),
    }
}

/// "GoToSocial since 0.17.0".
pub fn with_condition(servers: &ServersFile, server: &str, condition: &Condition) -> String {
    let name = display_name(servers, server);
    match condition {
        Condition::Always | Condition::Never => name.to_owned(),
        Condition::Versions { since, until } => {
            let since = since.iter().map(|version| format!(" since {version}"));
            let until = until.iter().map(|version| format!(" before {version}"));
            name.to_owned() + &since.chain(until).collect::<String>()
        }
        Condition::Api(level) => format!("{name} since API level {level}"),
        Condition::Features(features) => {
            let features: Vec<_> = features.iter().map(|name| format!("`{name}`")).collect();
            format!("{name} with the feature {}", features.join(" or "))
        }
    }
}

/// The name of a server in prose.
pub fn display_name<'a>(servers: &'a ServersFile, server: &'a str) -> &'a str {
    let known = servers.servers.get(server);
    known
        .and_then(|server| server.name.as_deref())
        .unwrap_or(server)
}

/// "a, b and c".
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [item] => item.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The URL of a page of Mastodon's documentation. The anchor can name another page: `methods/lists#get`.
pub fn page_url(page: &str, anchor: Option<&str>) -> String {
    let base = "https://docs.joinmastodon.org";
    let (page, anchor) = match anchor {
        Some(anchor) if anchor.contains('/') => (anchor, None),
        other => (page, other),
    };
    // The page can contain an anchor.
    let (page, anchor) = page
        .split_once('#')
        .map_or((page, anchor), |(page, own)| (page, anchor.or(Some(own))));
    let anchor = anchor
        .map(|anchor| format!("#{}", anchor.trim_start_matches('#')))
        .unwrap_or_default();
    format!("{base}/{page}/{anchor}")
}
