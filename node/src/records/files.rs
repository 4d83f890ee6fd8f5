//! The files of one form: each is made as `.tmp` and has its name once it is whole and on the disk. Names and numbers
//! go on without a gap over restarts, also when files that were fetched have been moved away.
//!
//! How far the whole files go stands in a cursor file beside them. A file ends in this order: its bytes are synced, the
//! cursor is replaced, the name is given. So after a crash a `.tmp` that the cursor counts only lacks its name, and any
//! other is thrown away and made again from the log, with the same bytes.

use super::following::Brought;
use super::settings::{Form, Limits};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, ToSmolStr};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How far the whole files go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    /// Number of the last file.
    pub(crate) file: u64,
    /// Number of its last record.
    pub(crate) seq: u64,
    /// The last chapter of the log that is in the files.
    pub(crate) log: u64,
}

/// The files of one form, and the one in the making.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    node: SmolStr,
    form: Form,
    limits: Limits,
    whole: Cursor,
    /// The last record and chapter taken.
    taken: (u64, u64),
    making: Option<Making>,
    line: String,
}

/// A file in the making.
#[derive(Debug)]
struct Making {
    to: BufWriter<File>,
    bytes: u64,
    since: Instant,
}

impl Files {
    /// Opens the folder, making it when there is none, and ends what a crash left half ended.
    ///
    /// # Errors
    /// What the system says; or that there are files and no cursor, for then nobody can tell where to go on.
    pub(crate) fn open(folder: &Path, node: &str, form: Form, limits: Limits) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let (folder, node) = (folder.to_owned(), SmolStr::new(node));
        let (whole, line) = (Cursor::default(), String::new());
        let mut files = Self { folder, node, form, limits, whole, taken: (0, 0), making: None, line };
        files.whole = files.read_cursor()?;
        files.taken = (files.whole.seq, files.whole.log);
        if files.whole.file > 0 && files.made(files.whole.file).exists() {
            files.give_name(files.whole.file)?;
        }
        match fs::remove_file(files.made(files.whole.file + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(files),
        }
    }

    /// How far the whole files go.
    pub(crate) const fn whole(&self) -> Cursor {
        self.whole
    }

    /// The last chapter taken.
    pub(crate) const fn chapter(&self) -> u64 {
        self.taken.1
    }

    /// Takes what the next chapter brought. One that has been taken before is left alone.
    ///
    /// # Errors
    /// What the system says: then the folder is to be opened anew.
    pub(crate) fn take(&mut self, brought: &Brought) -> io::Result<()> {
        if brought.chapter <= self.taken.1 {
            return Ok(());
        }
        for record in &brought.records {
            let mut record = record.clone();
            record.seq = (self.taken.0 + 1).to_smolstr();
            self.line.clear();
            self.form.write(&record, &mut self.line);
            if self.making.is_none() {
                self.making = Some(self.begin()?);
            }
            if let Some(making) = &mut self.making {
                making.to.write_all(self.line.as_bytes())?;
                making.bytes += u64::try_from(self.line.len()).unwrap_or(u64::MAX);
            }
            self.taken.0 += 1;
        }
        self.taken.1 = brought.chapter;
        if self.making.as_ref().is_some_and(|making| making.bytes >= self.limits.size) {
            self.end()?;
        }
        Ok(())
    }

    /// Ends the file in the making when it is old enough.
    ///
    /// # Errors
    /// As of [`Self::take`].
    pub(crate) fn end_old(&mut self) -> io::Result<()> {
        let old = |making: &Making| making.since.elapsed() >= self.limits.age;
        if self.making.as_ref().is_some_and(old) { self.end() } else { Ok(()) }
    }

    /// Ends the file in the making, if there is one.
    ///
    /// # Errors
    /// As of [`Self::take`].
    pub(crate) fn end(&mut self) -> io::Result<()> {
        let Some(making) = self.making.take() else { return Ok(()) };
        making.to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let whole = Cursor { file: self.whole.file + 1, seq: self.taken.0, log: self.taken.1 };
        self.write_cursor(whole)?;
        self.give_name(whole.file)?;
        self.whole = whole;
        Ok(())
    }

    fn begin(&self) -> io::Result<Making> {
        let file = File::create(self.made(self.whole.file + 1))?;
        let mut to = BufWriter::with_capacity(1 << 16, file);
        let head = self.form.head();
        to.write_all(head.as_bytes())?;
        let bytes = u64::try_from(head.len()).unwrap_or(u64::MAX);
        Ok(Making { to, bytes, since: Instant::now() })
    }

    fn give_name(&self, file: u64) -> io::Result<()> {
        fs::rename(self.made(file), self.folder.join(file_name(&self.node, file, self.form)))?;
        sync_folder(&self.folder)
    }

    /// Where a file is while it is made.
    fn made(&self, file: u64) -> PathBuf {
        self.folder.join(format!("{}.tmp", file_name(&self.node, file, self.form)))
    }

    fn cursor_path(&self) -> PathBuf {
        self.folder.join(format!("{}.{}.cursor", self.node, self.form.ending()))
    }

    fn read_cursor(&self) -> io::Result<Cursor> {
        let path = self.cursor_path();
        let faulty = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| faulty(format!("{} cannot be read: {error}", path.display()))),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Err(_) if of_folder(&self.folder, self.form)?.iter().any(|file| file.node == self.node) => {
                Err(faulty(format!("there are record files and no {}: put it back", path.display())))
            }
            Err(_) => Ok(Cursor::default()),
        }
    }

    fn write_cursor(&self, cursor: Cursor) -> io::Result<()> {
        let path = self.cursor_path();
        let made = path.with_extension("cursor.tmp");
        let mut file = File::create(&made)?;
        file.write_all(&serde_json::to_vec(&cursor)?)?;
        file.sync_all()?;
        fs::rename(made, path)?;
        sync_folder(&self.folder)
    }
}

/// A whole record file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    /// The node that wrote it.
    pub(crate) node: SmolStr,
    /// Its number.
    pub(crate) number: u64,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// The whole files of a form in a folder, in the order of their numbers.
///
/// # Errors
/// What the system says.
pub(crate) fn of_folder(folder: &Path, form: Form) -> io::Result<Vec<Named>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let parts = name.strip_suffix(form.ending()).and_then(|name| name.strip_suffix('.'));
        let Some((node, number)) = parts.and_then(|name| name.rsplit_once('-')) else { continue };
        let Ok(number) = number.parse() else { continue };
        if name == file_name(node, number, form) {
            found.push(Named { node: SmolStr::new(node), number, path: path.clone() });
        }
    }
    found.sort();
    Ok(found)
}

fn file_name(node: &str, file: u64, form: Form) -> String {
    format!("{node}-{file:08}.{}", form.ending())
}

/// A name is durable once its folder is synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
