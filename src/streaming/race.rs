//! Two futures, of which the first to end wins.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

pub(super) enum Winner<A, B> {
    First(A),
    Second(B),
}

/// Runs both until one ends; the other one is dropped where it stands. The first is looked at first.
pub(super) async fn race<A, B>(
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> Winner<A, B> {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|context| {
        if let Poll::Ready(output) = first.as_mut().poll(context) {
            return Poll::Ready(Winner::First(output));
        }
        second.as_mut().poll(context).map(Winner::Second)
    })
    .await
}
