//! Command line of the test server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mastodon_test_server::TestServer;

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
    /// Domain of the local accounts. Default: the host and the port of --url, otherwise of the listen address
    #[arg(long)]
    domain: Option<String>,
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

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print_seed_schema {
        print!("{}", mastodon_test_server::SEED_SCHEMA);
        return ExitCode::SUCCESS;
    }
    if arguments.print_control_openapi {
        print!("{}", mastodon_test_server::CONTROL_OPENAPI);
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

async fn run(arguments: Arguments) -> io::Result<()> {
    let mut builder =
        TestServer::builder().address(SocketAddr::from((arguments.address, arguments.port)));
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
    let server = builder.start().await?;
    println!(
        "Listening on {}, streaming API at {}",
        server.url(),
        server.streaming_url()
    );
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
    let token = server.token("admin", "read write follow push admin:read admin:write");
    println!("  admin: email admin@example.org, password admin, access token {token}");
    tokio::signal::ctrl_c().await?;
    println!("Stopped.");
    Ok(())
}
