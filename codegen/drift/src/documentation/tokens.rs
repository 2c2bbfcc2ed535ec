//! Reads the token and scopes of an endpoint.

/// Parses `User token + `write:statuses`` into the notation of the specification. `None` for other lines.
pub(super) fn auth(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let level = if lower.starts_with("public") {
        if lower.contains("user") {
            "optional user"
        } else if lower.contains("app token") {
            "optional app"
        } else {
            "none"
        }
    } else if lower.starts_with("app") {
        "app"
    } else if lower.starts_with("user") {
        "user"
    } else {
        return None;
    };
    let scopes = scopes(text);
    Some(if scopes.is_empty() {
        level.to_owned()
    } else {
        format!("{level}, {}", scopes.join(" or "))
    })
}

/// The scopes: names in backticks after `+` or joined to another scope. Other names are parameters.
fn scopes(text: &str) -> Vec<&str> {
    let mut scopes: Vec<&str> = Vec::new();
    let mut parts = text.split('`');
    let mut before = parts.next().unwrap_or_default();
    while let Some(code) = parts.next() {
        let before_code = before.trim_end();
        let joined = !scopes.is_empty()
            && ["or", "and", ",", "/"]
                .iter()
                .any(|word| before_code.trim_start() == *word);
        if (before_code.ends_with('+') || joined) && !scopes.contains(&code) {
            scopes.push(code);
        }
        before = parts.next().unwrap_or_default();
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_and_scopes_are_parsed() {
        for (text, expected) in [
            ("Public", "none"),
            ("App token", "app"),
            ("User + `write:notes`", "user, write:notes"),
            (
                "User token + `profile` or `read:notes`",
                "user, profile or read:notes",
            ),
            (
                "User token + `write:notes`. The user must own the note `id`.",
                "user, write:notes",
            ),
            (
                "Public for public notes. User token + `read:notes` for others.",
                "optional user, read:notes",
            ),
            (
                "Public. Requires app token + `read:notes` if so set up.",
                "optional app, read:notes",
            ),
        ] {
            assert_eq!(auth(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(auth("See below."), None);
    }
}
