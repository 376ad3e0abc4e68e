//! A server in a bad mood: it is no tierup server, or was one once. What talks to it must neither freeze nor believe it.

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

/// How it behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Takes connections and says nothing.
    Silent,
    /// Answers a byte at a time, for ever.
    Drips,
    /// Answers with a body that has no end.
    Endless,
    /// Says that a gigabyte follows.
    Announces,
    /// Answers with JSON that is ten thousand levels deep.
    Deep,
    /// Answers with a page of HTML.
    Html,
    /// Answers with JSON of another program.
    Wrong,
    /// Sends the caller elsewhere.
    Redirects,
    /// Answers something that is no HTTP.
    Garbage,
    /// Ends every connection at once.
    Slams,
    /// Is a tierup server but for one text of two megabytes.
    GiantText,
    /// Says no with a problem full of escapes.
    Escapes,
}

impl Mood {
    /// Every mood.
    pub const ALL: [Self; 12] = [
        Self::Silent,
        Self::Drips,
        Self::Endless,
        Self::Announces,
        Self::Deep,
        Self::Html,
        Self::Wrong,
        Self::Redirects,
        Self::Garbage,
        Self::Slams,
        Self::GiantText,
        Self::Escapes,
    ];
}

/// A server in a bad mood.
pub struct Crank {
    url: String,
    serving: JoinHandle<()>,
}

impl Crank {
    /// Starts one.
    pub async fn new(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move {
            match mood {
                Mood::Silent | Mood::Garbage | Mood::Slams => below_http(listener, mood).await,
                Mood::Drips
                | Mood::Endless
                | Mood::Announces
                | Mood::Deep
                | Mood::Html
                | Mood::Wrong
                | Mood::Redirects
                | Mood::GiantText
                | Mood::Escapes => {
                    let router = Router::new().fallback(answer).with_state(mood);
                    axum::serve(listener, router).await.expect("a server");
                }
            }
        });
        Self { url, serving }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Crank {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn below_http(listener: TcpListener, mood: Mood) {
    let mut kept = Vec::new();
    while let Ok((mut connection, _)) = listener.accept().await {
        if mood == Mood::Garbage {
            // Whoever has gone has heard enough.
            let _ = connection.write_all(b"\x00\xff\x1b]0;owned\x07 SSH-2.0 go away\r\n\r\n").await;
        }
        if mood == Mood::Silent {
            kept.push(connection);
        }
    }
}

async fn answer(State(mood): State<Mood>, uri: Uri) -> Response {
    let is_stream = uri.path().ends_with("/stream");
    let kind = if is_stream { "text/event-stream" } else { "application/json" };
    match mood {
        Mood::Drips => {
            let ticks = IntervalStream::new(tokio::time::interval(Duration::from_millis(50)));
            streamed(kind, ticks.map(|_| Bytes::from_static(b" ")))
        }
        Mood::Endless => {
            let begin = if is_stream { "data: " } else { "\"" };
            let body = stream::iter([Bytes::from(begin)]);
            streamed(kind, body.chain(stream::repeat(Bytes::from(vec![b'a'; 64 * 1024]))))
        }
        Mood::Announces => {
            let body = stream::iter([Bytes::from_static(b"{")]).chain(stream::pending());
            let mut response = streamed(kind, body);
            response.headers_mut().insert(header::CONTENT_LENGTH, (1024 * 1024 * 1024).into());
            response
        }
        Mood::Deep => ([(header::CONTENT_TYPE, kind)], "[".repeat(10_000)).into_response(),
        Mood::Html => ([(header::CONTENT_TYPE, "text/html")], "<h1>It works!</h1>").into_response(),
        Mood::Wrong => ([(header::CONTENT_TYPE, kind)], "{\"status\": \"ok\", \"items\": 7}").into_response(),
        Mood::Redirects => (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response(),
        Mood::GiantText => {
            let name = "a\u{301}".repeat(700_000);
            let me = format!(
                "{{\"id\":\"01a205b0-8ccc-77cb-a36a-8b0355fcb7ed\",\"email\":\"a@b\",\"name\":\"{name}\",\"role\":\"admin\",\
                 \"active\":true,\"created_at\":\"2026-11-22T09:30:00.000Z\",\"account_name\":\"Acme\"}}"
            );
            ([(header::CONTENT_TYPE, kind)], me).into_response()
        }
        Mood::Escapes => {
            let problem = "{\"type\":\"/problems/forbidden\",\"title\":\"no\",\"status\":403,\
                           \"detail\":\"\\u001b]0;owned\\u0007\\u009b2J \\u202eno\"}";
            let kind = [(header::CONTENT_TYPE, "application/problem+json")];
            (StatusCode::FORBIDDEN, kind, problem).into_response()
        }
        Mood::Silent | Mood::Garbage | Mood::Slams => StatusCode::OK.into_response(),
    }
}

fn streamed(kind: &'static str, body: impl futures_util::Stream<Item = Bytes> + Send + 'static) -> Response {
    let body = Body::from_stream(body.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}
