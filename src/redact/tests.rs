//! Tests of the redaction.

use mastodon_types::__private::REDACTED;
use proptest::prelude::*;

use super::known::MIN_LEN;
use super::*;
use crate::text_strategy::unicode_text;

#[test]
fn json_members_with_secret_names_are_redacted() {
    let text =
        r#"{"access_token": "abc\"def", "scope":"read","nested":{"client_secret":"x"}, "n":1}"#;
    assert_eq!(
        redact(text),
        r#"{"access_token": "[redacted]", "scope":"read","nested":{"client_secret":"[redacted]"}, "n":1}"#
    );
}

#[test]
fn a_secret_that_the_excerpt_truncates_is_redacted() {
    for cut in [r#"{"access_token":"abcde"#, r#"{"access_token":["abcde"#] {
        assert_eq!(redact(cut), r#"{"access_token":"[redacted]""#);
    }
    assert_eq!(redact(r#"plain "quoted" text"#), r#"plain "quoted" text"#);
}

#[test]
fn a_secret_of_any_json_type_is_redacted() {
    for value in ["[\"abc\",\"abd\"]", "{\"value\":\"abc]}\"}", "123", "-1.5"] {
        let text = format!(r#"{{"password" : {value}, "scope":"read"}}"#);
        assert_eq!(
            redact(&text),
            r#"{"password" : "[redacted]", "scope":"read"}"#
        );
        let mut json = serde_json::from_str(&text).unwrap();
        redact_json(&mut json, &KnownSecrets::default());
        let shown = json.to_string();
        assert!(!shown.contains("abc") && !shown.contains('1'), "{shown}");
    }
    assert_eq!(redact(r#"{"auth":null,"n":1}"#), r#"{"auth":null,"n":1}"#);
    assert_eq!(
        redact("see /?state=1&code=abc&x=2"),
        "see /?state=1&code=[redacted]&x=2"
    );
}

#[test]
fn validation_messages_about_a_secret_member_are_kept() {
    let body = serde_json::json!({"details": {"password": [{"error": "ERR_TOO_SHORT", "description": "is short"}]}});
    let mut shown = body.clone();
    redact_json(&mut shown, &KnownSecrets::default());
    assert_eq!(shown, body);
}

/// Returns a JSON value with its secrets redacted.
fn redacted(mut value: serde_json::Value, known: &KnownSecrets) -> serde_json::Value {
    redact_json(&mut value, known);
    value
}

#[test]
fn error_codes_and_validation_messages_are_not_secret() {
    for body in [
        serde_json::json!({"error": "Validation failed", "code": "ERR_TAKEN"}),
        serde_json::json!({"error": "no", "code": 1010}),
        serde_json::json!({"zod_error": {"issues": [{"code": "invalid_type", "path": ["code"], "message": "Required"}]}}),
        serde_json::json!({"message": "The given data was invalid.", "errors": {"password": ["The password is too short (8)."]}}),
        serde_json::json!({"error": {"password": "can't be blank"}}),
        serde_json::json!({"errors": {"password": ["ist zu kurz (weniger als 8 Zeichen)", "パスワードは必須です"]}}),
    ] {
        let none = KnownSecrets::default();
        assert_eq!(redacted(body.clone(), &none), body);
    }
    for text in [
        r#"{"code":"ERR_TAKEN","error":1}"#,
        r#"{"code": 422}"#,
        "failed with code=invalid_grant",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn authorization_codes_are_secret() {
    for code in [
        "hDcpZwzX9UoLkB_yd5rTq2vN0sJfYgMeAi3xCn7OeRs",
        "hDcpZwzXbUoLkBaydcrTqdvNesJfYgMeAifxCngOeRs",
        "code-s3cr3t",
        "123456",
    ] {
        let text = format!(r#"{{"code":"{code}"}}"#);
        assert!(!redact(&text).contains(code), "{code}");
        let body = serde_json::json!({"code": code, "errors": {"code": code, "password": [code]}});
        let shown = redacted(body, &KnownSecrets::default()).to_string();
        assert!(!shown.contains(code), "{shown}");
    }
    assert_eq!(redact("/?code=word&x=1"), "/?code=[redacted]&x=1");
}

#[test]
fn secrets_with_escapes_are_redacted_in_text_and_after_decoding() {
    let secret = "abc/def=ghi\"é";
    let known = KnownSecrets::new(vec![secret.into()]);
    for text in [
        r#"{"error":"bad token abc\/def\u003dghi\"\u00e9"}"#,
        r#"{"error":"bad token \u0061bc/def\u003Dghi\u0022é"}"#,
        r#"{"payload":"{\"error\":\"bad token abc\\\/def\\u003dghi\\\"é\"}"}"#,
        "<p>bad token abc&#x2F;def&#61;ghi&quot;é</p>",
        "bad token abc%2fdef%3Dghi%22%c3%a9",
        "bad token abc%252Fdef%253dghi%2522%25C3%25A9",
    ] {
        let shown = known.redact(text);
        assert!(shown.contains("bad token [redacted]"), "{shown}");
        if let Ok(json) = serde_json::from_str(text) {
            let shown = redacted(json, &known).to_string();
            assert!(shown.contains("bad token [redacted]"), "{shown}");
        }
    }
    let number = KnownSecrets::new(vec!["73377337".into()]);
    let shown = redacted(serde_json::json!({"n": 73377337, "m": 7}), &number);
    assert_eq!(shown, serde_json::json!({"n": "[redacted]", "m": 7}));
}

#[test]
fn beginning_of_a_secret_at_the_end_of_a_truncated_text_is_redacted() {
    let known = KnownSecrets::new(vec!["hunter2hunter2".into()]);
    for cut in [
        "hunter",
        r"hunt\u00",
        r"hunt\u0065",
        "hunt%",
        r"hunt\",
        "hunt&#10",
        r"\u0068unter2",
    ] {
        let shown = known.redact(&format!("expected an ID, found \"{cut}…"));
        assert_eq!(shown, "expected an ID, found \"[redacted]…");
    }
    for harmless in ["hun…", "hunter", "hunter …"] {
        assert_eq!(known.redact(harmless), harmless);
    }
}

#[test]
fn names_with_escapes_and_json_in_strings_are_redacted() {
    for text in [
        r#"{"access\u005ftoken":"hunter2"}"#,
        r#"{"payload":"{\"access_token\":\"hunter2\",\"n\":1}"}"#,
        r#"{"payload":"{\"access_token\":\"hunter2"#,
        r#"Parameters: {"access_token"=>"hunter2"}"#,
        r#"{"path":"/?x=1&access_token=hunter2"}"#,
    ] {
        let shown = redact(text);
        assert!(
            !shown.contains("hunter2") && shown.contains(REDACTED),
            "{shown}"
        );
        if let Ok(json) = serde_json::from_str(text) {
            let shown = redacted(json, &KnownSecrets::default()).to_string();
            assert!(
                !shown.contains("hunter2") && shown.contains(REDACTED),
                "{shown}"
            );
        }
    }
    let harmless = r#"{"payload":"{\"id\":\"1\"}"}"#;
    assert_eq!(redact(harmless), harmless);
}

/// A response of the maximum size must not occupy a thread for minutes.
#[test]
fn redaction_takes_time_in_proportion_to_the_text() {
    let known = KnownSecrets::new(vec!["a=\\\\%&".into(), "=a=b".into()]);
    for part in [
        "a=",
        "code=",
        r"\",
        "%25",
        "&#",
        "\"",
        r#"\""#,
        r"\u",
        "[",
        r#"{"token":"#,
    ] {
        let text = part.repeat((128 << 10) / part.len());
        let shown = redact(&known.redact(&text));
        assert!(shown.len() < 2 << 20);
    }
}

#[test]
fn debug_output_of_headers_contains_no_secret() {
    let mut headers = http::HeaderMap::new();
    for (name, value) in [
        ("x-request-id", "abc-1"),
        ("x-echo", "Bearer hunter2"),
        ("x-forwarded-authorization", "Basic Zm9vOmJhcg=="),
        ("set-cookie", "_session_id=s3cr3t; path=/"),
        ("location", "/callback?code=s3cr3t&state=x"),
        ("x-csrf-token", "s3cr3t"),
        ("x-debug", r#"{"access_token":"s3cr3t"}"#),
    ] {
        headers.append(name, value.parse().unwrap());
    }
    let known = KnownSecrets::new(vec!["hunter2".into()]);
    let shown = format!("{:?}", RedactedHeaders(&headers, &known));
    for secret in ["hunter2", "s3cr3t", "Zm9v"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains(r#""x-request-id": "abc-1""#), "{shown}");
}

proptest! {
    #[test]
    fn a_secret_is_redacted_next_to_any_text(before in unicode_text(), secret in unicode_text(), after in unicode_text()) {
        let is_distinct = |text: &str| !text.contains(&secret);
        prop_assume!(secret.len() >= MIN_LEN && [&before, &after, REDACTED].into_iter().all(is_distinct));
        let known = KnownSecrets::new(vec![secret.as_str().into()]);
        let redacted = known.redact(&format!("{before}\u{0}{secret}\u{0}{after}"));
        prop_assert!(is_distinct(&redacted), "{redacted}");
    }

    #[test]
    fn any_text_of_a_secret_member_is_redacted(secret in unicode_text(), other in unicode_text()) {
        let json = serde_json::json!({ "password": secret, "title": other }).to_string();
        let redacted = redact(&json);
        let start = r#"{"password":"[redacted]","title":""#;
        prop_assert!(redacted.starts_with(start), "{redacted}");
    }

    #[test]
    fn a_secret_is_redacted_however_its_characters_are_escaped(secret in "[ -~é😀]{4,12}", choices in proptest::collection::vec(0u8..6, 12)) {
        prop_assume!(!REDACTED.contains(&secret));
        let known = KnownSecrets::new(vec![secret.as_str().into()]);
        let escaped: String = secret.chars().zip(&choices).map(|(c, choice)| escaped(c, *choice)).collect();
        let shown = known.redact(&format!("\u{0}{escaped}\u{0}"));
        prop_assert!(!shown.contains(&escaped), "{secret:?} {escaped:?}");
    }
}

/// Writes a character as JSON, a URL or HTML may write it.
fn escaped(c: char, choice: u8) -> String {
    let mut bytes = [0; 4];
    let bytes = c.encode_utf8(&mut bytes).as_bytes();
    match choice {
        0 => {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            units.map(|unit| format!("\\u{unit:04x}")).collect()
        }
        1 => bytes.iter().map(|byte| format!("%{byte:02x}")).collect(),
        2 => bytes.iter().map(|byte| format!("%25{byte:02X}")).collect(),
        3 => format!("&#{};", u32::from(c)),
        4 => format!("&#x{:X};", u32::from(c)),
        // An escape character that is not escaped is ambiguous.
        _ if matches!(c, '\\' | '%' | '&' | '+') => format!("&#{};", u32::from(c)),
        _ => c.into(),
    }
}
