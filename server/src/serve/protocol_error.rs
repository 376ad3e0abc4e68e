//! The last word on a connection whose request could not be read.
//!
//! HTTP's machinery answers such a request by itself, with a status and no body, or not at all. It is kept from that
//! here: whoever sends what cannot be read gets a problem, as for every other error, and time to read it.

use axum::response::IntoResponse;
use http_body_util::BodyExt;
use tierup_common::problem::Code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::{ApiError, finish_response};
use crate::router::new_request_id;
use crate::serve::limits::{DRAIN_TIMEOUT, HEADER_TIMEOUT, MAX_DRAINED_BYTES};

/// An answer without a body is shorter.
const MAX_BARE_RESPONSE_BYTES: usize = 512;

/// What is wrong with a request that never became one.
#[derive(Debug)]
pub(super) struct ProtocolError {
    code: Code,
    detail: String,
    /// The client may still be sending.
    drains_input: bool,
}

impl ProtocolError {
    /// What to say after the machinery refused with this status.
    pub(super) fn from_status(status: u16, error: &hyper::Error) -> Self {
        let (code, detail) = match status {
            431 => {
                let detail = "the request line and the headers together are too large, or more than 100 headers; send fewer and shorter ones";
                (Code::HeadersTooLarge, detail.to_owned())
            }
            414 => (Code::UriTooLong, "the address is too long; send what is long in a body".to_owned()),
            _ => (Code::BadRequest, format!("the head of the request cannot be read: {error}")),
        };
        Self { code, detail, drains_input: true }
    }

    /// What to say where the machinery had nothing to say; nothing if the client is gone, or asked for nothing.
    pub(super) fn from_hyper(error: &hyper::Error, has_pending_request: bool) -> Option<Self> {
        if error.is_parse_version_h2() {
            let detail = "this is HTTP/2 without TLS; send HTTP/1.1".to_owned();
            return Some(Self { code: Code::BadRequest, detail, drains_input: true });
        }
        (has_pending_request && error.is_timeout()).then(|| {
            let detail = format!("the headers did not arrive within {} seconds", HEADER_TIMEOUT.as_secs());
            Self { code: Code::RequestTimeout, detail, drains_input: false }
        })
    }

    /// Says it, and lets go of the connection.
    pub(super) async fn send(self, mut stream: TcpStream) {
        let lingers = self.drains_input;
        let answer = self.into_response_bytes().await;
        let say = async {
            stream.write_all(&answer).await?;
            stream.shutdown().await?;
            if lingers {
                tokio::io::copy(&mut stream.take(MAX_DRAINED_BYTES), &mut tokio::io::sink()).await?;
            }
            Ok::<_, std::io::Error>(())
        };
        // Whoever does not take it in time, or has gone, does without.
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, say).await;
    }

    async fn into_response_bytes(self) -> Vec<u8> {
        let id = new_request_id();
        tracing::debug!(id, status = self.code.status(), detail = self.detail, "a request could not be read");
        let (parts, body) =
            finish_response(ApiError::new(self.code, self.detail).into_response(), &id).into_parts();
        // It is in memory: reading it cannot fail.
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let mut answer = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
        for (name, value) in &parts.headers {
            answer.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        let length = body.len();
        answer.extend(format!("content-length: {length}\r\nconnection: close\r\n\r\n").into_bytes());
        answer.extend_from_slice(&body);
        answer
    }
}

/// The status of an answer that the machinery made by itself: an error without a body, and nothing after it. Answers of
/// ours all have the id of their request.
pub(super) fn rejected_status(bytes: &[u8]) -> Option<u16> {
    // Most of what is written is a part of a body: one look tells.
    if bytes.len() > MAX_BARE_RESPONSE_BYTES || !bytes.starts_with(b"HTTP/1.") {
        return None;
    }
    let (line, headers) = std::str::from_utf8(bytes).ok()?.split_once("\r\n")?;
    let status = line.split(' ').nth(1)?.parse().ok().filter(|status| (400..500).contains(status))?;
    let is_bare = headers.contains("content-length: 0\r\n")
        && !headers.contains("x-request-id:")
        && headers.find("\r\n\r\n") == Some(headers.len() - 4);
    is_bare.then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_is_not_ours_and_says_nothing_is_a_refusal() {
        let bare =
            "HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        assert_eq!(rejected_status(bare.as_bytes()), Some(431));
        for other in [
            "HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nmore",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            "{\"text\": \"HTTP/1.1 400 Bad Request\"}",
            "HTTP/1.1 400",
            "",
        ] {
            assert_eq!(rejected_status(other.as_bytes()), None, "{other}");
        }
    }
}
