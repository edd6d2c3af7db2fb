//! Encrypted messages, edited, and any bytes as such a message: what opens is what was encrypted, whole, and never more than the
//! limits allow. No edit of the encrypted data is passed over.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use libfuzzer_sys::fuzz_target;
use pghaul::config::LimitsCfg;
use pghaul::ingest::settings::limits::Limits;
use pghaul::ingest::settings::secrets::Secrets;
use pghaul::ingest::source::openpgp::decrypt;
use pghaul_fuzz::choices::Choices;
use pghaul_fuzz::memory::{self, Allocator};
use pghaul_fuzz::messages::{Messages, Original};
use std::alloc::System;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::sync::LazyLock;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new(System, usize::MAX);

/// Argon2 may take 512 MiB to try a passphrase; everything else together takes a tenth of that.
const MEMORY_BYTES: usize = 576 << 20;
/// Edits of a message. More make nothing but noise of it.
const MOST_EDITS: usize = 8;

static LIMITS: LazyLock<Limits> = LazyLock::new(|| Limits {
    total_bytes: 256 << 10,
    ratio: 100,
    ratio_from_bytes: 4 << 10,
    ..Limits::resolve(&LimitsCfg::default()).unwrap()
});

static MESSAGES: LazyLock<Messages> = LazyLock::new(Messages::make);

// The first byte chooses a message, or any bytes. The next ones are edits of it.
fuzz_target!(|input: &[u8]| {
    let Messages { originals, secrets, .. } = &*MESSAGES;
    let mut choices = Choices::of(input);
    let Some(original) = originals.get(choices.below(originals.len() + 1)) else {
        let message = choices.rest();
        if let Some(plain) = open(message, secrets) {
            check_limits(message, &plain);
        }
        return;
    };
    let mut message = original.message.clone();
    for _ in 0..MOST_EDITS {
        if choices.is_empty() {
            break;
        }
        edit(&mut message, &mut choices);
    }
    match open(&message, secrets) {
        Some(plain) => {
            check_limits(&message, &plain);
            assert!(!is_bomb(original));
            assert!(plain == original.plain, "{} bytes of {}", plain.len(), original.plain.len());
            let encrypted = encrypted_data(&original.message).unwrap();
            assert_eq!(
                encrypted_data(&message),
                Some(encrypted),
                "an edit of the encrypted data is passed over"
            );
        }
        None => assert!(is_bomb(original) || message != original.message, "as it was made, it does not open"),
    }
});

fn edit(message: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let (kind, distance) = (choices.below(10), choices.number() % (message.len() + 1));
    // The end of a message matters as much as its start.
    let place = if kind < 5 { distance } else { message.len() - distance };
    let stretch = place..(place + choices.below(64)).min(message.len());
    match kind % 5 {
        0 => message.truncate(place),
        1 => drop(message.drain(stretch)),
        2 => {
            let copy = message[stretch].to_vec();
            let to = choices.number() % (message.len() + 1);
            message.splice(to..to, copy);
        }
        3 => {
            let new = choices.bytes(stretch.len()).to_vec();
            message.splice(place..place, new);
        }
        _ => {
            let flips = choices.byte().max(1);
            message.get_mut(place).into_iter().for_each(|byte| *byte ^= flips);
        }
    }
}

/// The plain text, if the message opens. An error has words.
fn open(message: &[u8], secrets: &Secrets) -> Option<Vec<u8>> {
    let mut file: File = tempfile::tempfile().unwrap();
    file.write_all(message).unwrap();
    file.rewind().unwrap();
    let bytes = message.len() as u64;
    match memory::within(&ALLOCATOR, MEMORY_BYTES, || decrypt(file, bytes, secrets, &LIMITS)) {
        Ok(mut content) => {
            let mut plain = Vec::new();
            content.read_to_end(&mut plain).unwrap();
            Some(plain)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn check_limits(message: &[u8], plain: &[u8]) {
    let (plain, message) = (plain.len() as u64, message.len() as u64);
    assert!(plain <= LIMITS.total_bytes, "{plain}");
    assert!(plain <= LIMITS.ratio_from_bytes || plain / LIMITS.ratio <= message, "{plain} of {message}");
}

/// The encrypted data of a message: the body of its first packet 18, in one piece (RFC 9580, section 4.2.1).
fn encrypted_data(mut message: &[u8]) -> Option<Vec<u8>> {
    loop {
        let (tag, rest) = message.split_first()?;
        let (kind, body, rest) = match tag {
            0b1100_0000.. => {
                let (body, rest) = body_in_parts(rest)?;
                (tag & 0b11_1111, body, rest)
            }
            // The old form, which has no kind 18.
            0b1000_0000.. => {
                let digits = [1, 2, 4].get(usize::from(tag & 3)).copied()?;
                let (length, rest) = rest.split_at_checked(digits)?;
                let length = length.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
                let (body, rest) = rest.split_at_checked(length)?;
                ((tag >> 2) & 0b1111, body.to_vec(), rest)
            }
            _ => return None,
        };
        if kind == 18 {
            return Some(body);
        }
        message = rest;
    }
}

/// The body of a packet, whose length may come in parts, and what follows the packet.
fn body_in_parts(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut body = Vec::new();
    loop {
        let (length, is_partial, behind) = match *rest {
            [a @ ..192, ref behind @ ..] => (usize::from(a), false, behind),
            [a @ ..224, b, ref behind @ ..] => {
                ((usize::from(a) - 192) * 256 + usize::from(b) + 192, false, behind)
            }
            [255, a, b, c, d, ref behind @ ..] => (u32::from_be_bytes([a, b, c, d]) as usize, false, behind),
            [a @ 224..=254, ref behind @ ..] => (1 << (a & 31), true, behind),
            _ => return None,
        };
        let (part, behind) = behind.split_at_checked(length)?;
        body.extend_from_slice(part);
        rest = behind;
        if !is_partial {
            return Some((body, rest));
        }
    }
}

fn is_bomb(original: &Original) -> bool {
    original.plain.iter().all(|byte| *byte == 0)
}
