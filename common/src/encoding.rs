//! Detects text in UTF-16 and compressed files by their first bytes.

/// An encoding that is not UTF-8 text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-16 text.
    Utf16,
    /// Compressed by this program.
    Compressed(&'static str),
}

/// The encoding that the first bytes announce, if they do.
pub fn detect_encoding(bytes: &[u8]) -> Option<Encoding> {
    Some(match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Encoding::Utf16,
        [0x1f, 0x8b, ..] => Encoding::Compressed("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Encoding::Compressed("zstd"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Encoding::Compressed("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Encoding::Compressed("bzip2"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_detected_by_the_first_bytes() {
        for (bytes, expected) in [
            (&b"\xff\xfeh\0"[..], Some(Encoding::Utf16)),
            (b"\xfe\xff\0h", Some(Encoding::Utf16)),
            (b"\x1f\x8b\x08\0", Some(Encoding::Compressed("gzip"))),
            (b"\x28\xb5\x2f\xfd\x04", Some(Encoding::Compressed("zstd"))),
            (b"\xfd7zXZ\0", Some(Encoding::Compressed("xz"))),
            (b"BZh91AY&SY", Some(Encoding::Compressed("bzip2"))),
            (b"caf\xe9", None),
            (b"", None),
        ] {
            assert_eq!(detect_encoding(bytes), expected, "{bytes:?}");
        }
    }
}
