use super::*;
use crate::streaming::generated::Channel;

fn list(id: u32) -> Key {
    Key::new(&Channel::List(id.to_string().as_str().into()), true)
}

fn candidates(keys: Vec<Key>) -> Candidates {
    Candidates {
        keys,
        has_unused: false,
        are_pending: true,
        requested_at: None,
    }
}

fn reason() -> CloseReason {
    CloseReason::Closed("refused".to_owned())
}

#[test]
fn text_of_an_error_tells_what_it_is_about() {
    let public = Key::new(&Channel::Public, true);
    let tag = Key::new(&Channel::Hashtag("rust".into()), true);
    let user = Key::new(&Channel::User, true);
    for (text, status, cause, concerned) in [
        (
            "Not authorized to stream this list",
            Some(401),
            Cause::List,
            [true, false, false, false],
        ),
        (
            "Error: Not authorized to stream this list",
            None,
            Cause::List,
            [true, false, false, false],
        ),
        (
            "Missing tag name parameter",
            Some(400),
            Cause::Hashtag,
            [false, true, false, false],
        ),
        (
            "Access token does not have the required scopes",
            Some(401),
            Cause::Scope,
            [true, false, false, true],
        ),
        (
            "Error: Access token does not cover required scopes",
            None,
            Cause::Scope,
            [true, false, false, true],
        ),
        ("Unknown stream type", Some(400), Cause::Unknown, [true; 4]),
        (
            "An unexpected error occurred",
            Some(500),
            Cause::Failure,
            [true; 4],
        ),
        ("Bad gateway", Some(502), Cause::Failure, [true; 4]),
        (
            "Error unsubscribing from channel",
            None,
            Cause::Unsubscribe,
            [false; 4],
        ),
    ] {
        let actual = Cause::of(text, status);
        assert_eq!(actual, cause, "{text}");
        let may_concern = [&list(1), &tag, &public, &user].map(|key| actual.may_concern(key));
        assert_eq!(may_concern, concerned, "{text}");
    }
    let list_error = "Error: Not authorized to stream this list";
    assert_eq!(Cause::List.default_status(list_error), 401);
    assert_eq!(
        Cause::Unknown.default_status("Error: Unknown stream type"),
        400
    );
}

/// Simulates a server that refuses some subscriptions. Returns the refused ones and the time of the search.
fn search(total: u32, refused: &[u32], response_time: Duration) -> (Vec<Key>, Duration) {
    let start = Instant::now();
    let mut now = start;
    let mut refusals = Refusals::default();
    let is_refused = |key: &Key| refused.iter().any(|id| list(*id) == *key);
    let all: Vec<Key> = (0..total).map(list).collect();
    let mut found = Vec::new();
    // Times at which errors arrive.
    let mut errors: Vec<Instant> = refused.iter().map(|_| now + response_time).collect();
    loop {
        let deadline = refusals.deadline();
        let Some(next) = errors
            .iter()
            .copied()
            .min()
            .into_iter()
            .chain(deadline)
            .min()
        else {
            break;
        };
        now = next;
        let steps = if errors.contains(&now) {
            let index = errors.iter().position(|at| *at == now).unwrap();
            errors.remove(index);
            let remaining = all.iter().filter(|key| !found.contains(*key)).cloned();
            refusals.on_error(
                Cause::Unknown,
                reason(),
                candidates(remaining.collect()),
                now,
            )
        } else {
            refusals.advance(now)
        };
        for step in steps {
            match step {
                Step::Refuse(key, _) => found.push(key),
                Step::Ask(keys) => {
                    let again = keys.iter().filter(|key| is_refused(key));
                    errors.extend(again.map(|_| now + response_time));
                }
            }
        }
    }
    (found, now - start)
}

#[test]
fn refused_subscriptions_are_found_by_halves_and_no_other_is_ended() {
    for milliseconds in [0, 20, 200, 1000, 3000] {
        for refused in [&[][..], &[0], &[21], &[3, 4], &[0, 7, 14, 21]] {
            let (mut found, _) = search(22, refused, Duration::from_millis(milliseconds));
            let mut expected: Vec<Key> = refused.iter().map(|id| list(*id)).collect();
            let name = |key: &Key| format!("{key:?}");
            found.sort_by_key(name);
            expected.sort_by_key(name);
            assert_eq!(found, expected, "{milliseconds} ms");
        }
    }
}

#[test]
fn search_takes_as_long_as_the_server_and_not_a_fixed_time_per_stream() {
    let (_, time) = search(22, &[21], Duration::from_millis(20));
    assert!(time < Duration::from_secs(5), "{time:?}");
}

