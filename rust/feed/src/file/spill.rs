//! Bytes on their way into a file: a temporary file beside the target, gone when dropped, or memory.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Place};

/// Where an event file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A file of this name, which stays as it was until the new one is whole.
    File(&'a Path),
    /// Memory.
    Memory,
}

#[derive(Debug)]
enum Store {
    File { path: PathBuf, out: BufWriter<File> },
    Memory(Vec<u8>),
}

/// The bytes.
#[derive(Debug)]
pub struct Spill {
    store: Store,
    length: u64,
}

const BLOCK: usize = 1 << 18;

impl Spill {
    /// Empty: beside the target under a name made from it and `what`, or in memory.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(target: Target<'_>, what: &str) -> Result<Self, Error> {
        let Target::File(target) = target else {
            return Ok(Self { store: Store::Memory(Vec::new()), length: 0 });
        };
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{what}.{}.partial", std::process::id()));
        let path = target.with_file_name(name);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(|cause| Error::io(&path, &cause))?;
        Ok(Self { store: Store::File { path, out: BufWriter::with_capacity(BLOCK, file) }, length: 0 })
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Append.
    ///
    /// # Errors
    /// What the system says, such as a full disk.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.store {
            Store::File { path, out } => out.write_all(bytes).map_err(|cause| Error::io(path, &cause))?,
            Store::Memory(all) => all.extend_from_slice(bytes),
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Fill `bytes` from byte `at` on.
    ///
    /// # Errors
    /// What the system says, or bytes that were never pushed.
    pub fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> Result<(), Error> {
        match &mut self.store {
            Store::File { path, out } => out
                .seek(SeekFrom::Start(at))
                .and_then(|_| out.get_mut().read_exact(bytes))
                .and_then(|()| out.seek(SeekFrom::End(0)))
                .map(|_| ())
                .map_err(|cause| Error::io(path, &cause)),
            Store::Memory(all) => {
                bytes.copy_from_slice(within(all, at, bytes.len())?);
                Ok(())
            }
        }
    }

    /// Replace the bytes from `at` on.
    ///
    /// # Errors
    /// As `read_at`.
    pub fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.store {
            Store::File { path, out } => out
                .seek(SeekFrom::Start(at))
                .and_then(|_| out.write_all(bytes))
                .and_then(|()| out.seek(SeekFrom::End(0)))
                .map(|_| ())
                .map_err(|cause| Error::io(path, &cause)),
            Store::Memory(all) => {
                within(all, at, bytes.len())?.copy_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Hand every byte to `take`, block by block.
    ///
    /// # Errors
    /// What the system or `take` says.
    pub fn drain(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        if let Store::Memory(all) = &self.store {
            return take(all);
        }
        let mut block = vec![0; BLOCK];
        let mut at = 0;
        while at < self.length {
            let size = (self.length - at).min(BLOCK as u64) as usize;
            self.read_at(at, &mut block[..size])?;
            take(&block[..size])?;
            at += size as u64;
        }
        Ok(())
    }

    /// Give the file its final name, on disk before that; of a file in memory, its bytes.
    ///
    /// # Errors
    /// What the system says; the target is then as it was.
    pub fn publish(mut self, target: Target<'_>) -> Result<Vec<u8>, Error> {
        match (&mut self.store, target) {
            (Store::Memory(all), _) => Ok(std::mem::take(all)),
            (Store::File { path, out }, Target::File(target)) => {
                out.flush()
                    .and_then(|()| out.get_ref().sync_all())
                    .map_err(|cause| Error::io(path, &cause))?;
                std::fs::rename(path, target).map_err(|cause| Error::io(target, &cause))?;
                Ok(Vec::new())
            }
            (Store::File { .. }, Target::Memory) => {
                Err(Error::config("target", "the one the file was made for", "another"))
            }
        }
    }
}

fn within(all: &mut [u8], at: u64, length: usize) -> Result<&mut [u8], Error> {
    let end = all.len();
    usize::try_from(at)
        .ok()
        .and_then(|at| all.get_mut(at..at.checked_add(length)?))
        .ok_or_else(|| Error::data(Place::Byte(at), "file", format_args!("bytes below {end}"), length))
}

impl Drop for Spill {
    fn drop(&mut self) {
        // After `publish` the name is gone already.
        if let Store::File { path, .. } = &self.store {
            let _ = std::fs::remove_file(path);
        }
    }
}
