//! The scratch copy that faults are planted in: core alone with a workspace of one, below `target/`, so that no fault
//! ever stands in the working tree. The build directory is shared by all runs: dependencies are built once.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::tool;

/// `target/planted/`: `tree/` is the copy, `build/` what cargo makes of it, `logs/` what each model check said.
pub(super) struct Scratch {
    root: PathBuf,
    planted: PathBuf,
}

impl Scratch {
    /// Lays the folders, and a workspace manifest that knows core only.
    pub(super) fn new(root: &Path) -> Result<Self, Fault> {
        let scratch = Self { root: root.to_path_buf(), planted: root.join("target/planted") };
        for folder in [scratch.tree(), scratch.logs()] {
            std::fs::create_dir_all(&folder)
                .map_err(Fault::io(format!("cannot make {}", folder.display())))?;
        }
        let manifest = root.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest)
            .map_err(Fault::io("cannot read the workspace's Cargo.toml"))?;
        write(&scratch.tree().join("Cargo.toml"), &core_only(&text)?)?;
        let lock = root.join("Cargo.lock");
        if lock.is_file() {
            copy_file(&lock, &scratch.tree().join("Cargo.lock"))?;
        }
        Ok(scratch)
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.planted.join("tree")
    }

    pub(super) fn build(&self) -> PathBuf {
        self.planted.join("build")
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.planted.join("logs")
    }

    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }

    /// Puts the sound core into the tree, whatever a patch left there. Files that did not change keep their time, so
    /// that cargo builds again only what a fault touched.
    pub(super) fn copy_core(&self) -> Result<(), Fault> {
        mirror(&self.root.join("core"), &self.tree().join("core"))
    }

    /// Applies `patch` to the tree. `Some`: why it does not fit.
    pub(super) fn apply(&self, patch: &Path) -> Result<Option<String>, Fault> {
        // The ceiling keeps git from finding the repository around `target/`, whose paths would not match.
        let output = tool::capture(
            Command::new("git")
                .args(["apply", "--recount", "--whitespace=nowarn"])
                .arg(patch)
                .current_dir(self.tree())
                .env("GIT_CEILING_DIRECTORIES", &self.planted),
        )?;
        Ok((!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

/// The workspace's manifest with core as its only member.
fn core_only(manifest: &str) -> Result<String, Fault> {
    let mut table: toml::Table =
        manifest.parse().map_err(|error| Fault::Tool(format!("the workspace's Cargo.toml: {error}")))?;
    let workspace = table
        .get_mut("workspace")
        .and_then(toml::Value::as_table_mut)
        .ok_or_else(|| Fault::Tool("Cargo.toml has no [workspace]".to_owned()))?;
    workspace.insert("members".to_owned(), toml::Value::Array(vec![toml::Value::String("core".to_owned())]));
    workspace.remove("default-members");
    workspace.remove("exclude");
    toml::to_string(&table)
        .map_err(|error| Fault::Tool(format!("cannot write the scratch manifest: {error}")))
}

/// Makes `to` the same as `from`: what is only in `to` goes, what differs is copied.
fn mirror(from: &Path, to: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(to).map_err(Fault::io(format!("cannot make {}", to.display())))?;
    for kept in entries(to)? {
        let Some(name) = kept.file_name() else { continue };
        if from.join(name).exists() {
            continue;
        }
        let removed =
            if kept.is_dir() { std::fs::remove_dir_all(&kept) } else { std::fs::remove_file(&kept) };
        removed.map_err(Fault::io(format!("cannot remove {}", kept.display())))?;
    }
    for source in entries(from)? {
        let Some(name) = source.file_name() else { continue };
        let target = to.join(name);
        if source.is_dir() {
            mirror(&source, &target)?;
        } else if std::fs::read(&source).ok() != std::fs::read(&target).ok() {
            copy_file(&source, &target)?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let reading = || format!("cannot read {}", folder.display());
    std::fs::read_dir(folder)
        .map_err(Fault::io(reading()))?
        .map(|entry| entry.map(|entry| entry.path()).map_err(Fault::io(reading())))
        .collect()
}

/// Copies by reading and writing: the copy must be newer than what cargo built from the file before it.
fn copy_file(from: &Path, to: &Path) -> Result<(), Fault> {
    let bytes = std::fs::read(from).map_err(Fault::io(format!("cannot read {}", from.display())))?;
    std::fs::write(to, bytes).map_err(Fault::io(format!("cannot write {}", to.display())))
}

fn write(place: &Path, text: &str) -> Result<(), Fault> {
    std::fs::write(place, text).map_err(Fault::io(format!("cannot write {}", place.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scratch_workspace_has_core_only() {
        let text = core_only(
            "[workspace]\nmembers = [\"core\", \"api\"]\nexclude = [\"fuzz\"]\n\n[workspace.dependencies]\nserde = \"1\"\n",
        )
        .unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["workspace"]["members"].as_array().unwrap().len(), 1);
        assert!(table["workspace"].get("exclude").is_none());
        assert_eq!(table["workspace"]["dependencies"]["serde"].as_str(), Some("1"));
    }

    #[test]
    fn a_mirror_undoes_what_a_patch_did() {
        let place = std::env::temp_dir().join(format!("xtask-mirror-{}", std::process::id()));
        let (from, to) = (place.join("from"), place.join("to"));
        std::fs::create_dir_all(from.join("src")).unwrap();
        std::fs::write(from.join("src/lib.rs"), "sound").unwrap();
        mirror(&from, &to).unwrap();
        std::fs::write(to.join("src/lib.rs"), "broken").unwrap();
        std::fs::write(to.join("src/added.rs"), "by a patch").unwrap();
        mirror(&from, &to).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("src/lib.rs")).unwrap(), "sound");
        assert!(!to.join("src/added.rs").exists());
        std::fs::remove_dir_all(&place).unwrap();
    }
}
