//! What a peer saw, one JSON object a line, in a file of its own: the witness that is asked after the server died.
//!
//! The process that writes a journal is never the one that is killed, so lines may wait in memory for a moment;
//! [`Journal::flush`] before reading.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file of lines, or nothing at all.
#[derive(Debug)]
pub struct Journal(Option<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    file: BufWriter<File>,
    failed: Option<io::Error>,
}

impl Journal {
    /// A new file; an old one of that name is emptied.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        Ok(Self(Some(Mutex::new(Open { file, failed: None }))))
    }

    /// A journal that keeps nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether anything is kept: what is not kept need not be computed.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Appends a line. A failure is told by the next [`flush`](Self::flush).
    pub fn write(&self, line: &impl Serialize) {
        let Some(mut open) = self.open() else { return };
        let written = serde_json::to_writer(&mut open.file, line).map_err(io::Error::from);
        let ended = written.and_then(|()| open.file.write_all(b"\n"));
        if let Err(error) = ended {
            open.failed.get_or_insert(error);
        }
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// This, or a line before, could not be written: the journal is no witness any more.
    pub fn flush(&self) -> io::Result<()> {
        let Some(mut open) = self.open() else { return Ok(()) };
        open.file.flush()?;
        open.failed.take().map_or(Ok(()), Err)
    }

    fn open(&self) -> Option<MutexGuard<'_, Open>> {
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads a journal, line by line.
///
/// # Errors
/// The file can't be read, or a line is not what it should be: a witness that stutters is not believed.
pub fn read<T: DeserializeOwned>(path: &Path, mut each: impl FnMut(T)) -> io::Result<()> {
    for line in BufReader::new(File::open(path)?).lines() {
        each(serde_json::from_str(&line?)?);
    }
    Ok(())
}
