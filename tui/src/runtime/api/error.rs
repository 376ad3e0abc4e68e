//! Errors of making a client and of logging in.

use crate::event::CallError;

/// Why no client can be made for a server.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is not an `http` or `https` URL.
    #[error("{0:?} is not a server address\nhint: it looks like http://127.0.0.1:7890")]
    InvalidAddress(String),
    /// The address names a user. It is not repeated: it may hold a password.
    #[error(
        "a server address takes no user name and no password\nhint: use an address like http://127.0.0.1:7890; `tierup login` asks for the rest"
    )]
    AddressHasUserinfo,
    /// The token cannot be sent in a header.
    #[error("the token contains invalid characters\nhint: a token is one word that starts with tup_")]
    InvalidToken,
    /// The HTTP client cannot be built.
    #[error("http client: {0}")]
    Client(#[from] reqwest::Error),
    /// The machine has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// Why a login by email and password gave no token.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// There is no client for the server.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The server was not reached, or refused.
    #[error(transparent)]
    Call(#[from] CallError),
}
