use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

/// The numbers.
pub const WEIGHTS: &str = "policy.safetensors";
/// What they mean.
pub const SPEC: &str = "policy.json";

const MAX_WEIGHTS: u64 = 256 << 20;
const MAX_SPEC: u64 = 4 << 20;

/// First bytes of files that run code when a framework loads them.
const FOREIGN: [(&[u8], &str); 2] = [(b"PK", "a zip archive"), (b"\x80", "a pickle")];

/// A refusal that names the field.
pub fn refuse(field: impl Display, message: impl Display) -> Error {
    Error::Data(format!("{field}: {message}"))
}

/// Bytes of `policy.json` and `policy.safetensors`.
///
/// # Errors
/// Missing, unreadable, too large, a zip or a pickle.
pub fn read(folder: &Path) -> Result<(Vec<u8>, Vec<u8>), Error> {
    Ok((bounded(folder, SPEC, MAX_SPEC)?, bounded(folder, WEIGHTS, MAX_WEIGHTS)?))
}

fn bounded(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| refuse(folder.join(name).display(), error);
    let file = File::open(folder.join(name)).map_err(failed)?;
    let mut bytes = Vec::new();
    // One byte more than allowed shows that there is more, whatever size the file claims.
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(refuse(name, format!("expected at most {most} bytes, got more")));
    }
    // The length a safetensors file begins with may look like another kind; its header's brace, at 8, does not.
    let header = bytes.get(8) == Some(&b'{');
    match FOREIGN.iter().find(|(magic, _)| !header && bytes.starts_with(magic)) {
        Some((_, kind)) => Err(refuse(name, format!("expected no pickled code, got {kind}"))),
        None => Ok(bytes),
    }
}

/// Hexadecimal sha256.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
