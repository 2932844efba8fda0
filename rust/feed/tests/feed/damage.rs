//! Every way an event file can be damaged.

use crate::common::flow::{Flow, written};
use crate::common::{Folder, Lcg, gates};
use quantrl_feed::map::Bytes;
use quantrl_feed::{Error, EventFile, Header, Replay, check};
use sha2::{Digest, Sha256};

/// The bytes with their hash made right again.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= Header::SIZE {
        bytes[Header::HASH_AT..Header::HASH_AT + 32].fill(0);
        let hash = Sha256::digest(&bytes);
        bytes[Header::HASH_AT..Header::HASH_AT + 32].copy_from_slice(&hash);
    }
    bytes
}

fn opened(bytes: Vec<u8>, verify: bool) -> Result<EventFile, Error> {
    EventFile::of_bytes("x.qev".into(), Bytes::Read(bytes), verify)
}

fn small() -> Vec<u8> {
    let folder = Folder::new();
    let flow = Flow::random(1_100, 2, 9);
    written(&flow, &folder, "x.qev", &["A", "B"]);
    std::fs::read(folder.file("x.qev")).unwrap()
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = small();
    assert!(opened(whole.clone(), true).is_ok());
    for end in 0..whole.len() {
        assert!(matches!(opened(whole[..end].to_vec(), false), Err(Error::Data { .. })), "{end}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert!(opened(longer, false).is_err());
}

#[test]
fn every_flipped_bit_is_found() {
    let whole = small();
    let mut random = Lcg(4);
    for _ in 0..if gates() { 100_000 } else { 1_000 } {
        let mut bytes = whole.clone();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        let error = opened(bytes, true).unwrap_err();
        assert!(matches!(&error, Error::Data { file, .. } if file == "x.qev"), "{error}");
    }
}

#[test]
fn damage_with_a_right_hash_is_an_error_or_a_replay() {
    let whole = small();
    let mut random = Lcg(6);
    let mut refused = [0; 2];
    for round in 0..if gates() { 1_000_000 } else { 4_000 } {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            // Half of the hits in the header and the first events.
            let within = if random.below(2) == 0 { 600 } else { bytes.len() as u64 };
            let at = random.below(within) as usize;
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random.next() as u8][random.below(6) as usize];
        }
        let verify = round % 2 == 0;
        let Ok(file) = opened(sealed(bytes), verify) else {
            refused[0] += 1;
            continue;
        };
        let mut replay = Replay::new(&file);
        let end = replay.run_to(u64::MAX);
        refused[1] += usize::from(end.is_err());
        let _ = Replay::new(&file).seek(file.len());
        for nth in [0, file.len() / 2, u64::MAX] {
            let _ = (file.get(file.received_at(nth)), file.id(nth));
        }
        let _ = check(&file);
    }
    assert!(refused[0] > 0 && refused[1] > 0);
}

#[test]
fn random_bytes_are_no_file() {
    let mut random = Lcg(10);
    for _ in 0..if gates() { 1_000_000 } else { 20_000 } {
        let mut bytes: Vec<u8> = (0..random.below(600)).map(|_| random.next() as u8).collect();
        if bytes.len() > 8 {
            bytes[..8].copy_from_slice(b"QEV1\x01\0\x03\0");
        }
        assert!(opened(bytes, false).is_err());
    }
}
