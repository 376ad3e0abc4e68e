//! A server that is not tierup, or misbehaves. Its clients must neither freeze nor trust it.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::IntervalStream;

/// The behaviour of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServerBehavior {
    /// Accepts connections and stays silent.
    Silent,
    /// Sends one byte at a time, without end.
    DripsBytes,
    /// Sends an endless body.
    EndlessBody,
    /// Announces a body of one gigabyte.
    HugeContentLength,
    /// Answers with JSON nested ten thousand levels deep.
    DeeplyNestedJson,
    /// Answers with an HTML page.
    HtmlPage,
    /// Answers with the JSON of another program.
    UnexpectedJson,
    /// Redirects.
    Redirects,
    /// Answers with something that is not HTTP.
    NotHttp,
    /// Closes every connection at once.
    ClosesConnections,
    /// Is a tierup server with one text of two megabytes.
    HugeText,
    /// Refuses with a problem full of escape sequences.
    EscapeSequences,
}

impl ServerBehavior {
    /// Every behaviour.
    pub const ALL: [Self; 12] = [
        Self::Silent,
        Self::DripsBytes,
        Self::EndlessBody,
        Self::HugeContentLength,
        Self::DeeplyNestedJson,
        Self::HtmlPage,
        Self::UnexpectedJson,
        Self::Redirects,
        Self::NotHttp,
        Self::ClosesConnections,
        Self::HugeText,
        Self::EscapeSequences,
    ];
}

/// A misbehaving server.
pub struct FaultyServer {
    url: String,
    server_task: JoinHandle<()>,
}

impl FaultyServer {
    /// Starts one.
    pub async fn start(behavior: ServerBehavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move {
            match behavior {
                ServerBehavior::Silent | ServerBehavior::NotHttp | ServerBehavior::ClosesConnections => {
                    serve_raw_tcp(listener, behavior).await;
                }
                ServerBehavior::DripsBytes
                | ServerBehavior::EndlessBody
                | ServerBehavior::HugeContentLength
                | ServerBehavior::DeeplyNestedJson
                | ServerBehavior::HtmlPage
                | ServerBehavior::UnexpectedJson
                | ServerBehavior::Redirects
                | ServerBehavior::HugeText
                | ServerBehavior::EscapeSequences => {
                    let router = Router::new().fallback(respond).with_state(behavior);
                    axum::serve(listener, router).await.expect("a server");
                }
            }
        });
        Self { url, server_task: serving }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.server_task.abort();
    }
}

async fn serve_raw_tcp(listener: TcpListener, behavior: ServerBehavior) {
    let mut open_connections = Vec::new();
    while let Ok((mut connection, _)) = listener.accept().await {
        if behavior == ServerBehavior::NotHttp {
            // The client may disconnect.
            let _ = connection.write_all(b"\x00\xff\x1b]0;owned\x07 SSH-2.0 go away\r\n\r\n").await;
        }
        if behavior == ServerBehavior::Silent {
            open_connections.push(connection);
        }
    }
}

async fn respond(State(behavior): State<ServerBehavior>, uri: Uri) -> Response {
    let is_stream = uri.path().ends_with("/stream");
    let kind = if is_stream { "text/event-stream" } else { "application/json" };
    match behavior {
        ServerBehavior::DripsBytes => {
            let ticks = IntervalStream::new(tokio::time::interval(Duration::from_millis(50)));
            streaming_response(kind, ticks.map(|_| Bytes::from_static(b" ")))
        }
        ServerBehavior::EndlessBody => {
            let begin = if is_stream { "data: " } else { "\"" };
            let body = stream::iter([Bytes::from(begin)]);
            streaming_response(kind, body.chain(stream::repeat(Bytes::from(vec![b'a'; 64 * 1024]))))
        }
        ServerBehavior::HugeContentLength => {
            let body = stream::iter([Bytes::from_static(b"{")]).chain(stream::pending());
            let mut response = streaming_response(kind, body);
            response.headers_mut().insert(header::CONTENT_LENGTH, (1024 * 1024 * 1024).into());
            response
        }
        ServerBehavior::DeeplyNestedJson => {
            ([(header::CONTENT_TYPE, kind)], "[".repeat(10_000)).into_response()
        }
        ServerBehavior::HtmlPage => {
            ([(header::CONTENT_TYPE, "text/html")], "<h1>It works!</h1>").into_response()
        }
        ServerBehavior::UnexpectedJson => {
            ([(header::CONTENT_TYPE, kind)], "{\"status\": \"ok\", \"items\": 7}").into_response()
        }
        ServerBehavior::Redirects => {
            (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response()
        }
        ServerBehavior::HugeText => {
            let name = "a\u{301}".repeat(700_000);
            let me = format!(
                "{{\"id\":\"01a205b0-8ccc-77cb-a36a-8b0355fcb7ed\",\"email\":\"a@b\",\"name\":\"{name}\",\"role\":\"admin\",\
                 \"active\":true,\"created_at\":\"2026-11-22T09:30:00.000Z\",\"account_name\":\"Acme\"}}"
            );
            ([(header::CONTENT_TYPE, kind)], me).into_response()
        }
        ServerBehavior::EscapeSequences => {
            let problem = "{\"type\":\"/problems/forbidden\",\"title\":\"no\",\"status\":403,\
                           \"detail\":\"\\u001b]0;owned\\u0007\\u009b2J \\u202eno\"}";
            let kind = [(header::CONTENT_TYPE, "application/problem+json")];
            (StatusCode::FORBIDDEN, kind, problem).into_response()
        }
        ServerBehavior::Silent | ServerBehavior::NotHttp | ServerBehavior::ClosesConnections => {
            StatusCode::OK.into_response()
        }
    }
}

fn streaming_response(
    content_type: &'static str,
    body: impl futures_util::Stream<Item = Bytes> + Send + 'static,
) -> Response {
    let body = Body::from_stream(body.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}
