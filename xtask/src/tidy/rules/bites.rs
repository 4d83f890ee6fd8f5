//! Every rule refuses what it is there to refuse, and lets its nearest innocent neighbour pass.

use super::*;

const CLEAN: &str = "//! Why this exists.\n\nfn price() {}\n";

fn faults(path: &str, body: &str) -> usize {
    name(path).len() + text(path, body).len()
}

fn with_line(line: &str) -> String {
    format!("//! Why this exists.\n{line}\n")
}

#[test]
fn a_clean_file_has_nothing_to_say() {
    for path in
        ["core/src/decide.rs", "wire/gsm/src/septets.rs", "engine/src/lib.rs", "core/tests/scenarios.rs"]
    {
        assert_eq!(faults(path, CLEAN), 0, "{path}");
    }
}

#[test]
fn a_source_file_opens_with_its_docs() {
    assert_eq!(faults("core/src/price.rs", "fn price() {}\n"), 1);
    assert_eq!(faults("core/src/price.rs", "// Not docs.\n//! Too late.\n"), 1);
    assert_eq!(faults("core/src/price.rs", ""), 1);
    assert_eq!(faults("README.md", "Switchback\n"), 0);
}

#[test]
fn a_file_ends_at_five_hundred_lines() {
    let lines = |count: usize| format!("//! Long.\n{}", "\n".repeat(count - 1));
    assert_eq!(faults("core/src/price.rs", &lines(500)), 0);
    assert_eq!(faults("core/src/price.rs", &lines(501)), 1);
    assert_eq!(faults("web/page.js", &lines(501)), 1);
    assert_eq!(faults("docs/openapi.json", &lines(501)), 0, "a golden file is not read in one sitting");
}

#[test]
fn a_name_says_what_is_inside() {
    for path in [
        "core/src/utils.rs",
        "core/src/common/mod.rs",
        "core/tests/helpers/mod.rs",
        "engine/src/session_manager.rs",
        "common/src/lib.rs",
        "core/src/base.rs",
        "core/src/prelude.rs",
        "core/src/misc.rs",
    ] {
        assert_eq!(faults(path, CLEAN), 1, "{path}");
    }
    for path in ["stores/sqlite/src/database.rs", "core/src/basis.rs", "docs/manual/common.md"] {
        assert_eq!(name(path), [], "{path}");
    }
    for line in ["mod util;", "pub mod helpers {", "pub(crate) mod misc;", "    mod sms_utils;"] {
        assert_eq!(faults("core/src/lib.rs", &with_line(line)), 1, "{line}");
    }
    assert_eq!(faults("core/src/lib.rs", &with_line("mod utility_meter;")), 0);
    assert_eq!(faults("core/Cargo.toml", "name = \"switchback-common\"\n"), 1);
    assert_eq!(faults("core/Cargo.toml", "name = \"switchback-core\"\n"), 0);
}

#[test]
fn a_promise_is_not_work() {
    for word in PROMISES {
        assert_ne!(faults("engine/src/lib.rs", &with_line(&format!("    {word}) later"))), 0, "{word}");
        assert_ne!(faults("docs/manual/start.md", &format!("{word})\n")), 0, "{word}");
    }
    let no_currency = with_line(concat!("const NO_CURRENCY: &str = \"XX", "X\";"));
    assert_eq!(faults("core/src/model/money.rs", &no_currency), 0);
    assert_eq!(faults("Cargo.toml", "todo = \"warn\"\n"), 0);
    assert_eq!(faults(".ci/run", "mktemp -d /tmp/ci.XXXXXX\n"), 0);
}

#[test]
fn core_and_wire_stay_pure() {
    for (word, _) in IMPURE {
        let line = with_line(&format!("    {word} x"));
        assert_eq!(faults("core/src/decide.rs", &line), 1, "{word} in core");
        assert_eq!(faults("wire/smpp/src/window.rs", &line), 1, "{word} in wire");
        assert_eq!(faults("engine/src/accept.rs", &line), 0, "{word} in engine is its trade");
        assert_eq!(faults("core/tests/model_check.rs", &line), 0, "{word} in a test is its own affair");
    }
    assert_eq!(faults("core/src/lib.rs", &with_line("//! No tokio, no `std::net` here.")), 0);
    assert_eq!(faults("wire/sip/src/via.rs", &with_line("use core::net::IpAddr;")), 0);
}

#[test]
fn nothing_belongs_to_one_machine() {
    for place in MACHINE_PATHS {
        assert_eq!(faults("docs/manual/start.md", &format!("see {place}main\n")), 1, "{place}");
    }
    for host in REGISTRY_HOSTS {
        let line = format!("from {host}/x\n");
        assert_eq!(faults("deny.toml", &line), 1, "{host}");
        assert_eq!(faults(".ci/run", &line), 1, "{host}");
        assert_eq!(faults("Cargo.lock", &line), 0, "{host} in a lock file is cargo's own spelling");
    }
    assert_eq!(faults("docs/manual/start.md", "a network/root of trust\n"), 0);
}
