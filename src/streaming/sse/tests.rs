//! The parser against the standard's examples, and against a second, slower reading of the standard.

use std::time::Duration;

use proptest::prelude::*;

use super::{Frame, Parser};

/// All that comes out of the pieces, as texts that can be compared.
fn read(limit: usize, pieces: &[&[u8]]) -> (Vec<String>, Parser) {
    let mut parser = Parser::new(limit);
    let mut frames = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while let Some(frame) = parser.next(&mut rest) {
            frames.push(match frame {
                Frame::Comment => ":".to_owned(),
                Frame::TooLarge { name } => format!("{name} is too large"),
                Frame::Event { name, data } => format!("{name}={data}"),
            });
        }
        assert!(rest.is_empty(), "everything is read");
    }
    (frames, parser)
}

fn frames(text: &str) -> Vec<String> {
    read(1000, &[text.as_bytes()]).0
}

#[test]
fn events_are_read_as_the_standard_says() {
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
fn ids_and_waits_are_taken_over_where_they_are_sound() {
    let parser = |text: &str| read(1000, &[text.as_bytes()]).1;
    let read = parser("id: 7\nretry: 2500\ndata: x\n\n");
    assert_eq!(
        (read.last_id(), read.retry()),
        ("7", Some(Duration::from_millis(2500)))
    );
    assert_eq!(
        parser("id: 7\ndata: x\n\nid: a\0b\ndata: y\n\n").last_id(),
        "7"
    );
    assert_eq!(parser("id: 7\ndata: x\n\nid\ndata: y\n\n").last_id(), "");
    assert_eq!(
        parser("id: 7\ndata: x\n").last_id(),
        "",
        "the event did not end"
    );
    for bad in [
        "retry: -1\n",
        "retry: soon\n",
        "retry:\n",
        "retry: 99999999999999999999\n",
    ] {
        assert_eq!(parser(bad).retry(), None, "{bad:?}");
    }
}

#[test]
fn what_is_no_utf_8_is_replaced() {
    let (frames, _) = read(100, &[b"event: \xff\ndata: a\xf0\x9fb\n\n"]);
    assert_eq!(frames, ["\u{fffd}=a\u{fffd}b"]);
}

#[test]
fn what_is_too_large_costs_its_own_event_only_and_no_memory() {
    let long = "x".repeat(10_000);
    for event in [
        format!("event: a\ndata: {long}\n\n"),
        format!("event: a\n{}\n", "data: xxxxxxxxxx\n".repeat(1000)),
        format!("event: a\n{long}\ndata: x\n\n"),
    ] {
        let text = format!(":{long}\n{event}data: next\n\n");
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(7).collect();
        for pieces in [&[text.as_bytes()][..], &pieces] {
            let (frames, parser) = read(100, pieces);
            assert_eq!(frames, [":", "a is too large", "message=next"]);
            let held = parser.line.capacity() + parser.data.capacity() + parser.name.capacity();
            assert!(held < 1000, "{held} bytes are held");
        }
    }
}

/// The standard once more: the whole text, line by line.
fn plainly(bytes: &[u8]) -> Vec<String> {
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

/// Bytes that look like a stream, more or less.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
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
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_the_bytes_are_cut_the_events_are_the_same(
        bytes in streams(),
        cuts in proptest::collection::vec(0usize..400, 0..40),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        let expected = plainly(&bytes);
        prop_assert_eq!(&read(10_000, &pieces).0, &expected);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&read(10_000, &single).0, &expected);
    }

    #[test]
    fn no_bytes_make_it_hold_more_than_its_bound(bytes in streams(), limit in 0usize..40) {
        let (_, parser) = read(limit, &[&bytes]);
        prop_assert!(parser.line.len().max(parser.data.len()).max(parser.name.len()) <= limit.max(1));
    }
}
