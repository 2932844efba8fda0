//! A temporary file beside the one being written; gone when dropped.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Bytes on their way into a file.
#[derive(Debug)]
pub struct Spill {
    path: PathBuf,
    out: BufWriter<File>,
    length: u64,
}

impl Spill {
    /// A new file named after `target` and `what`.
    ///
    /// # Errors
    /// What the system says.
    pub fn beside(target: &Path, what: &str) -> Result<Self, Error> {
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
        Ok(Self { path, out: BufWriter::with_capacity(1 << 18, file), length: 0 })
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
        self.out.write_all(bytes).map_err(|cause| Error::io(&self.path, &cause))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The file itself, all bytes written, at byte `at`.
    ///
    /// # Errors
    /// What the system says.
    pub fn file_at(&mut self, at: u64) -> Result<&mut File, Error> {
        let path = &self.path;
        let io = |cause: std::io::Error| Error::io(path, &cause);
        self.out.flush().map_err(io)?;
        let file = self.out.get_mut();
        file.seek(SeekFrom::Start(at)).map_err(io)?;
        Ok(file)
    }

    /// Hand every byte to `take`, block by block.
    ///
    /// # Errors
    /// What the system or `take` says.
    pub fn drain(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let path = self.path.clone();
        let file = self.file_at(0)?;
        let mut block = vec![0; 1 << 18];
        loop {
            match file.read(&mut block).map_err(|cause| Error::io(&path, &cause))? {
                0 => return Ok(()),
                n => take(&block[..n])?,
            }
        }
    }

    /// Give the file its final name, on disk before that.
    ///
    /// # Errors
    /// What the system says; the target is then as it was.
    pub fn publish(mut self, target: &Path) -> Result<(), Error> {
        let path = self.path.clone();
        self.file_at(0)?.sync_all().map_err(|cause| Error::io(&path, &cause))?;
        std::fs::rename(&path, target).map_err(|cause| Error::io(target, &cause))
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // After `publish` the name is gone already.
        let _ = std::fs::remove_file(&self.path);
    }
}
