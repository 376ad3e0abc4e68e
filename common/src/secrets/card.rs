//! Card numbers: an issuer's prefix, its length, and the checksum of Luhn. Groups are separated by one space or dash.

use std::ops::Range;

use crate::secrets::kind::{Secret, SecretKind};
use crate::secrets::scan::run_end;

/// How numbers are printed in groups.
const GROUPINGS: [&[usize]; 8] = [
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4, 1],
    &[4, 4, 5],
    &[8, 8],
];
/// The most digits of a number.
const MAX_DIGITS: usize = 19;

pub(super) fn find(text: &str, found: &mut Vec<Secret>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let group_end = run_end(bytes, at, |byte| byte.is_ascii_digit());
        let groupings = GROUPINGS.iter().filter_map(|grouping| grouped_end(bytes, at, grouping));
        let number = groupings.chain([group_end]).map(|end| at..end).find(|range| {
            is_alone(bytes, range)
                && card_digits(&bytes[range.clone()]).is_some_and(|digits| is_card(&digits))
        });
        at = number.as_ref().map_or(group_end, |range| range.end);
        found.extend(number.map(|range| Secret { range, kind: SecretKind::CardNumber }));
    }
}

/// The end of a number in groups of these lengths, with one separator.
fn grouped_end(bytes: &[u8], start: usize, grouping: &[usize]) -> Option<usize> {
    let separator = *bytes.get(start + grouping[0]).filter(|byte| matches!(byte, b' ' | b'-'))?;
    let mut at = start;
    for (index, length) in grouping.iter().enumerate() {
        if index > 0 {
            at += usize::from(bytes.get(at) == Some(&separator));
        }
        let group = bytes.get(at..at + length)?;
        if !group.iter().all(u8::is_ascii_digit) || bytes.get(at + length).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        at += length;
    }
    Some(at)
}

/// Whether a number is no part of a longer word, of a decimal number or of an id in groups.
fn is_alone(bytes: &[u8], range: &Range<usize>) -> bool {
    let before = range.start.checked_sub(1).map(|index| bytes[index]);
    let before_that = range.start.checked_sub(2).map(|index| bytes[index]);
    let after = (bytes.get(range.end), bytes.get(range.end + 1));
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let continues_before =
        before.is_some_and(is_word) || (before == Some(b'.') && is_digit(before_that.as_ref()));
    let continues_after = after.0.is_some_and(|byte| is_word(*byte))
        || (matches!(after.0, Some(b'.' | b'-')) && is_digit(after.1));
    !continues_before && !continues_after
}

fn card_digits(number: &[u8]) -> Option<Vec<u32>> {
    let digits = number.iter().filter(|byte| byte.is_ascii_digit());
    let digits: Vec<u32> = digits.take(MAX_DIGITS + 1).map(|byte| u32::from(byte - b'0')).collect();
    (13..=MAX_DIGITS).contains(&digits.len()).then_some(digits)
}

fn is_card(digits: &[u32]) -> bool {
    let prefix = |length: usize| digits[..length].iter().fold(0, |number, digit| number * 10 + digit);
    let length = digits.len();
    let is_issued = match prefix(2) {
        // Visa.
        40..=49 => matches!(length, 13 | 16 | 19),
        // Mastercard.
        51..=55 => length == 16,
        22..=27 => (2_221..=2_720).contains(&prefix(4)) && length == 16,
        // American Express.
        34 | 37 => length == 15,
        // Diners Club, and JCB.
        30 => (300..=305).contains(&prefix(3)) && length == 14,
        35 => (3_528..=3_589).contains(&prefix(4)) && length >= 16,
        36 | 38 | 39 => length == 14,
        // Discover, UnionPay and Maestro.
        60 => prefix(4) == 6_011 && length >= 16,
        64 => prefix(3) >= 644 && length >= 16,
        62 | 65 => length >= 16,
        50 | 58 | 63 | 67 => {
            matches!(prefix(4), 5_018 | 5_020 | 5_038 | 5_893 | 6_304 | 6_759 | 6_761..=6_763) && length >= 13
        }
        _ => false,
    };
    is_issued && has_luhn_checksum(digits)
}

fn has_luhn_checksum(digits: &[u32]) -> bool {
    let value = |(index, digit): (usize, &u32)| match (index % 2, digit) {
        (0, digit) => *digit,
        (_, digit) => digit * 2 / 10 + digit * 2 % 10,
    };
    digits.iter().rev().enumerate().map(value).sum::<u32>() % 10 == 0
}
