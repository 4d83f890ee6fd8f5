//! Whose turn it is: when all targets do not fit into the time of one run, they rotate by the day, so that a few days
//! of runs cover them all and two runs of the same day repeat each other.

/// The `slots` targets of `day`; all of them when they fit. At least one runs, however small the budget.
pub(super) fn of_day(all: &[String], day: u64, slots: u64) -> Vec<String> {
    let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let slots = slots.max(1);
    if slots >= count {
        return all.to_vec();
    }
    let first = usize::try_from(day.wrapping_mul(slots) % count).unwrap_or_default();
    all.iter().cycle().skip(first).take(usize::try_from(slots).unwrap_or(usize::MAX)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("t{n}")).collect()
    }

    #[test]
    fn all_run_when_they_fit() {
        assert_eq!(of_day(&names(3), 20_000, 5), names(3));
        assert_eq!(of_day(&names(3), 20_000, 3), names(3));
    }

    #[test]
    fn a_few_days_cover_every_target() {
        for (count, slots) in [(7, 2_u64), (8, 4), (9, 3), (5, 1), (11, 5)] {
            let days = u64::try_from(count).unwrap().div_ceil(slots);
            let met: BTreeSet<String> =
                (20_000..20_000 + days).flat_map(|day| of_day(&names(count), day, slots)).collect();
            assert_eq!(met.len(), count, "{count} targets, {slots} a day");
        }
    }

    #[test]
    fn a_budget_below_one_slot_still_runs_one() {
        assert_eq!(of_day(&names(4), 3, 0).len(), 1);
    }
}
