//! Tasks of the async runtime.
//!
//! tokio is compiled anew for each type of task. All tasks that this module starts are of one type, so that the SDK
//! compiles faster.

use std::any::Any;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
type Work = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

/// Work on a thread for blocking operations. Not an async function, which would be compiled anew for each type of work.
#[must_use = "the result of the work is lost"]
pub(crate) struct Blocking<T, E> {
    thread: JoinHandle<Box<dyn Any + Send>>,
    /// Creates the error if the work panics, or the runtime ends before it starts.
    failed: fn(io::Error) -> E,
    output: PhantomData<fn() -> T>,
}

impl<T: 'static, E: 'static> Future for Blocking<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let error = match ready!(Pin::new(&mut self.thread).poll(context)) {
            Ok(result) => match result.downcast() {
                Ok(result) => return Poll::Ready(*result),
                Err(_) => io::Error::other("the result has another type"),
            },
            Err(error) => error.into(),
        };
        Poll::Ready(Err((self.failed)(error)))
    }
}

/// Runs work on a thread for blocking operations. `failed` creates the error if the work panics, or the runtime ends
/// before it starts.
pub(crate) fn run_blocking<T: Send + 'static, E: Send + 'static>(
    failed: fn(io::Error) -> E,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Blocking<T, E> {
    let work: Work = Box::new(move || Box::new(work()));
    Blocking {
        thread: spawn_blocking(work),
        failed,
        output: PhantomData,
    }
}

/// Runs a file operation on a thread for blocking operations.
pub(crate) fn run_io<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Blocking<T, io::Error> {
    run_blocking(|error| error, work)
}

/// Starts a background task.
pub(crate) fn spawn(
    runtime: &Handle,
    task: impl Future<Output = ()> + Send + 'static,
) -> AbortHandle {
    let task: Task = Box::pin(task);
    runtime.spawn(task).abort_handle()
}
