//! Named misbehaviours of SIP handsets, in the grammar of all [scripts](crate::script). Rates are rolled for each
//! message, numbers are those of its sender (for what is sent: of its recipient).

use crate::script::{self, Misbehaves};
use wire_sip::StatusCode;

/// What can go wrong at a handset. The names in scripts are in [`Misbehaviour::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of names beside them says what each does")]
pub enum Misbehaviour {
    NoImdn,
    ImdnBeforeAnswer,
    ImdnTwice,
    DisplayedOnly,
    Busy,
    Unavailable,
    Declined,
    SilentAfterProvisional,
    FlowDead,
    Moves,
    LfOnly,
    SecondDeclines,
}

/// What a handset does wrong.
pub type Script = script::Script<Misbehaviour>;

impl Misbehaviour {
    /// Every name, with what it does.
    pub const NAMES: &'static [(&'static str, Self, &'static str)] = &[
        ("no-imdn", Self::NoImdn, "answered with 200, and no notification follows"),
        ("imdn-before-answer", Self::ImdnBeforeAnswer, "the 200 leaves when the notification was answered"),
        ("imdn-twice", Self::ImdnTwice, "each notification is sent twice"),
        ("displayed-only", Self::DisplayedOnly, "it says \"displayed\" without having said \"delivered\""),
        ("busy", Self::Busy, "answered with 486"),
        ("unavailable", Self::Unavailable, "answered with 480"),
        ("declined", Self::Declined, "answered with 603"),
        ("silent-after-provisional", Self::SilentAfterProvisional, "answered with 100, then never"),
        ("flow-dead", Self::FlowDead, "its flow is dead when the message comes; it never de-registers"),
        (
            "moves",
            Self::Moves,
            "instead of answering it registers from another address, then notifies from there",
        ),
        ("lf-only", Self::LfOnly, "the lines of what it writes about the message end with LF alone"),
        (
            "second-declines",
            Self::SecondDeclines,
            "of a user's devices the first behaves, the others answer 603",
        ),
    ];

    /// What it answers instead of 200.
    pub(super) const fn refusal(self, device: u32) -> Option<StatusCode> {
        match self {
            Self::Busy => Some(StatusCode(486)),
            Self::Unavailable => Some(StatusCode(480)),
            Self::Declined => Some(StatusCode(603)),
            Self::SecondDeclines if device > 1 => Some(StatusCode(603)),
            _ => None,
        }
    }
}

impl Misbehaves for Misbehaviour {
    const NAMES: &'static [(&'static str, Self, &'static str)] = Self::NAMES;
}
