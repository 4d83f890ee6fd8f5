//! The six stories, one a claim.

mod choice;
mod fallback;
mod restart;
mod revert;
mod terminal;

use super::cast::Stage;
use super::judge::Act;
use crate::cli::Failure;

/// A story: what it tells, and how it is played.
#[derive(Debug)]
pub(super) struct Story {
    /// The claim of the method.
    pub(super) claim: u8,
    /// In one sentence.
    pub(super) title: &'static str,
    /// Plays it.
    pub(super) play: fn(&mut Stage) -> Result<Vec<Act>, Failure>,
}

/// All of them, in order.
pub(super) const ALL: [Story; 6] = [
    Story {
        claim: 1,
        title: "Not delivered by chat: SMS when it is not dearer; else it waits, and the sender is asked.",
        play: fallback::play,
    },
    Story {
        claim: 2,
        title: "The server is killed between two attempts; the later one sends what the store holds.",
        play: restart::play,
    },
    Story {
        claim: 3,
        title: "The sender sees status and prices, and chooses: two choices, two first services.",
        play: choice::play,
    },
    Story {
        claim: 4,
        title: "Chat, then SMS; the recipient comes online: back to chat.",
        play: revert::to_chat,
    },
    Story {
        claim: 5,
        title: "SMS, then chat; the recipient stays offline: back to SMS.",
        play: revert::to_sms,
    },
    Story { claim: 6, title: "Typed in the terminal client, it goes the same way.", play: terminal::play },
];
