//! Decodes a body as UTF-8; an error names the actual encoding if it can be detected.

use axum::http::{HeaderMap, header};
use tierup_common::encoding::{Encoding, detect_encoding};
use tierup_common::problem::Code;
use tierup_common::trim::strip_bom;

use crate::error::{ApiError, ApiResult};

/// Rejects a body with a `Content-Encoding`.
pub(super) fn ensure_identity_encoding(headers: &HeaderMap) -> ApiResult<()> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let said = String::from_utf8_lossy(value.as_bytes());
        let coding =
            said.split(',').map(str::trim).find(|it| !it.is_empty() && !it.eq_ignore_ascii_case("identity"));
        if let Some(coding) = coding {
            let coding: String = coding.chars().take(32).collect();
            let detail = format!("send the body without `Content-Encoding: {coding}`");
            return Err(ApiError::new(Code::UnsupportedMediaType, detail));
        }
    }
    Ok(())
}

/// The body as text.
pub(super) fn decode(body: &[u8]) -> ApiResult<&str> {
    std::str::from_utf8(body).map(strip_bom).map_err(|error| {
        let reason = match detect_encoding(body) {
            Some(Encoding::Utf16) => "UTF-16".into(),
            Some(Encoding::Compressed(with)) => format!("compressed with {with}"),
            None => format!("invalid at byte {}", error.valid_up_to() + 1),
        };
        ApiError::new(Code::BadRequest, format!("body: not UTF-8 ({reason})"))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_byte_order_mark_before_the_body_is_removed() {
        assert_eq!(decode(b"\xef\xbb\xbf{}").unwrap(), "{}");
        assert_eq!(decode("{\"é\"}".as_bytes()).unwrap(), "{\"é\"}");
    }

    #[test]
    fn the_error_for_a_body_that_is_not_utf_8_names_the_cause() {
        for (body, says) in [
            (&b"{\"text\": \"caf\xe9\"}"[..], "byte 14"),
            (b"\xff\xfe{\0}\0", "UTF-16"),
            (b"\x1f\x8b\x08\0\0", "compressed with"),
        ] {
            let detail = decode(body).unwrap_err().problem.detail.unwrap();
            assert!(detail.contains(says) && detail.contains("UTF-8"), "{detail}");
        }
    }

    #[test]
    fn only_content_encodings_other_than_identity_are_refused() {
        let refused = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(value))]);
            ensure_identity_encoding(&headers)
                .err()
                .map(|error| (error.problem.status, error.problem.detail.unwrap()))
        };
        for fine in ["", "identity", "Identity, identity"] {
            assert_eq!(refused(fine), None, "{fine}");
        }
        for coded in ["gzip", "identity, br", "zstd"] {
            let (status, detail) = refused(coded).unwrap();
            assert_eq!(status, 415);
            assert!(detail.contains("without `Content-Encoding: "), "{detail}");
        }
    }
}
