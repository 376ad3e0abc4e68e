//! A request whose head is sent and whose body is held back.
//!
//! It sends `Expect: 100-continue`. The server asks for the body once the caller is admitted, so whatever happens next
//! happens while the request is in flight.

use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::TIMEOUT;
use crate::api_client::ApiResponse;

/// A request whose body is held back.
pub struct PendingRequest {
    socket: TcpStream,
    unsent_body: String,
}

impl PendingRequest {
    /// Sends the head and waits until the server asks for the body.
    pub async fn start(url: &str, token: Option<&str>, method: &Method, path: &str, body: &Value) -> Self {
        let (address, body) = (url.trim_start_matches("http://"), body.to_string());
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{token}Content-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut socket = TcpStream::connect(address).await.expect("a connection");
        socket.write_all(head.as_bytes()).await.expect("the head is sent");
        let mut interim_response = Vec::new();
        while !interim_response.ends_with(b"\r\n\r\n") {
            let byte = tokio::time::timeout(TIMEOUT, socket.read_u8()).await;
            interim_response.push(byte.expect("no response to the head").expect("an interim response"));
        }
        let response = String::from_utf8_lossy(&interim_response);
        assert!(response.starts_with("HTTP/1.1 100 "), "the server does not ask for the body: {response}");
        Self { socket, unsent_body: body }
    }

    /// Sends the body and reads the response.
    pub async fn finish(mut self) -> ApiResponse {
        self.socket.write_all(self.unsent_body.as_bytes()).await.expect("the body is sent");
        self.read_response().await
    }

    /// Sends a part of the body.
    pub async fn send_body_part(&mut self, bytes: usize) {
        let rest = self.unsent_body.split_off(bytes);
        self.socket.write_all(self.unsent_body.as_bytes()).await.expect("a part of the body is sent");
        self.unsent_body = rest;
    }

    /// Reads the response until the connection ends.
    pub async fn read_response(mut self) -> ApiResponse {
        let mut response = Vec::new();
        let read = tokio::time::timeout(TIMEOUT, self.socket.read_to_end(&mut response)).await;
        read.expect("the connection does not end").expect("an answer");
        let response = String::from_utf8(response).expect("text");
        let (head, body) =
            response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {response:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        ApiResponse {
            status: status.expect("a status"),
            body: serde_json::from_str(body).unwrap_or_default(),
        }
    }
}
