//! Was the fault caught by the check that claims to catch it? Code that no longer builds, a check that ran out of
//! time, or a failure that names another invariant are all "no": they would hide a hole.

use std::fmt;

use super::Checked;
use crate::tidy::stands_in;

/// What became of a planted fault.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The model check failed and named the invariant.
    Caught,
    /// The model check passed over broken code.
    Survived,
    /// It failed, but the named invariant is not in its report.
    OtherReason,
    /// The patched code does not compile, so nothing was checked.
    DoesNotBuild,
    /// The patch no longer fits the code.
    DoesNotApply(String),
    /// The check did not end within its limit.
    TooSlow,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught => f.write_str("caught"),
            Self::Survived => f.write_str("SURVIVED: the model check passed"),
            Self::OtherReason => f.write_str("NOT CAUGHT BY NAME: failed without naming the invariant"),
            Self::DoesNotBuild => f.write_str("NOT CHECKED: the patched core does not build"),
            Self::DoesNotApply(said) => write!(f, "NOT CHECKED: the patch does not apply: {said}"),
            Self::TooSlow => f.write_str("NOT CHECKED: no end within the limit"),
        }
    }
}

/// Exit code of `timeout` when it had to end the command.
const TIMED_OUT: i32 = 124;

/// Whether tests ran, at least one, and none failed.
pub(super) fn passed(checked: &Checked) -> bool {
    checked.code == Some(0)
        && checked.text.contains("test result: ok.")
        && !checked.text.contains("ok. 0 passed")
}

/// What `checked` says about a fault that breaks `invariant`.
pub(super) fn of(checked: &Checked, invariant: &str) -> Verdict {
    if checked.code == Some(0) {
        return Verdict::Survived;
    }
    if checked.code == Some(TIMED_OUT) {
        return Verdict::TooSlow;
    }
    // Only what comes with and after the first panic is a report; before it stand names of tests and properties.
    let Some(at) = checked.text.find("panicked at") else { return Verdict::DoesNotBuild };
    let report = checked.text.get(at..).unwrap_or_default();
    if stands_in(report, invariant) { Verdict::Caught } else { Verdict::OtherReason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "\nrunning 1 test\nchecking I7, I9\nthread 'x' panicked at core/tests/model_check.rs:9:\n\
        I9 no orphan reservation: violated after 4 steps\ntest result: FAILED. 0 passed; 1 failed\n";

    fn checked(code: i32, text: &str) -> Checked {
        Checked { code: Some(code), text: text.to_owned() }
    }

    #[test]
    fn caught_means_named_in_the_failure() {
        assert_eq!(of(&checked(101, FAILED), "I9"), Verdict::Caught);
        assert_eq!(of(&checked(101, FAILED), "I7"), Verdict::OtherReason, "named before the panic only");
        assert_eq!(of(&checked(101, FAILED), "I"), Verdict::OtherReason);
    }

    #[test]
    fn everything_else_is_a_hole() {
        assert_eq!(of(&checked(0, "test result: ok. 1 passed"), "I9"), Verdict::Survived);
        assert_eq!(of(&checked(101, "error[E0308]: mismatched types, I9"), "I9"), Verdict::DoesNotBuild);
        assert_eq!(of(&checked(124, FAILED), "I9"), Verdict::TooSlow);
    }

    #[test]
    fn a_run_without_tests_has_not_passed() {
        assert!(passed(&checked(0, "test result: ok. 1 passed; 0 failed")));
        assert!(!passed(&checked(0, "test result: ok. 0 passed; 0 failed")));
        assert!(!passed(&checked(0, "")));
        assert!(!passed(&checked(101, FAILED)));
    }
}
