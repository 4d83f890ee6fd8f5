//! What a connection tells its driver.

use crate::neighbour::DisconnectCause;
use crate::result_code::ResultCode;

/// What happened, or is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerEvent {
    /// Connect to the peer; then say `handle_connected`, or `handle_link_lost` when it can't be done.
    Connect,
    /// The peer's capabilities are known and fit.
    Opened {
        /// Its Origin-Host.
        host: String,
        /// Its Origin-Realm.
        realm: String,
        /// What it calls itself.
        product: String,
    },
    /// An answer came: a whole message.
    Answer {
        /// Of the request.
        token: u64,
        /// The message's octets.
        message: Vec<u8>,
    },
    /// A request will not be answered any more. It is never sent again from here.
    Lost {
        /// Of the request.
        token: u64,
        /// Why.
        reason: LostReason,
        /// Whether any of its octets were handed to the network, or may yet be: if not, it never has an effect.
        left: bool,
    },
    /// The connection is of no more use: close it. Nothing is left to write.
    Closed(CloseReason),
}

/// Why a request is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostReason {
    /// No answer in time (Tx of RFC 8506 13).
    Timeout,
    /// The connection ended first.
    LinkLost,
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// It broke, or could not be made.
    LinkLost,
    /// No connection, or no answer to our capabilities, in time.
    NoAnswer,
    /// The peer refused our capabilities.
    Refused(ResultCode),
    /// The peer has no credit control.
    NoCreditControl,
    /// The peer is not the one that was expected.
    WrongPeer,
    /// What came is no Diameter, or its capabilities can't be read.
    Garbage,
    /// The watchdog was not answered.
    Silent,
    /// The peer said goodbye.
    PeerLeft(Option<DisconnectCause>),
    /// We did.
    Goodbye,
    /// More waits to be written than may.
    Clogged,
}

/// Why a request was not taken. Nothing of it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no open connection, or its watchdog is not content.
    #[error("the peer is not there")]
    NotOpen,
    /// As many as may are under way.
    #[error("too many requests are under way")]
    Full,
    /// It is longer than a message may be.
    #[error("the request is too long")]
    TooLong,
}

/// What was odd so far, and what was usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerCounters {
    /// Connections that were opened.
    pub opened: u64,
    /// Requests sent.
    pub requests: u64,
    /// Their answers.
    pub answers: u64,
    /// Answers to nothing that waits: late, doubled, or made up.
    pub unmatched: u64,
    /// Requests whose time was up.
    pub timeouts: u64,
    /// Watchdog requests that were not answered in time.
    pub watchdogs_missed: u64,
    /// Requests of the peer that are not served here.
    pub refused: u64,
    /// Messages that could not be read.
    pub unreadable: u64,
}
