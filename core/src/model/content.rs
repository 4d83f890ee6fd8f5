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
        Self { text: text.into(), media: Vec::new() }
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
