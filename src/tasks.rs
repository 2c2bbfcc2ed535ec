//! Tasks of the async runtime.
//!
//! tokio is compiled anew for each type of task. All tasks that this module starts are of one type, so that the SDK
//! compiles faster.

use std::any::Any;
use std::io;
use std::pin::Pin;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, spawn_blocking};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
type Work = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

/// Runs work on a thread for blocking operations. Fails if the work panics, or the runtime ends before it starts.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let work: Work = Box::new(move || Box::new(work()));
    let result = spawn_blocking(work).await?.downcast();
    result.map_or_else(
        |_| Err(io::Error::other("the result has another type")),
        |result| Ok(*result),
    )
}

/// Runs a file operation on a thread for blocking operations.
pub(crate) async fn run_io<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    run_blocking(work).await?
}

/// Starts a background task.
pub(crate) fn spawn(
    runtime: &Handle,
    task: impl Future<Output = ()> + Send + 'static,
) -> AbortHandle {
    let task: Task = Box::pin(task);
    runtime.spawn(task).abort_handle()
}
