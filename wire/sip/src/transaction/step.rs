//! What a machine answers to an input: where it stands now, what is to be done, and what becomes of its two timers.

use super::lanes::Set;
use super::timer::Timer;

/// A step of a machine with states `S` that wants a `D` done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step<S, D> {
    pub(super) next: S,
    pub(super) deed: D,
    pub(super) repeat: Set,
    pub(super) end: Set,
}

impl<S: Copy, D: Copy> Step<S, D> {
    /// To `next`, doing `deed`; timers run on.
    pub(super) const fn to(next: S, deed: D) -> Self {
        Self { next, deed, repeat: Set::Leave, end: Set::Leave }
    }

    /// With this timer for what is sent again.
    pub(super) const fn repeating(mut self, timer: Timer) -> Self {
        self.repeat = Set::Run(timer);
        self
    }

    /// With nothing sent again.
    pub(super) const fn quiet(mut self) -> Self {
        self.repeat = Set::Off;
        self
    }

    /// With this timer for its end, and nothing sent again.
    pub(super) const fn until(mut self, timer: Timer) -> Self {
        self.end = Set::Run(timer);
        self.quiet()
    }
}

impl<S, D> Step<S, D> {
    /// The same step among the states of a larger kind.
    pub(super) fn map<T>(self, wider: impl Fn(S) -> T) -> Step<T, D> {
        Step { next: wider(self.next), deed: self.deed, repeat: self.repeat, end: self.end }
    }
}
