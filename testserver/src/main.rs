//! The test server as a program.

use std::net::SocketAddr;

use clap::Parser;
use mastodon_test_server::TestServer;

/// A Mastodon server in memory. Nothing is kept when it ends.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port to listen on.
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let server = TestServer::bind(SocketAddr::from(([127, 0, 0, 1], arguments.port))).await?;
    println!("listening on {}", server.url());
    for name in ["alice", "bob", "carol", "dave"] {
        println!(
            "{name}: e-mail {name}@example.org, password {name}, token {}",
            server.token(name, "read write follow push")
        );
    }
    tokio::signal::ctrl_c().await
}
