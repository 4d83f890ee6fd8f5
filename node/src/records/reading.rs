//! Reading whole record files back, in their order and a line at a time: what is no record is told with its place.

use super::files::of_folder;
use super::form::LINE_MAX;
use super::record::Record;
use super::settings::Form;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The lines of all whole files of one form in a folder.
#[derive(Debug)]
pub(crate) struct Lines {
    form: Form,
    files: VecDeque<PathBuf>,
    /// The file being read, and the number of its last line.
    open: Option<(PathBuf, BufReader<File>, u64)>,
}

impl Lines {
    /// The lines of this folder.
    ///
    /// # Errors
    /// What the system says; or that several nodes wrote here, for each counts for itself.
    pub(crate) fn of(folder: &Path, form: Form) -> io::Result<Self> {
        let named = of_folder(folder, form)?;
        if named.windows(2).any(|pair| matches!(pair, [one, next] if one.node != next.node)) {
            let why = format!("{} has the files of several nodes: give each a folder", folder.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Ok(Self { form, files: named.into_iter().map(|file| file.path).collect(), open: None })
    }

    /// Whether there is any file.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.open.is_none()
    }

    /// The record of the next line, or where that is and why it is none: `FILE:LINE: WHY`.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<Record, String>>> {
        loop {
            if self.open.is_none() {
                let Some(path) = self.files.pop_front() else { return Ok(None) };
                let file = BufReader::new(File::open(&path)?);
                self.open = Some((path, file, 0));
            }
            let Some((path, file, at)) = &mut self.open else { return Ok(None) };
            let (mut bytes, most) = (Vec::new(), u64::try_from(LINE_MAX).unwrap_or(u64::MAX));
            file.by_ref().take(most + 1).read_until(b'\n', &mut bytes)?;
            if bytes.is_empty() {
                self.open = None;
                continue;
            }
            *at += 1;
            let whole = bytes.pop_if(|byte| *byte == b'\n').is_some();
            let line = String::from_utf8(bytes);
            let head = self.form.head();
            if *at == 1 && !head.is_empty() && line.as_ref().is_ok_and(|line| *line == head.trim_end()) {
                continue;
            }
            let record = match line {
                Ok(line) if whole => self.form.read(&line).map_err(|why| why.to_string()),
                Ok(_) => Err("the line has no end".into()),
                Err(_) => Err("the line is not UTF-8".into()),
            };
            return Ok(Some(record.map_err(|why: String| format!("{}:{at}: {why}", path.display()))));
        }
    }
}
