//! What a message carries. The content itself lives in the store; a message keeps only its summary.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The content as accepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Content {
    /// The text, in UTF-8; may be empty when media are present.
    pub text: String,
    /// Media parts, in order.
    pub media: Vec<Media>,
    /// What a chat client said around it, when one sent it.
    pub chat: Option<Box<Chat>>,
}

/// What the sender's chat client said around its content: kept with it, and passed on to chat clients unchanged
/// (RFC 5438, RFC 3862, OMA CPM Conversation Functions appendix C.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chat {
    /// `imdn.Message-ID`: what the sender's client calls this message in every notification.
    pub imdn_id: SmolStr,
    /// The notifications that it asked for.
    pub wants: Wants,
    /// `Conversation-ID`.
    pub conversation: Option<SmolStr>,
    /// `Contribution-ID`.
    pub contribution: Option<SmolStr>,
    /// `InReplyTo-Contribution-ID`.
    pub in_reply_to: Option<SmolStr>,
    /// CPIM `DateTime` as the sender wrote it.
    pub written_at: Option<SmolStr>,
    /// MIME type of the text; nothing = `text/plain`.
    pub text_type: Option<SmolStr>,
}

/// Which notifications a sender asked for (RFC 5438 section 6.2, and the interworking extension of OMA CPM).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the header is a set of independent names")]
pub struct Wants {
    /// `positive-delivery`.
    pub delivered: bool,
    /// `negative-delivery`.
    pub failed: bool,
    /// `display`.
    pub displayed: bool,
    /// `interworking`: told when it went by SMS or MMS instead.
    pub interworking: bool,
}

/// One media part.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Media {
    /// MIME type.
    pub content_type: SmolStr,
    /// File name as the sender gave it.
    pub filename: SmolStr,
    /// The bytes.
    pub data: Vec<u8>,
}

impl Content {
    /// A text message.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), media: Vec::new(), chat: None }
    }

    /// Text or media.
    #[must_use]
    pub const fn kind(&self) -> ContentKind {
        if self.media.is_empty() { ContentKind::Text } else { ContentKind::Media }
    }

    /// Payload bytes: UTF-8 text plus media.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let media: usize = self.media.iter().map(|part| part.data.len()).sum();
        u64::try_from(self.text.len().saturating_add(media)).unwrap_or(u64::MAX)
    }
}

/// Text alone, or with media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ContentKind {
    /// Text only.
    Text,
    /// At least one media part.
    Media,
}

/// What a message remembers of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContentSummary {
    /// Text or media.
    pub kind: ContentKind,
    /// Payload bytes.
    pub bytes: u64,
    /// SHA-256 of the stored form, to prove that what is delivered is what was accepted (I2).
    pub digest: [u8; 32],
}
