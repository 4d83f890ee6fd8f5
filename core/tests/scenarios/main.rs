//! The method as a table that a person of the trade can read: what is given, what happens, what follows.
//!
//! The rows stand in the text files beside this one, a subject each; `script.rs` says how a row is read. `random.rs` plays
//! scripts that nobody thought of, and `invariants.rs` looks at every commit of both.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod charging;
mod invariants;
mod random;
mod script;
mod sentences;
mod world;

use script::{Row, rows, run};

fn table() -> Vec<Row> {
    let texts = [
        include_str!("claims.txt"),
        include_str!("admission.txt"),
        include_str!("gate.txt"),
        include_str!("reverts.txt"),
        include_str!("withdrawals.txt"),
        include_str!("unknowns.txt"),
        include_str!("charges.txt"),
        include_str!("reports.txt"),
        include_str!("crashes.txt"),
        include_str!("charging.txt"),
    ];
    texts.into_iter().flat_map(rows).collect()
}

#[test]
fn every_row_of_the_table_goes_as_it_says() {
    let table = table();
    let wrong: Vec<String> = table.iter().filter_map(|row| run(row).err()).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), table.len(), wrong.join("\n"));
    assert!(table.len() >= 80, "the table has {} rows", table.len());
}

#[test]
fn no_two_rows_have_one_name() {
    let mut names: Vec<String> = table().into_iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1]));
}
