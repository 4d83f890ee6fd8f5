//! Latencies in constant memory: buckets that grow, each within 3 % of its values.

/// Counts of values by size. The unit is the caller's; microseconds here.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

/// Buckets for each doubling.
const STEPS: u64 = 32;

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; 64 * 32], count: 0, max: 0 }
    }
}

impl Histogram {
    /// Adds a value.
    pub fn add(&mut self, value: u64) {
        if let Some(bucket) = self.buckets.get_mut(index(value)) {
            *bucket += 1;
        }
        self.count += 1;
        self.max = self.max.max(value);
    }

    /// Adds all values of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// How many values.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The greatest value.
    #[must_use]
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// The least value that `per_mille` in a thousand do not exceed (500: the median), rounded up to its bucket.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> u64 {
        let wanted = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in (0_u64..).zip(&self.buckets) {
            seen += count;
            if seen >= wanted {
                return upper(index).min(self.max);
            }
        }
        self.max
    }
}

/// Values below `STEPS` have their own bucket; above, each doubling has `STEPS`.
fn index(value: u64) -> usize {
    let doublings = u64::from(value.max(1).ilog2().saturating_sub(4));
    let index =
        if value < STEPS { value } else { doublings * STEPS + (value >> doublings) - STEPS / 2 * doublings };
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn upper(index: u64) -> u64 {
    if index < STEPS {
        return index;
    }
    let doublings = (index - STEPS) / (STEPS / 2) + 1;
    let step = (index - STEPS) % (STEPS / 2) + STEPS / 2;
    ((step + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_their_bucket() {
        let mut histogram = Histogram::default();
        for value in 1..=100_000 {
            histogram.add(value);
        }
        assert_eq!((histogram.count(), histogram.max()), (100_000, 100_000));
        for (per_mille, exact) in [(500, 50_000_u64), (990, 99_000), (999, 99_900), (1, 100)] {
            let found = histogram.quantile(per_mille);
            assert!(found >= exact && found <= exact + exact / 15 + 1, "{per_mille}: {found} for {exact}");
        }
    }

    #[test]
    fn every_value_lies_below_the_upper_end_of_its_bucket() {
        for value in (0..5_000).chain([u64::MAX / 2, 1 << 40, (1 << 40) - 1]) {
            let at = u64::try_from(index(value)).unwrap();
            assert!(value <= upper(at), "{value} {at} {}", upper(at));
            assert!(at == 0 || value > upper(at - 1), "{value} {at}");
        }
    }
}
