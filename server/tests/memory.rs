//! Memory: what a large session costs a server that sends it to many at once, measured on the binary.
//!
//! A mutant seen to fail: a session that is put together whole before it is sent.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/server_process.rs"]
mod server_process;

use std::process::Stdio;

use futures_util::StreamExt;
use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::{Value, json};
use server_process::{ServerProcess, start_server};
use tierup_server::admin;

/// A note as large as one may be.
const NOTE_BYTES: usize = 32 * 1024;
/// Those who write at a time.
const WRITERS: usize = 16;
/// Those who read at a time.
const READERS: usize = 6;

/// What a process holds in memory at this moment, or held at most since it was last forgotten, in bytes.
fn memory_bytes(server: &ServerProcess, field: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Forgets what a process held at most.
fn reset_peak(server: &ServerProcess) {
    std::fs::write(format!("/proc/{}/clear_refs", server.id()), "5").unwrap();
}

/// Reads the whole answer and keeps nothing; how many bytes it had.
async fn download(request: reqwest::RequestBuilder) -> reqwest::Result<usize> {
    let response = request.send().await?;
    assert_eq!(response.status(), 200);
    let mut body = response.bytes_stream();
    let mut bytes = 0;
    while let Some(chunk) = body.next().await {
        bytes += chunk?.len();
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_a_session_that_is_full_costs_a_piece_of_it_and_not_the_whole() {
    // The client wants a provider of cryptography even where none is used; the first one in wins.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
    let server = start_server(folder.path(), &["--assessment-engine", "off"], Stdio::null());
    let url = format!("{}/api/v1", server.url);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: String, body: Value| {
        http.post(path).bearer_auth(&made.token).json(&body).send().await.unwrap()
    };
    let opened = post(
        format!("{url}/ai-sessions"),
        json!({"intake_type": "free_text", "intake_content": {"text": "It stops."}}),
    );
    let opened: Value = opened.await.json().await.unwrap();
    let session = format!("{url}/ai-sessions/{}", opened["id"].as_str().unwrap());

    // Until it is full.
    let note = json!({"kind": "note", "content": "x".repeat(NOTE_BYTES)});
    let mut said = 0;
    let refused = loop {
        let notes = (0..WRITERS).map(|_| post(format!("{session}/messages"), note.clone()));
        let answers = join_all(notes).await;
        said += answers.iter().filter(|answer| answer.status() == 201).count();
        if let Some(refused) = answers.into_iter().find(|answer| answer.status() != 201) {
            break refused;
        }
    };
    assert_eq!(refused.status(), 409);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/session-full", "{problem}");
    assert_eq!(said, 511, "16 MiB, of which the intake is a little");

    let read = |path: &str| download(http.get(format!("{session}{path}")).bearer_auth(&made.token));
    let whole = [read("").await.unwrap(), read("/timeline").await.unwrap()];
    assert!(whole.iter().all(|bytes| *bytes > said * NOTE_BYTES), "{whole:?}");
    reset_peak(&server);
    let before = memory_bytes(&server, "VmRSS");
    let both = (0..READERS).map(|_| async { [read("").await, read("/timeline").await] });
    let both = join_all(both).await;
    let is_whole = |read: [reqwest::Result<usize>; 2]| read.map(Result::unwrap) == whole;
    assert!(both.into_iter().all(is_whole));
    let grew = memory_bytes(&server, "VmHWM").saturating_sub(before);
    println!("{} who read {} MiB twice cost {} KiB", READERS, whole[0] >> 20, grew >> 10);
    assert!(grew < whole[0], "{} who read {} bytes twice cost {grew}", READERS, whole[0]);
    assert!(server.stop(Signal::TERM).success());
}
