//! Documentation that several outputs share: versions, and links to Mastodon's documentation.

use crate::names::first_upper;
use crate::yaml::Version;

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
