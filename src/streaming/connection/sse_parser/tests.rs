//! Examples from the HTML standard, and a comparison with a simple reference parser.

use std::time::Duration;

use proptest::prelude::*;

use super::{Frame, Parser};

/// Parses chunks and returns the frames as strings, with the parser.
fn parse(limit: usize, chunks: &[&[u8]]) -> (Vec<String>, Parser) {
    let mut parser = Parser::new(limit);
    let mut frames = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(frame) = parser.next(&mut rest) {
            frames.push(match frame {
                Frame::Comment => ":".to_owned(),
                Frame::TooLarge { name } => format!("{name} is too large"),
                Frame::Event { name, data } => format!("{name}={data}"),
            });
        }
        assert!(rest.is_empty(), "unparsed bytes");
    }
    (frames, parser)
}

fn frames(text: &str) -> Vec<String> {
    parse(1000, &[text.as_bytes()]).0
}

#[test]
fn examples_parse_as_the_standard_requires() {
    for (text, expected) in [
        ("event: update\ndata: {}\n\n", vec!["update={}"]),
        ("data: a\ndata: b\n\n", vec!["message=a\nb"]),
        ("data:a\ndata:  b\n\n", vec!["message=a\n b"]),
        ("data\n\ndata\ndata\n\n", vec!["message=", "message=\n"]),
        ("event: nothing\n\ndata: x\n\n", vec!["message=x"]),
        (":)\n:thump\n\n", vec![":", ":"]),
        ("event: a\n: between\ndata: x\n\n", vec![":", "a=x"]),
        (
            "data: x\r\n\r\ndata: y\r\rdata: z\n\n",
            vec!["message=x", "message=y", "message=z"],
        ),
        ("\u{feff}data: x\n\n\u{feff}data: y\n\n", vec!["message=x"]),
        ("data: x", vec![]),
        ("data: x\n", vec![]),
        ("Data: x\n data: y\nother: z\n\n", vec![]),
        ("event: a\nevent: b\ndata: x: y\n\n", vec!["b=x: y"]),
    ] {
        assert_eq!(frames(text), expected, "{text:?}");
    }
}

#[test]
fn only_valid_ids_and_retry_delays_are_accepted() {
    let parser = |text: &str| parse(1000, &[text.as_bytes()]).1;
    let parsed = parser("id: 7\nretry: 2500\ndata: x\n\n");
    assert_eq!(
        (parsed.last_event_id(), parsed.retry()),
        ("7", Some(Duration::from_millis(2500)))
    );
    assert_eq!(
        parser("id: 7\ndata: x\n\nid: a\0b\ndata: y\n\n").last_event_id(),
        "7"
    );
    assert_eq!(
        parser("id: 7\ndata: x\n\nid\ndata: y\n\n").last_event_id(),
        ""
    );
    assert_eq!(
        parser("id: 7\ndata: x\n").last_event_id(),
        "",
        "the event is incomplete"
    );
    for invalid in [
        "retry: -1\n",
        "retry: soon\n",
        "retry:\n",
        "retry: 99999999999999999999\n",
    ] {
        assert_eq!(parser(invalid).retry(), None, "{invalid:?}");
    }
}

#[test]
fn invalid_utf_8_is_replaced() {
    let (frames, _) = parse(100, &[b"event: \xff\ndata: a\xf0\x9fb\n\n"]);
    assert_eq!(frames, ["\u{fffd}=a\u{fffd}b"]);
}

#[test]
fn oversized_event_is_dropped_alone_and_uses_no_memory() {
    let long = "x".repeat(10_000);
    for event in [
        format!("event: a\ndata: {long}\n\n"),
        format!("event: a\n{}\n", "data: xxxxxxxxxx\n".repeat(1000)),
        format!("event: a\n{long}\ndata: x\n\n"),
    ] {
        let text = format!(":{long}\n{event}data: next\n\n");
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(7).collect();
        for chunks in [&[text.as_bytes()][..], &chunks] {
            let (frames, parser) = parse(100, chunks);
            assert_eq!(frames, [":", "a is too large", "message=next"]);
            let buffered = parser.line.capacity() + parser.data.capacity() + parser.name.capacity();
            assert!(buffered < 1000, "{buffered} bytes are buffered");
        }
    }
}

/// Reference parser: processes the whole input line by line.
fn parse_reference(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    let (mut frames, mut name, mut data) = (Vec::new(), String::new(), Vec::new());
    for line in lines {
        match line.split_once(':').unwrap_or((line, "")) {
            ("", "") if line.is_empty() => {
                if !data.is_empty() {
                    let name = if name.is_empty() { "message" } else { &name };
                    frames.push(format!("{name}={}", data.join("\n")));
                }
                name.clear();
                data.clear();
            }
            ("", _) => frames.push(":".to_owned()),
            ("data", value) => data.push(value.strip_prefix(' ').unwrap_or(value)),
            ("event", value) => value
                .strip_prefix(' ')
                .unwrap_or(value)
                .clone_into(&mut name),
            _ => {}
        }
    }
    frames
}

/// Returns a strategy for bytes that resemble a stream.
fn stream_bytes() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n\n".to_vec()),
        Just(b"data: ".to_vec()),
        Just(b"data".to_vec()),
        Just(b"event:".to_vec()),
        Just(b":".to_vec()),
        Just(b" ".to_vec()),
        Just(b"id: 1".to_vec()),
        Just("\u{feff}".as_bytes().to_vec()),
        Just("ä".as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunk_boundaries_do_not_change_the_events(
        bytes in stream_bytes(),
        cuts in proptest::collection::vec(0usize..400, 0..40),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        let expected = parse_reference(&bytes);
        prop_assert_eq!(&parse(10_000, &chunks).0, &expected);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&parse(10_000, &single).0, &expected);
    }

    #[test]
    fn buffers_never_exceed_the_limit(bytes in stream_bytes(), limit in 0usize..40) {
        let (_, parser) = parse(limit, &[&bytes]);
        prop_assert!(parser.line.len().max(parser.data.len()).max(parser.name.len()) <= limit.max(1));
    }
}
