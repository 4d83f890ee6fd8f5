//! Illegal edges, planted one at a time: a checker that has never refused anything is not yet a checker.

use super::*;
use crate::arrows::graph::Need::{Shipped, Tests};

/// A graph of the crates named in `edges`: a name with a folder of ours is ours, `~name` is a crate of the world.
fn graph(edges: &[(&str, &str, Need)]) -> Graph {
    let mut graph = Graph::default();
    for (from, to, need) in edges {
        for id in [from, to] {
            if graph.package(id).is_none() {
                let world = id.strip_prefix('~');
                graph.packages.push(Package {
                    id: (*id).to_owned(),
                    name: world.unwrap_or(id).to_owned(),
                    folder: world.is_none().then(|| (*id).to_owned()),
                });
            }
        }
        graph.edges.push(Edge { from: (*from).to_owned(), to: (*to).to_owned(), need: *need });
    }
    graph
}

fn broken(from: &str, to: &str, need: Need) -> usize {
    check(&graph(&[(from, to, need)])).len()
}

#[test]
fn the_arrows_of_the_design_are_legal() {
    let legal = [
        ("node", "api"),
        ("node", "services/sms"),
        ("node", "charging/diameter"),
        ("node", "stores/sqlite"),
        ("node", "buses/local"),
        ("node", "engine"),
        ("node", "testkit"),
        ("api", "ports"),
        ("api", "core"),
        ("engine", "ports"),
        ("engine", "core"),
        ("services/sms", "ports"),
        ("services/sms", "core"),
        ("services/sms", "wire/smpp"),
        ("services/sms", "wire/gsm"),
        ("charging/diameter", "wire/diameter"),
        ("wire/smpp", "wire/outbox"),
        ("stores/sqlite", "ports"),
        ("stores/sqlite", "core"),
        ("ports", "core"),
        ("testkit", "wire/smpp"),
        ("fuzz", "wire/smpp"),
        ("bench", "stores/sqlite"),
    ];
    for (from, to) in legal {
        assert_eq!(check(&graph(&[(from, to, Shipped)])), [], "{from} -> {to}");
    }
}

#[test]
fn every_edge_against_the_arrows_is_refused() {
    let illegal = [
        ("core", "ports"),
        ("core", "wire/gsm"),
        ("core", "engine"),
        ("wire/smpp", "core"),
        ("wire/smpp", "wire/gsm"),
        ("wire/gsm", "wire/outbox"),
        ("wire/outbox", "wire/smpp"),
        ("ports", "engine"),
        ("ports", "stores/sqlite"),
        ("engine", "stores/sqlite"),
        ("engine", "services/sms"),
        ("engine", "wire/smpp"),
        ("services/im", "services/sms"),
        ("services/sms", "engine"),
        ("services/sms", "wire/sip"),
        ("services/sms", "wire/never-heard-of"),
        ("charging/cgrates", "wire/diameter"),
        ("stores/sqlite", "engine"),
        ("stores/sqlite", "stores/postgres"),
        ("api", "engine"),
        ("api", "stores/sqlite"),
        ("api", "wire/smpp"),
        ("node", "wire/smpp"),
        ("node", "fuzz"),
        ("testkit", "core"),
        ("testkit", "engine"),
        ("xtask", "core"),
        ("core", "xtask"),
    ];
    for (from, to) in illegal {
        assert_eq!(broken(from, to, Shipped), 1, "{from} -> {to} passed");
    }
}

#[test]
fn tests_may_name_their_neighbours_but_not_what_they_like() {
    for (from, to) in [
        ("engine", "stores/sqlite"),
        ("engine", "testkit"),
        ("api", "engine"),
        ("services/sms", "testkit"),
        ("services/sms", "engine"),
        ("wire/smpp", "wire/gsm"),
        ("stores/sqlite", "testkit"),
        ("core", "core"),
    ] {
        assert_eq!(broken(from, to, Tests), 0, "{from} -> {to} in tests was refused");
    }
    for (from, to) in [
        ("core", "ports"),
        ("core", "testkit"),
        ("ports", "stores/sqlite"),
        ("services/sms", "services/im"),
        ("services/sms", "wire/sip"),
        ("stores/sqlite", "engine"),
        ("wire/smpp", "core"),
        ("testkit", "engine"),
    ] {
        assert_eq!(broken(from, to, Tests), 1, "{from} -> {to} in tests passed");
    }
}

#[test]
fn a_crate_outside_the_layout_is_refused() {
    for folder in ["shared", "services", "wire/smpp/derive", "tools/quick"] {
        let violations = check(&graph(&[(folder, "~serde", Shipped)]));
        assert!(violations.iter().any(|v| v.what.contains("no place")), "{folder}");
    }
}

#[test]
fn fences_hold_for_shipped_code_only() {
    for (from, to) in [
        ("engine", "~rusqlite"),
        ("node", "~libsqlite3-sys"),
        ("stores/sqlite", "~sqlite-vfs"),
        ("engine", "~axum"),
        ("services/im", "~hyper"),
        ("testkit", "~rusmpp"),
        ("engine", "~anyhow"),
    ] {
        assert_eq!(broken(from, to, Shipped), 1, "{from} -> {to} passed");
        assert_eq!(broken(from, to, Tests), 0, "{from} -> {to} in tests was refused");
    }
    for (from, to) in
        [("stores/sqlite", "~rusqlite"), ("api", "~axum"), ("node", "~hyper"), ("wire/smpp", "~rusmpp")]
    {
        assert_eq!(broken(from, to, Shipped), 0, "{from} -> {to} was refused");
    }
}

#[test]
fn core_and_wire_reach_no_runtime_however_far_away() {
    for pure in ["core", "wire/smpp"] {
        for impure in ["~tokio", "~getrandom", "~rusqlite", "~axum"] {
            let direct = check(&graph(&[(pure, impure, Shipped)]));
            assert!(direct.iter().any(|v| v.what.contains("reaches")), "{pure} -> {impure} passed");
            let far = graph(&[(pure, "~a", Shipped), ("~a", "~b", Shipped), ("~b", impure, Shipped)]);
            assert_eq!(check(&far).len(), 1, "{pure} -> .. -> {impure} passed");
        }
    }
    let by_tests = graph(&[("core", "~proptest", Tests), ("~proptest", "~getrandom", Shipped)]);
    assert_eq!(check(&by_tests), []);
    assert_eq!(broken("engine", "~tokio", Shipped), 0);
}

#[test]
fn a_violation_says_who_what_and_why() {
    let far = graph(&[("core", "~a", Shipped), ("~a", "~tokio", Shipped)]);
    let text: Vec<String> = check(&far).iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "core (core) reaches tokio by core -> a -> tokio\n    because core and wire are pure: no socket, clock, file or \
          randomness, and no crate that brings one"
        ]
    );
}
