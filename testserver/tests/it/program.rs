//! The program: its options, what it prints, and how it ends.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::client::send_to;

/// A running program. Dropping it ends the process.
struct Program(Child, BufReader<ChildStdout>);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mastodon-test-server"));
        command.args(arguments).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self(process, output)
    }

    /// Reads the next line that the program prints.
    fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_ended = self.0.kill();
        let _already_ended = self.0.wait();
    }
}

/// Runs the program until it ends by itself. Returns its exit code and the text of its error.
fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mastodon-test-server"));
    let output = command.args(arguments).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn taken_port_ends_the_program_with_the_option_to_change() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let expected = |option| {
        let error = format!("error: port {port} is taken: choose another, or 0 for a free one");
        (Some(1), format!("{error}, with {option}\n"))
    };
    assert_eq!(failure(&["--port", &port]), expected("--port"));
    assert_eq!(
        failure(&["--port", "0", "--streaming-port", &port]),
        expected("--streaming-port")
    );
}

#[test]
fn program_prints_the_configured_url() {
    let url = "https://social.example";
    let mut program = Program::start(&["--port", "0", "--url", url]);
    let line = program.next_line();
    let expected = format!("Listening on {url}, streaming API at wss://social.example\n");
    assert_eq!(line, expected);
}

#[cfg(feature = "tls")]
#[test]
fn program_saves_the_authority_of_its_certificate() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let file = format!("{folder}/authority.pem");
    let mut program = Program::start(&["--port", "0", "--tls", "--tls-authority", &file]);
    let line = program.next_line();
    assert!(
        line.starts_with("Listening on https://127.0.0.1:"),
        "{line}"
    );
    let line = program.next_line();
    let expected = format!("Clients have to trust this authority, saved in {file}:\n");
    assert_eq!(line, expected);
    let begin = "-----BEGIN CERTIFICATE-----\n";
    assert_eq!(program.next_line(), begin);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with(begin));
}

#[test]
fn url_without_a_scheme_ends_the_program() {
    let (code, error) = failure(&["--port", "0", "--url", "social.example"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        error,
        "error: the URL social.example must start with http:// or https://\n"
    );
}

#[tokio::test]
async fn events_of_the_program_have_a_small_delay_by_default() {
    let mut program = Program::start(&["--port", "0"]);
    let line = program.next_line();
    let url = line.strip_prefix("Listening on ").unwrap();
    let url = url.split_once(',').unwrap().0;
    let behavior = send_to(url, "GET", "/_test/behavior", "", &[], b"")
        .await
        .ok();
    assert_eq!(behavior["streaming"]["fan_out_delay"], 0.02);
}
