//! What cargo says depends on what, reduced to the three things the rules are about: where a crate of ours lies, what
//! it is called, and whether an edge is for shipped code or for tests.

use std::path::Path;

use serde::Deserialize;

use crate::fault::Fault;

/// A crate in the graph, ours or the world's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    /// For a crate of ours: its folder below the workspace root, such as `wire/smpp`. `None`: not ours.
    pub(super) folder: Option<String>,
}

/// What an edge is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Shipped code or a build script.
    Shipped,
    /// Tests, examples and benches only.
    Tests,
}

/// `from` names `to`; both are package ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) need: Need,
}

/// The whole of it.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) packages: Vec<Package>,
    pub(super) edges: Vec<Edge>,
}

impl Graph {
    /// Reads the answer of `cargo metadata --format-version 1`.
    pub(super) fn from_metadata(text: &str) -> Result<Self, Fault> {
        let metadata: Metadata = serde_json::from_str(text)
            .map_err(|error| Fault::Tool(format!("cargo metadata says what we cannot read: {error}")))?;
        let root = Path::new(&metadata.workspace_root);
        let packages = metadata
            .packages
            .into_iter()
            .map(|package| {
                let ours = package.source.is_none();
                let folder = if ours { folder_below(root, Path::new(&package.manifest_path)) } else { None };
                Package { id: package.id, name: package.name, folder }
            })
            .collect();
        let mut edges = Vec::new();
        for node in metadata.resolve.nodes {
            for dep in node.deps {
                for kind in dep.dep_kinds {
                    let need = if kind.kind.as_deref() == Some("dev") { Need::Tests } else { Need::Shipped };
                    edges.push(Edge { from: node.id.clone(), to: dep.pkg.clone(), need });
                }
            }
        }
        Ok(Self { packages, edges })
    }

    /// Our own crates with their folders.
    pub(super) fn ours(&self) -> impl Iterator<Item = (&Package, &str)> {
        self.packages.iter().filter_map(|package| Some((package, package.folder.as_deref()?)))
    }

    /// The crate of this id. Cargo never names an edge to a package that it does not list.
    pub(super) fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }

    /// The edges that leave `id`.
    pub(super) fn edges_from(&self, id: &str) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.from == id)
    }
}

fn folder_below(root: &Path, manifest: &Path) -> Option<String> {
    let folder = manifest.parent()?;
    Some(folder.strip_prefix(root).unwrap_or(folder).to_string_lossy().replace('\\', "/"))
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    resolve: Resolve,
    workspace_root: String,
}

#[derive(Deserialize)]
struct MetadataPackage {
    id: String,
    name: String,
    manifest_path: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeDep>,
}

#[derive(Deserialize)]
struct NodeDep {
    pkg: String,
    dep_kinds: Vec<DepKind>,
}

#[derive(Deserialize)]
struct DepKind {
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_becomes_folders_and_edges() {
        let text = r#"{
            "workspace_root": "/house",
            "packages": [
                {"id": "s", "name": "switchback-sms", "manifest_path": "/house/services/sms/Cargo.toml", "source": null},
                {"id": "b", "name": "bytes", "manifest_path": "/elsewhere/bytes/Cargo.toml", "source": "registry"}
            ],
            "resolve": {"nodes": [
                {"id": "s", "deps": [{"name": "bytes", "pkg": "b", "dep_kinds": [
                    {"kind": null, "target": null}, {"kind": "dev", "target": null}, {"kind": "build", "target": null}
                ]}]},
                {"id": "b", "deps": []}
            ]}
        }"#;
        let graph = Graph::from_metadata(text).unwrap();
        assert_eq!(graph.package("s").unwrap().folder.as_deref(), Some("services/sms"));
        assert_eq!(graph.package("b").unwrap().folder, None);
        let needs: Vec<Need> = graph.edges_from("s").map(|edge| edge.need).collect();
        assert_eq!(needs, [Need::Shipped, Need::Tests, Need::Shipped]);
    }

    #[test]
    fn other_text_is_a_fault_of_the_tool() {
        assert!(matches!(Graph::from_metadata("{}"), Err(Fault::Tool(_))));
    }
}
