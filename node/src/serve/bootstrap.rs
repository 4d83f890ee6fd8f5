//! The first admin token: without one nobody could make the others.

use crate::cli::Failure;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use switchback_core::model::{Shard, Time};
use switchback_ports::directory::{Bearer, Entry, Kind, Token};
use switchback_ports::{Random, Store, StoreFailure, Unit, Write as StoreWrite};

/// The file in the data folder that holds the first admin token.
pub(crate) const TOKEN_FILE: &str = "admin.token";

/// Makes the first admin token when the store has no token at all, and writes it where only the owner can read it.
/// The file is written first: a crash between leaves a file that the next start replaces, never a lost secret.
pub(super) fn first_token(
    store: &dyn Store,
    random: &dyn Random,
    now: Time,
    folder: &Path,
) -> Result<(), Failure> {
    let unreadable = |error: StoreFailure| Failure::Failed(error.to_string());
    if !store.directory(Kind::Token).map_err(unreadable)?.is_empty() {
        return Ok(());
    }
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    let secret: String = std::iter::once("sb_admin_".to_owned())
        .chain(bytes.iter().map(|byte| format!("{byte:02x}")))
        .collect();
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(folder.join(TOKEN_FILE))?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    let token = Token {
        hash: Sha256::digest(secret.as_bytes()).into(),
        name: SmolStr::new_static("first admin"),
        bearer: Bearer::Admin,
        created_at: now,
        revoked: false,
    };
    let unit = Unit {
        shard: Shard::of("directory"),
        epoch: 1,
        expects: vec![],
        writes: vec![StoreWrite::Directory(Box::new(Entry::Token(token)))],
    };
    let results = store.commit(vec![unit]).map_err(unreadable)?;
    match results.into_iter().next() {
        Some(Err(conflict)) => Err(Failure::Failed(conflict.to_string())),
        _ => Ok(()),
    }
}
