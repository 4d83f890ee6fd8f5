//! The files of the tariff: read and checked as the one set that they are, before anything starts.

use crate::cli::Failure;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use switchback_core::model::PlanId;
use switchback_core::tariff::Tariffs;
use switchback_ports::directory::PlanText;

/// Files with their texts, by the names under which plans name them.
pub(crate) struct Files {
    files: BTreeMap<String, (PathBuf, String)>,
}

impl Files {
    /// Reads files; the last part of a path is the file's name.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut files = BTreeMap::new();
        for path in paths {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            if let Some((other, _)) = files.insert(name, (path.clone(), text)) {
                let (other, path) = (other.display(), path.display());
                return Err(Failure::Usage(format!("{other} and {path} have the same name: rename one")));
            }
        }
        Ok(Self { files })
    }

    /// Reads them as a tariff; every fault is told with its file and line.
    pub(crate) fn parse(&self) -> Result<Tariffs, Failure> {
        let texts = self.files.iter().map(|(name, (_, text))| (name.as_str(), text.as_str())).collect();
        Tariffs::parse(&texts).map_err(|error| {
            let lines = error.faults.iter().map(|fault| {
                let path = self.path(&fault.file);
                format!("{}:{}: {}", path.display(), fault.line, fault.message)
            });
            Failure::Usage(lines.collect::<Vec<_>>().join("\n"))
        })
    }

    /// Where the file of that name was read.
    pub(crate) fn path(&self, name: &str) -> &Path {
        self.files.get(name).map_or_else(|| Path::new("?"), |(path, _)| path)
    }
}

/// Reads the files of a tariff as entries of the directory: plans under their own names, tables under those of their
/// files.
pub(crate) fn read_tariff(paths: &[PathBuf]) -> Result<Vec<PlanText>, Failure> {
    let files = Files::read(paths)?;
    let tariffs = files.parse()?;
    let named: BTreeMap<&str, PlanId> = tariffs
        .all()
        .into_iter()
        .map(|(file, plan)| (file.as_str(), PlanId::new(Tariffs::name_of(plan))))
        .collect();
    let entry = |(name, (_, text)): (String, (PathBuf, String))| {
        let id = named.get(name.as_str()).cloned().unwrap_or_else(|| PlanId::new(name));
        PlanText { id, text }
    };
    Ok(files.files.into_iter().map(entry).collect())
}
