//! A minimal HTTP/1.1 connection for load generation: sends prepared bytes, and reads responses with a length.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection.
pub struct HttpConnection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response, until the next request.
pub struct HttpResponse<'l> {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'l [u8],
}

impl HttpResponse<'_> {
    /// The first id in a JSON body.
    pub fn first_id(&self) -> anyhow::Result<String> {
        let start = memmem::find(self.body, b"\"id\":\"").context("a response without an id")? + 6;
        let id = self.body.get(start..start + 36).context("a truncated response")?;
        Ok(String::from_utf8(id.to_vec())?)
    }
}

impl HttpConnection {
    /// Connects to a server.
    pub async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Opens this many connections.
    pub async fn connect_all(address: SocketAddr, count: usize) -> anyhow::Result<Vec<Self>> {
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(Self::connect(address).await?);
        }
        Ok(connections)
    }

    /// Sends a request and reads the response.
    pub async fn send(&mut self, request: &[u8]) -> anyhow::Result<HttpResponse<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            self.fill_buffer().await?;
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                break (end + 4, content_length(&self.buffer[..end])?);
            }
        };
        while self.buffer.len() < head + length {
            self.fill_buffer().await?;
        }
        let status = std::str::from_utf8(&self.buffer[9..12])?.parse()?;
        Ok(HttpResponse { status, body: &self.buffer[head..head + length] })
    }

    /// Sends a request for a stream and returns the socket.
    pub async fn into_stream(mut self, request: &[u8]) -> anyhow::Result<TcpStream> {
        self.stream.write_all(request).await?;
        Ok(self.stream)
    }

    async fn fill_buffer(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    let Some(start) = memmem::find(head, b"\ncontent-length: ") else { return Ok(0) };
    let rest = &head[start + 17..];
    let end = memchr::memchr(b'\r', rest).unwrap_or(rest.len());
    Ok(std::str::from_utf8(&rest[..end])?.parse()?)
}

/// Encodes a request with a token and, unless it is empty, a JSON body.
pub fn encode_request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let content_type = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n{content_type}\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