#[test]
fn error_that_only_one_subscription_can_have_is_decided_at_once() {
    let mut refusals = Refusals::default();
    let now = Instant::now();
    let steps = refusals.on_error(Cause::List, reason(), candidates(vec![list(1)]), now);
    assert!(matches!(&steps[..], [Step::Refuse(key, _)] if *key == list(1)));
    // The error may be about a stream that was closed.
    let unused = Candidates {
        has_unused: true,
        ..candidates(vec![list(1)])
    };
    assert!(
        refusals
            .on_error(Cause::List, reason(), unused, now)
            .is_empty()
    );
    let steps = refusals.advance(now + MIN_WAIT);
    assert!(
        matches!(&steps[..], [Step::Ask(keys)] if *keys == [list(1)]),
        "{steps:?}"
    );
}

#[test]
fn error_after_a_search_can_be_a_late_response_and_does_not_end_the_last_subscription_at_once() {
    let mut refusals = Refusals::default();
    let now = Instant::now();
    let both = candidates(vec![list(1), list(2)]);
    refusals.on_error(Cause::List, reason(), both, now);
    let mut is_found = false;
    while let Some(deadline) = refusals.deadline() {
        let mut steps = refusals.advance(deadline);
        while matches!(&steps[..], [Step::Ask(keys)] if keys.contains(&list(1))) {
            let none = candidates(Vec::new());
            steps = refusals.on_error(Cause::List, reason(), none, deadline);
        }
        is_found |= steps
            .iter()
            .any(|step| matches!(step, Step::Refuse(key, _) if *key == list(1)));
    }
    assert!(is_found);
    let other = candidates(vec![list(2)]);
    assert!(
        refusals
            .on_error(Cause::List, reason(), other, now)
            .is_empty()
    );
}

#[test]
fn subscription_that_is_accepted_meanwhile_is_not_ended() {
    let mut refusals = Refusals::default();
    let now = Instant::now();
    refusals.on_error(Cause::Unknown, reason(), candidates(vec![list(1)]), now);
    assert!(!refusals.advance(now).is_empty());
    refusals.remove(&list(1));
    let none = candidates(Vec::new());
    assert!(
        refusals
            .on_error(Cause::Unknown, reason(), none, now)
            .is_empty()
    );
    assert_eq!(refusals.deadline(), None);
}

#[test]
fn late_error_about_another_request_does_not_end_a_stream() {
    let mut refusals = Refusals::default();
    let now = Instant::now();
    refusals.on_error(Cause::Unknown, reason(), candidates(vec![list(1)]), now);
    let ask = |steps: &[Step]| matches!(steps, [Step::Ask(keys)] if *keys == [list(1)]);
    assert!(ask(&refusals.advance(now)));
    // The error can be late. The last request follows after some time without errors.
    for _ in 0..3 {
        let all = candidates(vec![list(1)]);
        assert!(
            refusals
                .on_error(Cause::Unknown, reason(), all, now)
                .is_empty()
        );
        assert_eq!(refusals.deadline(), Some(now + LATE_WAIT));
    }
    assert!(ask(&refusals.advance(now + LATE_WAIT)));
    // The request is repeated as long as the server may need more time, but not refused.
    for _ in 0..20 {
        let steps = refusals.advance(now);
        assert!(!steps.iter().any(|step| matches!(step, Step::Refuse(..))));
    }
    assert_eq!(refusals.deadline(), None);
}

#[test]
fn refusal_during_a_long_search_is_found_without_the_waits_of_that_search() {
    let mut refusals = Refusals::default();
    let mut now = Instant::now();
    let both = candidates(vec![list(1), list(2)]);
    refusals.on_error(Cause::List, reason(), both, now);
    // The stream of the refused subscription is closed, so the search finds nothing and waits longer each time.
    refusals.remove(&list(2));
    while refusals.deadline().unwrap() < now + Duration::from_secs(4) {
        now = refusals.deadline().unwrap();
        refusals.advance(now);
    }
    let opened = now;
    refusals.add(&list(2), now);
    let mut errors = 1;
    loop {
        let mut steps = Vec::new();
        while errors > 0 {
            errors -= 1;
            let none = candidates(Vec::new());
            steps.extend(refusals.on_error(Cause::List, reason(), none, now));
        }
        if steps.is_empty() {
            now = refusals.deadline().unwrap();
            steps = refusals.advance(now);
        }
        match &steps[..] {
            [Step::Refuse(key, _), ..] => break assert_eq!(*key, list(2)),
            [Step::Ask(keys)] => errors = usize::from(keys.contains(&list(2))),
            _ => {}
        }
    }
    assert!(now - opened < Duration::from_secs(4), "{:?}", now - opened);
}
