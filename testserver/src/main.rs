//! Command line of the test server.

#[cfg(feature = "tls")]
use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
#[cfg(feature = "tls")]
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
#[cfg(feature = "tls")]
use mastodon_test_server::TestServerBuilder;
use mastodon_test_server::{Behavior, TestServer};

/// Clients send a subscription and then post on another connection without waiting, because the real server needs some
/// time to send events. Without a delay, the server sometimes handles the post first, and no stream receives the event.
const FAN_OUT_DELAY: Duration = Duration::from_millis(20);

/// In-memory Mastodon server for tests. All data is lost when the process ends.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// IP address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Separate port for the streaming API; 0 selects a free port. Default: the same port as the REST API
    #[arg(long)]
    streaming_port: Option<u16>,
    /// Base URL in links, such as https://social.example behind a proxy. Default: the address that each client uses
    #[arg(long)]
    url: Option<String>,
    /// Domain of the local accounts. Default: the host and the port of --url, otherwise of the address that each client uses
    #[arg(long)]
    domain: Option<String>,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: TlsArguments,
    /// Disable all rate limits
    #[arg(long)]
    no_rate_limits: bool,
    /// Seed file in YAML or JSON: users, tokens, applications, statuses and more, instead of the default data
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Print the JSON Schema of seed files and exit
    #[arg(long)]
    print_seed_schema: bool,
    /// Print the OpenAPI document of the control API and exit
    #[arg(long)]
    print_control_openapi: bool,
    /// Do not serve the control API under /_test/
    #[arg(long)]
    no_control_api: bool,
    /// Confirm the email addresses of new users at once
    #[arg(long)]
    confirmed_sign_ups: bool,
    /// Accept `grant_type=password`, as before Mastodon 4.4
    #[arg(long)]
    password_grant: bool,
}

#[cfg(feature = "tls")]
#[derive(clap::Args)]
struct TlsArguments {
    /// Serve HTTPS with a certificate that is made at the start. Clients have to trust the authority that signs it
    #[arg(long)]
    tls: bool,
    /// File for the certificate of the authority. Default: mastodon-test-server-PORT.pem in the folder for temporary files
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_authority: Option<PathBuf>,
    /// Serve HTTPS with the certificate chain in this PEM file
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        conflicts_with = "tls"
    )]
    tls_cert: Option<PathBuf>,
    /// PEM file with the private key of --tls-cert
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

#[cfg(feature = "tls")]
impl TlsArguments {
    fn apply(&self, builder: TestServerBuilder) -> io::Result<TestServerBuilder> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                Ok(builder.tls_certificate(read(certificate)?, read(key)?))
            }
            _ if self.tls => Ok(builder.tls()),
            _ => Ok(builder),
        }
    }

    /// Prints and saves the certificate of the authority.
    fn report_authority(&self, server: &TestServer) -> io::Result<()> {
        let Some(authority) = server.tls_authority() else {
            return Ok(());
        };
        let path = match &self.tls_authority {
            Some(path) => {
                fs::write(path, authority).map_err(|error| named(path, &error))?;
                path.clone()
            }
            None => {
                let port = server.address().map_or(0, |address| address.port());
                let path = std::env::temp_dir().join(format!("mastodon-test-server-{port}.pem"));
                // The folder belongs to all users: the file is created anew, so that no link is followed.
                let _missing = fs::remove_file(&path);
                let file = fs::File::create_new(&path);
                file.and_then(|mut file| file.write_all(authority.as_bytes()))
                    .map_err(|error| named(&path, &error))?;
                path
            }
        };
        println!(
            "Clients have to trust this authority, saved in {}:",
            path.display()
        );
        print!("{authority}");
        Ok(())
    }
}

#[cfg(feature = "tls")]
fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| named(path, &error))
}

#[cfg(feature = "tls")]
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print_seed_schema {
        print_document(mastodon_test_server::SEED_SCHEMA);
        return ExitCode::SUCCESS;
    }
    if arguments.print_control_openapi {
        print_document(mastodon_test_server::CONTROL_OPENAPI);
        return ExitCode::SUCCESS;
    }
    let streaming_port = arguments.streaming_port;
    let Err(error) = run(arguments).await else {
        return ExitCode::SUCCESS;
    };
    let mut message = error.to_string();
    if error.kind() == io::ErrorKind::AddrInUse {
        let is_streaming =
            streaming_port.is_some_and(|port| message.starts_with(&format!("port {port} ")));
        message += if is_streaming {
            ", with --streaming-port"
        } else {
            ", with --port"
        };
    }
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

/// Prints a document. A reader that wants only its beginning, such as `head`, is no error.
fn print_document(document: &str) {
    let _closed = io::stdout().write_all(document.as_bytes());
}

async fn run(arguments: Arguments) -> io::Result<()> {
    let mut behavior = Behavior::default();
    behavior.streaming.fan_out_delay = FAN_OUT_DELAY..=FAN_OUT_DELAY;
    let mut builder = TestServer::builder()
        .address(SocketAddr::from((arguments.address, arguments.port)))
        .behavior(behavior);
    if arguments.no_rate_limits {
        builder = builder.without_rate_limits();
    }
    if let Some(path) = arguments.seed.clone() {
        builder = builder.seed_file(path);
    }
    if arguments.no_control_api {
        builder = builder.without_control_api();
    }
    if arguments.confirmed_sign_ups {
        builder = builder.confirmed_sign_ups();
    }
    if arguments.password_grant {
        builder = builder.password_grant();
    }
    if let Some(port) = arguments.streaming_port {
        builder = builder.streaming_address(SocketAddr::from((arguments.address, port)));
    }
    if let Some(url) = &arguments.url {
        builder = builder.url(url);
    }
    if let Some(domain) = &arguments.domain {
        builder = builder.domain(domain);
    }
    #[cfg(feature = "tls")]
    let builder = arguments.tls.apply(builder)?;
    let server = builder.start().await?;
    println!(
        "Listening on {}, streaming API at {}",
        server.url(),
        server.streaming_url()
    );
    #[cfg(feature = "tls")]
    arguments.tls.report_authority(&server)?;
    if !arguments.no_control_api {
        println!("Control API: {}/_test/openapi.json", server.url());
    }
    println!(
        "Register an application as on any Mastodon server, or use one of these access tokens. Press Ctrl-C to stop."
    );
    let default_users = ["alice", "bob", "carol", "dave"];
    for name in default_users
        .into_iter()
        .filter(|_| arguments.seed.is_none())
    {
        let token = server.token(name, "read write follow push");
        println!("  {name}: email {name}@example.org, password {name}, access token {token}");
    }
    if arguments.seed.is_none() {
        let token = server.token("admin", "read write follow push admin:read admin:write");
        println!("  admin: email admin@example.org, password admin, access token {token}");
    }
    tokio::signal::ctrl_c().await?;
    println!("Stopped.");
    Ok(())
}
