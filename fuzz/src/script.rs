//! Small choices read off an input, octet by octet. At the end of the input every choice is the first one.

/// An input that is taken apart from its front.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    rest: &'a [u8],
}

impl<'a> Script<'a> {
    /// The whole input.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next octet; 0 at the end.
    pub fn octet(&mut self) -> u8 {
        let Some((octet, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *octet
    }

    /// One of two octets' worth of values.
    pub fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }

    /// True for odd octets.
    pub fn flag(&mut self) -> bool {
        self.octet() & 1 == 1
    }

    /// One of these.
    ///
    /// # Panics
    /// When there are none.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.octet()) % choices.len()]
    }

    /// The next octets, as many as one octet says.
    pub fn octets(&mut self) -> &'a [u8] {
        let len = usize::from(self.octet()).min(self.rest.len());
        let (octets, rest) = self.rest.split_at(len);
        self.rest = rest;
        octets
    }

    /// All that is left.
    pub fn remainder(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}
