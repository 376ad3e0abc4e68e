//! The response to a request that hyper cannot parse.
//!
//! hyper would send a bare status, or nothing. Here the client gets a problem like for any other error, and time to
//! read it.

use axum::response::IntoResponse;
use http_body_util::BodyExt;
use tierup_common::problem::Code;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::error::{ApiError, finish_response};
use crate::router::new_request_id;
use crate::serve::limits::{DRAIN_TIMEOUT, HEADER_TIMEOUT, MAX_DRAINED_BYTES};

/// The longest response without a body that hyper sends.
const MAX_BARE_RESPONSE_BYTES: usize = 512;

/// Why a request could not be parsed.
#[derive(Debug)]
pub(super) struct ProtocolError {
    code: Code,
    detail: String,
    /// The client may still be sending.
    drains_input: bool,
}

impl ProtocolError {
    /// The problem of a status that hyper wanted to send.
    pub(super) fn from_status(status: u16, error: &hyper::Error) -> Self {
        let (code, detail) = match status {
            431 => {
                let detail = "the request line and headers are too large, or there are more than 100 headers; send fewer and shorter ones";
                (Code::HeadersTooLarge, detail.to_owned())
            }
            414 => (Code::UriTooLong, "the URL is too long; send long values in a body".to_owned()),
            _ => (Code::BadRequest, format!("the head of the request cannot be parsed: {error}")),
        };
        Self { code, detail, drains_input: true }
    }

    /// The problem of an error for which hyper sends nothing; none if the client is gone or sent nothing.
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

    /// Sends the problem and closes the connection.
    pub(super) async fn send(self, mut socket: impl AsyncRead + AsyncWrite + Unpin) {
        let drains_input = self.drains_input;
        let response = self.into_response_bytes().await;
        let send = async {
            socket.write_all(&response).await?;
            socket.shutdown().await?;
            if drains_input {
                tokio::io::copy(&mut socket.take(MAX_DRAINED_BYTES), &mut tokio::io::sink()).await?;
            }
            Ok::<_, std::io::Error>(())
        };
        // Give up on a client that is slow or gone.
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, send).await;
    }

    async fn into_response_bytes(self) -> Vec<u8> {
        let id = new_request_id();
        tracing::debug!(
            id,
            status = self.code.status(),
            detail = self.detail,
            "a request could not be parsed"
        );
        let (parts, body) =
            finish_response(ApiError::new(self.code, self.detail).into_response(), &id).into_parts();
        // The body is in memory: collecting it cannot fail.
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let mut response = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
        for (name, value) in &parts.headers {
            response.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        let length = body.len();
        response.extend(format!("content-length: {length}\r\nconnection: close\r\n\r\n").into_bytes());
        response.extend_from_slice(&body);
        response
    }
}

/// The status of a response that hyper made itself: an error without a body. All of our responses have an
/// `x-request-id`.
pub(super) fn rejected_status(bytes: &[u8]) -> Option<u16> {
    // Most writes are parts of a body: the first bytes tell.
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
    fn only_an_empty_error_response_of_hyper_is_a_protocol_error() {
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
