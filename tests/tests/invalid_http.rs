//! Malformed HTTP and bodies in other encodings are answered with a problem, like every other error.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tierup_common::problem::Code;
use tierup_e2e::{World, http_client};

/// Sends raw bytes and reads until the server closes. Returns status, headers and body.
async fn send_raw_bytes(world: &World, bytes: Vec<u8>) -> (u16, String, Value) {
    let address = world.url().replace("http://", "");
    let answer = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        // The server may stop reading.
        let _ = socket.write_all(&bytes);
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        (String::from_utf8_lossy(&answer).into_owned(), read.map_err(|error| error.to_string()))
    });
    let (answer, read) = answer.await.unwrap();
    assert!(read.is_ok(), "the response was lost: {read:?} {answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let problem = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
    (status.unwrap_or_else(|| panic!("{head}")), head.to_ascii_lowercase(), problem)
}

/// Mutant seen to fail: hyper's own responses passed through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_http_is_answered_with_a_problem() {
    let world = World::new().await;
    let end = "Host: x\r\nConnection: close\r\n\r\n";
    let many = (0..101).map(|number| format!("X-{number}: 1\r\n")).collect::<Vec<_>>().concat();
    let large = format!("GET /docs HTTP/1.1\r\nX-Large: {}\r\n{end}", "x".repeat(1024 * 1024));
    for (request, status, says) in [
        (format!("GET /docs HTTP/1.1\r\nno colon\r\n{end}"), 400, "cannot be parsed"),
        (format!("GET /docs HTTP/1.1\r\nContent-Length: many\r\n{end}"), 400, "content-length"),
        (
            format!("GET /docs HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n{end}"),
            400,
            "content-length",
        ),
        (format!("POST /docs HTTP/1.1\r\nTransfer-Encoding: gzip\r\n{end}"), 400, "transfer-encoding"),
        (format!("GET /do cs HTTP/1.1\r\n{end}"), 400, "cannot be parsed"),
        (format!("GET /docs HTTP/3.0\r\n{end}"), 400, "version"),
        (format!("G(T /docs HTTP/1.1\r\n{end}"), 400, "method"),
        ("GET /docs\r\n\r\n".into(), 400, "cannot be parsed"),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".into(), 400, "cannot be parsed"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 400, "HTTP/1.1"),
        (format!("GET /docs HTTP/1.1\r\n{many}{end}"), 431, "100 headers"),
        (large, 431, "too large"),
        (format!("OPTIONS * HTTP/1.1\r\n{end}"), 404, "no such path"),
        (format!("CONNECT x:1 HTTP/1.1\r\n{end}"), 404, "no such path"),
        (format!("GET http://x/nothing HTTP/1.1\r\n{end}"), 404, "no such path"),
        (format!("get /docs HTTP/1.1\r\n{end}"), 405, "no such method"),
        (format!("BREW /docs HTTP/1.1\r\n{end}"), 405, "no such method"),
        ("GET /nothing HTTP/1.0\r\n\r\n".into(), 404, "no such path"),
    ] {
        let about = request.chars().take(80).collect::<String>();
        let (got, head, problem) = send_raw_bytes(&world, request.into_bytes()).await;
        assert_eq!(got, status, "{about:?}: {head} {problem}");
        assert!(head.contains("\r\ncontent-type: application/problem+json"), "{about:?}: {head}");
        let id = problem["request_id"].as_str().unwrap_or_default();
        assert!(!id.is_empty() && head.contains(&format!("\r\nx-request-id: {id}")), "{about:?}: {head}");
        let code = Code::ALL.iter().find(|code| problem["type"] == code.uri());
        assert_eq!(code.map(|code| code.status()), Some(status), "{about:?}: {problem}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(says), "{about:?}: {detail}");
    }
    // On a reused connection too; the earlier response is unaffected.
    let two = format!("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nno colon\r\n{end}");
    let address = world.url().replace("http://", "");
    let answers = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(two.as_bytes()).unwrap();
        let mut answers = String::new();
        socket.read_to_string(&mut answers).unwrap();
        answers
    });
    let answers = answers.await.unwrap();
    assert!(answers.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
    assert!(answers.contains("HTTP/1.1 400 Bad Request\r\n"), "{answers}");
    assert!(answers.contains("/problems/bad-request"), "{answers}");
}

/// Mutants seen to fail: an ignored encoding, a byte order mark that is not skipped.
#[tokio::test]
async fn a_body_in_another_encoding_is_decoded_or_refused_with_the_reason() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let text = r#"{"intake_type":"free_text","intake_content":{"text":"VPN caf\u00e9"}}"#.as_bytes();
    let marked = [b"\xef\xbb\xbf", text].concat();
    let latin = [&text[..text.len() - 9], b"\xe9\"}}"].concat();
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0".to_vec();
    for (body, coding, status, says) in [
        (marked.clone(), None, 201, ""),
        (text.to_vec(), Some("identity"), 201, ""),
        (gzip.clone(), Some("gzip"), 415, "without `Content-Encoding: gzip`"),
        (text.to_vec(), Some("br"), 415, "without `Content-Encoding: br`"),
        (gzip, None, 400, "compressed"),
        (latin, None, 400, "invalid at byte 61"),
        (utf16, None, 400, "UTF-16"),
        ([b"\xef\xbb\xbf", &marked[..]].concat(), None, 400, "body"),
    ] {
        let mut request =
            http_client().post(format!("{}/api/v1/ai-sessions", world.url())).bearer_auth(sam.token());
        request = request.header(CONTENT_TYPE, "application/json").body(body);
        if let Some(coding) = coding {
            request = request.header("content-encoding", coding);
        }
        let answer = request.send().await.unwrap();
        let got = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(got, status, "{coding:?}: {answer}");
        assert!(answer["detail"].as_str().unwrap_or_default().contains(says), "{coding:?}: {answer}");
    }
}
