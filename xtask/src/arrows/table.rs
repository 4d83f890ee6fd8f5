//! The one table of who may name whom. Everything that `check` decides comes from here: to permit an edge is to change
//! this file, in a commit that says why.

/// What kind of crate lives in a folder. Variants follow the layout from the inside out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Core,
    Wire,
    Ports,
    Engine,
    Service,
    Charging,
    Store,
    Bus,
    Api,
    Node,
    Testkit,
    Fuzz,
    Bench,
    Xtask,
}

use Layer::{
    Api, Bench, Bus, Charging, Core, Engine, Fuzz, Node, Ports, Service, Store, Testkit, Wire, Xtask,
};

/// One row: the folder that makes a crate this layer, and what it may name.
pub(super) struct Row {
    /// The layer itself.
    pub(super) layer: Layer,
    /// `core`, or `wire/*` for one folder a crate.
    pub(super) folder: &'static str,
    /// What its shipped code (and its build script) may name.
    pub(super) may_name: &'static [Layer],
    /// What its tests may name besides: the real embedded neighbours and the pretend peers, never a mock.
    pub(super) tests_may_name: &'static [Layer],
    /// Why: printed with every violation.
    pub(super) why: &'static str,
}

pub(super) const ROWS: &[Row] = &[
    Row {
        layer: Core,
        folder: "core",
        may_name: &[],
        tests_may_name: &[],
        why: "core decides and knows nobody: it names nothing of ours",
    },
    Row {
        layer: Wire,
        folder: "wire/*",
        // Only what OWN_WIRE gives it: no protocol knows another.
        may_name: &[Wire],
        tests_may_name: &[Wire],
        why: "wire turns bytes into messages and knows nothing of ours; its tests may read one codec with another",
    },
    Row {
        layer: Ports,
        folder: "ports",
        may_name: &[Core],
        tests_may_name: &[],
        why: "ports speak core's nouns only; implementations bring themselves to the contract tests",
    },
    Row {
        layer: Engine,
        folder: "engine",
        may_name: &[Ports, Core],
        tests_may_name: &[Store, Bus, Testkit],
        why: "the engine is handed implementations and never picks one; its tests run on the embedded store",
    },
    Row {
        layer: Service,
        folder: "services/*",
        may_name: &[Ports, Core, Wire],
        tests_may_name: &[Engine, Store, Bus, Testkit],
        why: "a service translates between its own wire and the model; no service knows another, nor the engine",
    },
    Row {
        layer: Charging,
        folder: "charging/*",
        may_name: &[Ports, Core, Wire],
        tests_may_name: &[Engine, Store, Bus, Testkit],
        why: "a charging system is reached through its own wire and told in core's nouns",
    },
    Row {
        layer: Store,
        folder: "stores/*",
        may_name: &[Ports, Core],
        tests_may_name: &[Testkit],
        why: "stores know nouns, never rules, services or each other",
    },
    Row {
        layer: Bus,
        folder: "buses/*",
        may_name: &[Ports, Core],
        tests_may_name: &[Testkit],
        why: "a bus carries wake-ups and decides nothing",
    },
    Row {
        layer: Api,
        folder: "api",
        may_name: &[Ports, Core],
        tests_may_name: &[Engine, Service, Store, Bus, Testkit],
        why: "the API converts by hand and calls Intake; it holds no rules and names no implementation",
    },
    Row {
        layer: Node,
        folder: "node",
        // Ports and core: wiring is written in their types. Testkit: `sandbox` and `demo` ship its pretend peers.
        may_name: &[Api, Service, Charging, Store, Bus, Engine, Ports, Core, Testkit],
        tests_may_name: &[Wire, Testkit],
        why: "the binary wires everything together, and speaks no protocol itself",
    },
    Row {
        layer: Testkit,
        folder: "testkit",
        may_name: &[Wire],
        tests_may_name: &[],
        why: "a pretend peer built on our own model would agree with our mistakes: it stands on wire only",
    },
    Row {
        layer: Testkit,
        folder: "testkit/*",
        may_name: &[],
        tests_may_name: &[],
        why: "a part of the testkit with its own foreign code stands alone",
    },
    Row {
        layer: Fuzz,
        folder: "fuzz",
        may_name: &[Core, Wire, Ports, Engine, Service, Charging, Store, Bus, Api, Testkit],
        tests_may_name: &[],
        why: "fuzz names what it tests, and nothing names it",
    },
    Row {
        layer: Bench,
        folder: "bench",
        may_name: &[Core, Wire, Ports, Engine, Service, Charging, Store, Bus, Api, Testkit],
        tests_may_name: &[],
        why: "bench names what it measures, and nothing names it",
    },
    Row {
        layer: Xtask,
        folder: "xtask",
        may_name: &[],
        tests_may_name: &[],
        why: "the tool that checks the house must build while the house does not",
    },
];

/// The wire crates that each translator owns: `services/sms` has no business in another protocol. Two protocols share
/// only what is none. A pair that is not here is an edge that nobody decided.
pub(super) const OWN_WIRE: &[(&str, &[&str])] = &[
    ("services/im", &["wire/sip", "wire/sdp", "wire/cpim", "wire/msrp", "wire/mime"]),
    ("services/sms", &["wire/smpp", "wire/gsm"]),
    ("services/mms", &["wire/mm7", "wire/mime"]),
    ("charging/diameter", &["wire/diameter"]),
    ("charging/cgrates", &[]),
    ("wire/diameter", &["wire/outbox"]),
    ("wire/smpp", &["wire/outbox"]),
];

/// A third-party crate that only some folders may depend on directly.
pub(super) struct Fence {
    pub(super) krate: &'static str,
    pub(super) only: &'static [&'static str],
    pub(super) why: &'static str,
}

/// Tests are outside these fences: a test may open the file that it checks.
pub(super) const FENCES: &[Fence] = &[
    Fence { krate: "rusqlite", only: &["stores/sqlite"], why: SQL },
    Fence { krate: "libsqlite3-sys", only: &["stores/sqlite"], why: SQL },
    Fence {
        krate: "sqlite-vfs",
        only: &["testkit/vfs"],
        why: "a file system that loses data is for tests alone",
    },
    Fence { krate: "tokio-postgres", only: &["stores/postgres"], why: SQL },
    Fence { krate: "async-nats", only: &["buses/nats"], why: "one crate talks to the bus" },
    Fence { krate: "axum", only: &["api", "node"], why: HTTP },
    Fence { krate: "hyper", only: &["api", "node"], why: HTTP },
    Fence { krate: "hyper-util", only: &["api", "node"], why: HTTP },
    Fence {
        krate: "anyhow",
        only: &["node"],
        why: "an error says who must act, and matching on text is refused",
    },
    Fence { krate: "rusmpp", only: &["wire/smpp"], why: "the SMPP codec stands behind our own types" },
];

const SQL: &str = "SQL stays inside its store";
const HTTP: &str = "HTTP is spoken by the API and its listener";

/// What pure layers may not reach, directly or through any other crate.
pub(super) const IMPURE: &[&str] = &[
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "axum",
    "hyper",
    "reqwest",
    "rusqlite",
    "libsqlite3-sys",
    "getrandom",
    "rand",
    "chrono",
];

/// The layers that must stay pure: time, ids and randomness are arguments there.
pub(super) const PURE: &[Layer] = &[Core, Wire];
