//! What bytes are that are no UTF-8, as far as they say so by how they begin.

/// Another coding than that of plain text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Text in units of two bytes.
    Utf16,
    /// Something compressed, by this program.
    Compressed(&'static str),
}

/// The coding that the bytes say they are in.
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
    fn what_bytes_are_is_known_by_how_they_begin() {
        for (bytes, is) in [
            (&b"\xff\xfeh\0"[..], Some(Encoding::Utf16)),
            (b"\xfe\xff\0h", Some(Encoding::Utf16)),
            (b"\x1f\x8b\x08\0", Some(Encoding::Compressed("gzip"))),
            (b"\x28\xb5\x2f\xfd\x04", Some(Encoding::Compressed("zstd"))),
            (b"\xfd7zXZ\0", Some(Encoding::Compressed("xz"))),
            (b"BZh91AY&SY", Some(Encoding::Compressed("bzip2"))),
            (b"caf\xe9", None),
            (b"", None),
        ] {
            assert_eq!(detect_encoding(bytes), is, "{bytes:?}");
        }
    }
}
