//! A planted fault: a patch against the repository's root, whose first line is `# invariant: I7`.

use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// One patch of `core/planted/`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Planted {
    /// The file's name without `.patch`.
    pub(super) name: String,
    /// The invariant that must be reported, such as `I7`.
    pub(super) invariant: String,
    pub(super) patch: PathBuf,
}

impl Planted {
    /// All patches in `folder` in the order of their names; only the one called `only` when that is given. None at all
    /// is a fault: an empty folder would pass for ever.
    pub(super) fn read_all(folder: &Path, only: Option<&str>) -> Result<Vec<Self>, Fault> {
        let reading = || format!("cannot read {}", folder.display());
        let mut planted = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(Fault::io(reading()))? {
            let patch = entry.map_err(Fault::io(reading()))?.path();
            if patch.extension().is_none_or(|ending| ending != "patch") {
                continue;
            }
            let name = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if only.is_some_and(|only| only != name) {
                continue;
            }
            let text =
                std::fs::read_to_string(&patch).map_err(Fault::io(format!("cannot read {name}.patch")))?;
            let invariant = invariant_of(&text).ok_or_else(|| {
                Fault::Tool(format!("{name}.patch must begin with `# invariant: I` and a number"))
            })?;
            planted.push(Self { name, invariant, patch });
        }
        planted.sort_by(|a, b| a.name.cmp(&b.name));
        if planted.is_empty() {
            return Err(Fault::Tool(format!("there is no such planted fault in {}", folder.display())));
        }
        Ok(planted)
    }
}

fn invariant_of(patch: &str) -> Option<String> {
    let name = patch.lines().next()?.strip_prefix("# invariant:")?.trim();
    let number = name.strip_prefix('I')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_invariant() {
        assert_eq!(invariant_of("# invariant: I7\n# why\n--- a\n").as_deref(), Some("I7"));
        for patch in [
            "",
            "--- a\n# invariant: I7\n",
            "# invariant: seven\n",
            "# invariant: I\n",
            "# invariant: I7 or I8\n",
        ] {
            assert_eq!(invariant_of(patch), None, "{patch:?}");
        }
    }
}
