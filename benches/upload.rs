//! Time and peak memory of an upload of 1 GB over the loopback interface, from a file and from a reader. The baseline
//! copies the same file to a TCP connection.
//!
//!     cargo bench --bench upload

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Instant;

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Mastodon, Upload};
use tokio::io::AsyncReadExt;
use tokio::runtime::Builder;

const LENGTH: u64 = 1_000_000_000;
const MEDIA: &str = r#"{"id":"7","type":"video","url":"https://a.example/7.mp4"}"#;

fn main() {
    // `cargo test --all-targets` runs benchmarks without `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("video.mp4");
    let mut file = std::fs::File::create(&path).unwrap();
    let megabyte: Vec<u8> = (0..1_000_000u32).map(|byte| byte as u8).collect();
    for _ in 0..LENGTH / 1_000_000 {
        file.write_all(&megabyte).unwrap();
    }
    drop((file, megabyte));
    let address = start_server();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mastodon = Mastodon::builder(format!("http://{address}"))
        .access_token("token")
        .version_check(VersionCheck::Off)
        .build()
        .unwrap();
    let upload = |upload: Upload| {
        let media = runtime.block_on(async { mastodon.media_post(upload).await.unwrap() });
        assert_eq!(media.id.as_str(), "7");
    };
    for round in 1..=3 {
        measure(&format!("{round}: plain TCP connection"), || {
            copy_to_connection(&address, &path);
        });
        measure(&format!("{round}: file"), || upload(Upload::path(&path)));
        let reader = runtime.block_on(tokio::fs::File::open(&path)).unwrap();
        let reader = Upload::reader(reader, LENGTH).file_name("video.mp4");
        measure(&format!("{round}: reader of the file"), || upload(reader));
        let reader = Upload::reader(tokio::io::repeat(7).take(LENGTH), LENGTH);
        let reader = reader.file_name("video.mp4");
        measure(&format!("{round}: in-memory reader"), || upload(reader));
    }
}

fn measure(title: &str, operation: impl FnOnce()) {
    // Resets the peak memory counter of the process.
    let was_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let peak_before = peak_memory();
    let start = Instant::now();
    operation();
    let seconds = start.elapsed().as_secs_f64();
    let rate = LENGTH as f64 / 1e6 / seconds;
    let memory = match (was_reset, peak_before, peak_memory()) {
        (true, Some(before), Some(after)) => {
            format!(
                "{after} kB peak memory, {} kB more than before",
                after - before
            )
        }
        _ => "peak memory unknown".to_owned(),
    };
    println!("{title}: {seconds:.2} s, {rate:.0} MB/s; {memory}");
}

/// Peak resident memory of the process in kB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The baseline: copies the file to a connection in chunks of 64 KiB.
fn copy_to_connection(address: &str, path: &Path) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\ncontent-length: {LENGTH}\r\n\r\n"
    )
    .unwrap();
    let mut file = std::fs::File::open(path).unwrap();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let length = file.read(&mut chunk).unwrap();
        if length == 0 {
            break;
        }
        stream.write_all(&chunk[..length]).unwrap();
    }
    let mut status_line = [0; 12];
    stream.read_exact(&mut status_line).unwrap();
}

/// Starts a server that discards request bodies. Returns its address.
fn start_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(|| serve_connection(stream.unwrap()));
        }
    });
    address
}

/// Responds to the requests of one connection until it is closed.
fn serve_connection(mut stream: TcpStream) {
    let mut reader = BufReader::with_capacity(256 << 10, stream.try_clone().unwrap());
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        if length == 0 {
            return;
        }
        let mut body = (&mut reader).take(length);
        io::copy(&mut body, &mut io::sink()).unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
        let _client_may_be_gone = write!(
            stream,
            "{head}\r\ncontent-length: {}\r\n\r\n{MEDIA}",
            MEDIA.len()
        );
    }
}
