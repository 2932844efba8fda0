//! Bytes of a file: read where it is small, mapped where it is large.

use std::fs::File;
use std::io::Read;
use std::ops::Deref;
use std::path::Path;

use crate::error::Error;

/// Files of at least this many bytes are mapped.
pub const MAP_FROM: u64 = 64 << 20;

/// How the bytes of a file are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// By size: below 64 MiB read, else mapped.
    #[default]
    Auto,
    /// Read into memory.
    Read,
    /// Mapped. A mapped file that another process truncates ends the process on the next access.
    Map,
}

/// The bytes.
#[derive(Debug)]
pub enum Bytes {
    /// In memory.
    Read(Vec<u8>),
    /// Mapped.
    Mapped(memmap2::Mmap),
}

impl Bytes {
    /// All bytes of a regular file.
    ///
    /// # Errors
    /// What the system says, and anything that is no regular file.
    pub fn of_file(path: &Path, access: Access) -> Result<Self, Error> {
        let io = |cause: std::io::Error| Error::io(path, &cause);
        let mut file = File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        if !about.is_file() {
            return Err(io(std::io::Error::other("not a regular file")));
        }
        let map = match access {
            Access::Auto => about.len() >= MAP_FROM,
            Access::Read => false,
            Access::Map => about.len() > 0,
        };
        if map {
            return mapped(&file).map(Self::Mapped).map_err(io);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
        file.read_to_end(&mut bytes).map_err(io)?;
        Ok(Self::Read(bytes))
    }
}

#[allow(unsafe_code)]
fn mapped(file: &File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: the map is read-only and every read is bounds-checked through a byte slice, for which any content is
    // valid. What cannot be excluded is another process that changes or truncates the file; `Access::Map` says so.
    unsafe { memmap2::Mmap::map(file) }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_mapped_are_equal() {
        let path = std::env::temp_dir().join(format!("quantrl-map-{}", std::process::id()));
        std::fs::write(&path, b"some bytes").unwrap();
        let (read, map) = (Bytes::of_file(&path, Access::Auto), Bytes::of_file(&path, Access::Map));
        assert!(matches!(read.as_ref().unwrap(), Bytes::Read(_)));
        assert!(matches!(map.as_ref().unwrap(), Bytes::Mapped(_)));
        assert_eq!(read.unwrap()[..], map.unwrap()[..]);
        std::fs::write(&path, b"").unwrap();
        assert!(Bytes::of_file(&path, Access::Map).unwrap().is_empty());
        std::fs::remove_file(&path).unwrap();
        assert!(Bytes::of_file(&path, Access::Auto).is_err());
        assert!(Bytes::of_file(&std::env::temp_dir(), Access::Auto).is_err());
    }
}
