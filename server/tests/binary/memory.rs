//! The memory that the server needs to send a large session to several clients at once.
//!
//! Mutant seen to fail: a session that is built in memory before it is sent.

use std::process::Stdio;

use futures_util::StreamExt;
use futures_util::future::join_all;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::server_process::ServerProcess;

/// The largest note.
const NOTE_BYTES: usize = 32 * 1024;
/// Concurrent writers.
const WRITERS: usize = 16;
/// Concurrent readers.
const READERS: usize = 6;

/// A memory figure of the process, in bytes.
fn memory_bytes(server: &ServerProcess, field: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Resets the peak.
fn reset_peak(server: &ServerProcess) {
    std::fs::write(format!("/proc/{}/clear_refs", server.id()), "5").unwrap();
}

/// Reads the whole response, keeps nothing, and returns its size.
async fn download(response: reqwest::Response) -> reqwest::Result<usize> {
    assert_eq!(response.status(), 200);
    let mut body = response.bytes_stream();
    let mut bytes = 0;
    while let Some(chunk) = body.next().await {
        bytes += chunk?.len();
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_a_full_session_takes_the_memory_of_a_chunk() {
    let fixture = Fixture::new();
    let (server, client) = fixture.start(&["--assessment-engine", "off"], Stdio::null());
    let (_, opened) = client.open_session("It stops.").await;
    let session = format!("/ai-sessions/{}", opened["id"].as_str().unwrap());

    // Fill the session.
    let note = json!({"kind": "note", "content": "x".repeat(NOTE_BYTES)});
    let mut notes = 0;
    let refused = loop {
        let path = format!("{session}/messages");
        let answers = join_all((0..WRITERS).map(|_| client.post(&path, note.clone()))).await;
        notes += answers.iter().filter(|(status, _)| *status == 201).count();
        if let Some(refused) = answers.into_iter().find(|(status, _)| *status != 201) {
            break refused;
        }
    };
    let (status, problem) = refused;
    assert_eq!((status, &problem["type"]), (409, &"/problems/session-full".into()), "{problem}");
    assert_eq!(notes, 511, "16 MiB, including the intake");

    let read = async |path: &str| {
        let response = client.try_send(Method::GET, &format!("{session}{path}"), Value::Null, "").await?;
        download(response).await
    };
    let whole = [read("").await.unwrap(), read("/timeline").await.unwrap()];
    assert!(whole.iter().all(|bytes| *bytes > notes * NOTE_BYTES), "{whole:?}");
    reset_peak(&server);
    let before = memory_bytes(&server, "VmRSS");
    let both = (0..READERS).map(|_| async { [read("").await, read("/timeline").await] });
    let both = join_all(both).await;
    let is_whole = |read: [reqwest::Result<usize>; 2]| read.map(Result::unwrap) == whole;
    assert!(both.into_iter().all(is_whole));
    let grew = memory_bytes(&server, "VmHWM").saturating_sub(before);
    println!("{} who read {} MiB twice cost {} KiB", READERS, whole[0] >> 20, grew >> 10);
    assert!(grew < whole[0], "{} clients that read {} bytes twice took {grew}", READERS, whole[0]);
    assert!(server.stop(Signal::TERM).success());
}
