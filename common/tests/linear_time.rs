//! Searching for secrets takes linear time, whatever the text.

use std::time::{Duration, Instant};

use tierup_common::secrets::redact;

#[test]
fn an_endless_word_takes_linear_time() {
    let size = 1 << 16;
    for piece in [
        "a",
        "1",
        " ",
        "-",
        "=",
        ":",
        "\"",
        "\\",
        "sk-",
        "eyJ",
        "eyJ.",
        "://",
        "://a:",
        "a@",
        "password",
        "password=",
        "password: ",
        "password=$",
        "pw:\"",
        "pw='${",
        "token:",
        "token is ",
        "--token ",
        "authorization: digest ",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nabcdefghijklmnop\n",
        "4111 ",
        "4111111111111111",
        "41111111-",
        "&a",
        "key ",
        "api key:",
        "ghp_",
        "é",
        "tup_aaaaaaaaaa",
        "<password>",
    ] {
        let text = piece.repeat(size / piece.len());
        let start = Instant::now();
        redact(&text, &[]);
        assert!(start.elapsed() < Duration::from_secs(4), "{piece:?} took {:?}", start.elapsed());
    }
}
