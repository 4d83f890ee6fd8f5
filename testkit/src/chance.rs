//! Chance that can be repeated: every run prints its seed, and the same seed rolls the same dice.

/// A small generator (SplitMix64), good enough for scripts and kill instants, useless for secrets.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice from a seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n` (0 when `n` is 0). The tiny bias of the remainder matters to nobody here.
    pub const fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.roll() % n }
    }

    /// True `n` times in a thousand.
    pub const fn per_mille(&mut self, n: u16) -> bool {
        n >= 1000 || (n > 0 && self.below(1000) < widen(n))
    }
}

const fn widen(n: u16) -> u64 {
    let [high, low] = n.to_be_bytes();
    u64::from_be_bytes([0, 0, 0, 0, 0, 0, high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_rolls_the_same() {
        let (mut a, mut b) = (Dice::seeded(7), Dice::seeded(7));
        assert!((0..100).all(|_| a.roll() == b.roll()));
        assert_ne!(Dice::seeded(7).roll(), Dice::seeded(8).roll());
    }

    #[test]
    fn a_rate_is_kept_about() {
        let mut dice = Dice::seeded(1);
        let hits = (0..100_000).filter(|_| dice.per_mille(50)).count();
        assert!((4_500..5_500).contains(&hits), "{hits}");
        assert!((0..1000).all(|_| dice.per_mille(1000)));
        assert!(!(0..1000).any(|_| dice.per_mille(0)));
    }
}
