//! Compares the real graph with the permitted one. Pure, so that every rule can be shown to bite by planting the edge
//! that it forbids.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use super::graph::{Edge, Graph, Need, Package};
use super::table::{FENCES, IMPURE, Layer, OWN_WIRE, PURE, ROWS, Row};

/// One illegal edge, or a crate that has no place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) who: String,
    pub(super) what: String,
    pub(super) why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}\n    because {}", self.who, self.what, self.why)
    }
}

/// Everything in `graph` that the table does not permit, in the order of the packages.
pub(super) fn check(graph: &Graph) -> Vec<Violation> {
    let mut broken = Vec::new();
    for (package, folder) in graph.ours() {
        let Some(row) = row_of(folder) else {
            broken.push(Violation {
                who: name_and_place(package),
                what: "has no place in the layout".to_owned(),
                why: "folder = kind: give its folder a row in xtask/src/arrows/table.rs, or move it"
                    .to_owned(),
            });
            continue;
        };
        for edge in graph.edges_from(&package.id) {
            if let Some(target) = graph.package(&edge.to) {
                broken.extend(illegal_edge(package, folder, row, edge, target));
            }
        }
        if PURE.contains(&row.layer) {
            broken.extend(impure_reach(graph, package));
        }
    }
    broken
}

fn row_of(folder: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| match row.folder.strip_suffix("/*") {
        Some(parent) => {
            folder.split_once('/').is_some_and(|(first, rest)| first == parent && !rest.contains('/'))
        }
        None => folder == row.folder,
    })
}

fn illegal_edge(
    package: &Package,
    folder: &str,
    row: &Row,
    edge: &Edge,
    target: &Package,
) -> Option<Violation> {
    let Some(target_folder) = target.folder.as_deref() else {
        return breached_fence(package, folder, edge, target);
    };
    if target.id == package.id {
        return None; // A crate may name itself in its own tests.
    }
    let target_layer = row_of(target_folder)?.layer; // Without a place: already reported as such.
    let shipped = row.may_name.contains(&target_layer);
    let permitted = match edge.need {
        Need::Shipped => shipped,
        Need::Tests => shipped || row.tests_may_name.contains(&target_layer),
    };
    let names = match edge.need {
        Need::Shipped => "names",
        Need::Tests => "names in its tests",
    };
    let what = format!("{names} {}", name_and_place(target));
    if !permitted {
        return Some(Violation { who: name_and_place(package), what, why: row.why.to_owned() });
    }
    let owns_wire = match row.layer {
        Layer::Service | Layer::Charging => true,
        Layer::Wire => edge.need == Need::Shipped,
        _ => false,
    };
    let foreign_wire = target_layer == Layer::Wire
        && owns_wire
        && !OWN_WIRE.iter().any(|(owner, wires)| *owner == folder && wires.contains(&target_folder));
    foreign_wire.then(|| Violation {
        who: name_and_place(package),
        what,
        why: "a translator names its own wire only, a protocol no other (OWN_WIRE in xtask/src/arrows/table.rs)".to_owned(),
    })
}

fn breached_fence(package: &Package, folder: &str, edge: &Edge, target: &Package) -> Option<Violation> {
    if edge.need == Need::Tests {
        return None;
    }
    let fence = FENCES.iter().find(|fence| fence.krate == target.name)?;
    let inside = fence.only.contains(&folder) || matches!(row_of(folder)?.layer, Layer::Bench | Layer::Fuzz);
    (!inside).then(|| Violation {
        who: name_and_place(package),
        what: format!("depends on {}, which stands behind a fence", target.name),
        why: format!("{}: only {} may", fence.why, fence.only.join(" and ")),
    })
}

/// Walks everything that the shipped code of `package` stands on, and names the way to each impure crate.
fn impure_reach(graph: &Graph, package: &Package) -> Vec<Violation> {
    let mut broken = Vec::new();
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::from([package.id.as_str()]);
    let mut ahead: VecDeque<&str> = VecDeque::from([package.id.as_str()]);
    while let Some(id) = ahead.pop_front() {
        for edge in graph.edges_from(id).filter(|edge| edge.need == Need::Shipped) {
            if !seen.insert(&edge.to) {
                continue;
            }
            let Some(target) = graph.package(&edge.to) else { continue };
            if target.folder.is_some() {
                continue; // Naming one of ours is judged as an edge, and what that one stands on is its own affair.
            }
            came_from.insert(&edge.to, id);
            ahead.push_back(&edge.to);
            if IMPURE.contains(&target.name.as_str()) {
                broken.push(Violation {
                    who: name_and_place(package),
                    what: format!("reaches {} by {}", target.name, way_to(graph, &came_from, &edge.to)),
                    why: "core and wire are pure: no socket, clock, file or randomness, and no crate that brings one"
                        .to_owned(),
                });
            }
        }
    }
    broken
}

fn way_to(graph: &Graph, came_from: &BTreeMap<&str, &str>, end: &str) -> String {
    let mut way = Vec::new();
    let mut at = end;
    loop {
        way.push(graph.package(at).map_or(at, |package| package.name.as_str()));
        match came_from.get(at) {
            Some(before) => at = before,
            None => break,
        }
    }
    way.reverse();
    way.join(" -> ")
}

fn name_and_place(package: &Package) -> String {
    match &package.folder {
        Some(folder) => format!("{} ({folder})", package.name),
        None => package.name.clone(),
    }
}

#[cfg(test)]
mod planted;
