//! Properties of the decoder: it never panics, and agrees with serde_json on valid JSON.

use mastodon_types::json::{DecodeOptions, decode, decode_bytes};
use mastodon_types::{Account, Notification, Status};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON value; integers, because serde_json does not read every other number exactly.
fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i16>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        any::<String>().prop_map(Value::from),
        Just(json!("57171-08-04T06:31:30.000Z")),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Names of fields, so that generated objects have some.
fn any_field() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "id",
        "account",
        "acct",
        "created_at",
        "content",
        "poll",
        "card",
        "reblog",
        "quote",
        "mentions",
        "tags",
        "media_attachments",
        "emojis",
        "sensitive",
        "replies_count",
        "visibility",
        "application",
        "filtered",
    ])
}

fn status(fields: &[(&str, Value)]) -> Value {
    let mut status = json!({ "id": "1", "account": { "id": "2", "acct": "bob" }, "content": "Hi" });
    for (name, value) in fields {
        status[*name] = value.clone();
    }
    status
}

proptest! {
    #[test]
    fn json_has_the_same_value_as_with_serde_json(value in any_value()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let decoded = decode::<Value>(&text).unwrap();
            prop_assert_eq!(&decoded.value, &serde_json::from_str::<Value>(&text).unwrap());
            prop_assert!(decoded.problems.is_empty() && decoded.rejected.is_empty());
        }
    }

    #[test]
    fn entity_is_decoded_in_the_same_way_by_serde_json(
        fields in prop::collection::vec((any_field(), any_value()), 0..6),
    ) {
        let status = status(&fields);
        let text = status.to_string();
        let decoded = decode::<Status>(&text).ok().map(|decoded| decoded.value);
        prop_assert_eq!(&decoded, &serde_json::from_str(&text).ok());
        prop_assert_eq!(decoded, serde_json::from_value(status).ok());
    }

    #[test]
    fn item_is_decoded_or_rejected_and_its_neighbors_are_kept(
        fields in prop::collection::vec((any_field(), any_value()), 0..6),
    ) {
        let malformed = status(&fields);
        let list = json!([status(&[]), malformed, status(&[])]).to_string();
        let decoded = decode::<Vec<Status>>(&list).unwrap();
        prop_assert_eq!(decoded.value.len() + decoded.rejected.len(), 3);
        prop_assert_eq!(decoded.value[0].content.as_str(), "Hi");
        for rejected in decoded.rejected {
            prop_assert_eq!(rejected.position, 1);
            prop_assert_eq!(serde_json::from_str::<Value>(&rejected.json).unwrap(), malformed.clone());
            prop_assert!(rejected.problem.path.starts_with("[1]"));
        }
    }

    #[test]
    fn bytes_are_decoded_or_rejected(
        fields in prop::collection::vec((any_field(), any_value()), 0..4),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = json!([status(&fields)]).to_string().into_bytes();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        let cut = end.index(bytes.len() + 1);
        for bytes in [&bytes[..], &bytes[..cut]] {
            let options = DecodeOptions::default().keep_unknown_fields(true);
            let _ = decode_bytes::<Vec<Status>>(bytes, options);
            let _ = decode_bytes::<Notification>(bytes, options);
            let _ = decode_bytes::<Account>(bytes, options);
            let _ = decode_bytes::<Value>(bytes, options);
        }
    }

    #[test]
    fn any_text_is_decoded_or_rejected(text in any::<String>()) {
        let decoded = decode::<Value>(&text);
        if serde_json::from_str::<Value>(&text).is_ok() {
            prop_assert!(decoded.is_ok());
        }
        let _ = decode::<Vec<Status>>(&text);
    }
}

#[test]
fn reports_are_bounded() {
    let list = format!("[{}1]", "null,".repeat(5000));
    let decoded = decode::<Vec<Status>>(&list).unwrap();
    assert_eq!(
        (decoded.problems.len(), decoded.rejected.len()),
        (100, 1000)
    );
    let long = "x".repeat(100_000);
    let decoded = decode::<Vec<Account>>(&format!(r#"[{{"id":["{long}"]}}]"#)).unwrap();
    assert!(decoded.rejected[0].problem.found.len() < 200);
    for open in ["[", r#"{"a":"#] {
        let deep = open.repeat(100_000);
        assert!(decode::<Value>(&deep).is_err() && decode::<Vec<Status>>(&deep).is_err());
    }
}
