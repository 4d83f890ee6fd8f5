//! Reading a notification from anybody: by the elements' local names, within bounds, and without what XML can do to a
//! reader.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use super::{DELIVERY, DISPLAY, Disposition, INTERWORKING, Imdn, PROCESSING};

/// Most octets of a document.
pub const IMDN_MAX: usize = 16 * 1024;
/// Deepest element: `imdn`, its notification, `status`, the status, and as much again for extensions.
const DEPTH_MAX: usize = 8;

/// Why a document is no notification. The peer's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImdnFault {
    /// More than [`IMDN_MAX`] octets.
    #[error("more than {IMDN_MAX} octets")]
    TooLong,
    /// Elements in elements without end.
    #[error("elements too deep in each other")]
    TooDeep,
    /// Not XML in UTF-8.
    #[error("not well-formed XML in UTF-8")]
    NotXml,
    /// A document type declaration: refused unread, since nothing good comes of it.
    #[error("a document type declaration")]
    Doctype,
    /// An entity other than the five of XML.
    #[error("an entity that XML does not define")]
    Entity,
    /// XML of another kind.
    #[error("the document is no imdn")]
    NotImdn,
    /// An element stands twice: two readers would believe different ones.
    #[error("{0} stands twice")]
    Duplicate(&'static str),
    /// It names no message.
    #[error("no message-id")]
    NoMessageId,
    /// It tells nothing.
    #[error("no notification in it")]
    NoNotification,
    /// A notification, or a status of it, that nobody defined.
    #[error("an unknown status")]
    UnknownStatus,
}

impl Imdn {
    /// Reads a document. Tolerated: any prefix, or none, and any namespace; any order; unknown elements, whose contents
    /// are skipped; a missing `datetime`; a status without its `status`; a reason beside the status; comments,
    /// CDATA, a byte order mark. Element names are exact.
    ///
    /// # Errors
    /// An [`ImdnFault`].
    pub fn parse(document: &[u8]) -> Result<Self, ImdnFault> {
        if document.len() > IMDN_MAX {
            return Err(ImdnFault::TooLong);
        }
        let text = str::from_utf8(document).map_err(|_| ImdnFault::NotXml)?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut found = Found::default();
        loop {
            match reader.read_event().map_err(|_| ImdnFault::NotXml)? {
                Event::Start(start) => found.open(start.local_name().as_ref())?,
                Event::Empty(empty) => {
                    found.open(empty.local_name().as_ref())?;
                    found.close()?;
                }
                Event::End(_) => found.close()?,
                Event::Text(text) => found.text(&text.xml10_content())?,
                Event::CData(text) => found.text(&text.xml10_content())?,
                Event::GeneralRef(entity) => found.text(entity_text(&entity)?.encode_utf8(&mut [0; 4]))?,
                Event::DocType(_) => return Err(ImdnFault::Doctype),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => return found.finish(),
            }
        }
    }
}

/// The five entities of XML and characters by number.
fn entity_text(entity: &BytesRef<'_>) -> Result<char, ImdnFault> {
    if let Some(c) = entity.resolve_char_ref().map_err(|_| ImdnFault::Entity)? {
        return Ok(c);
    }
    match entity.xml10_content().as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(ImdnFault::Entity),
    }
}

/// An element that the walk is inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Root,
    Leaf(Leaf),
    /// A notification, or its `status`.
    Notification(&'static str),
    Skipped,
}

/// An element with text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaf {
    MessageId,
    DateTime,
    RecipientUri,
    OriginalRecipientUri,
    Subject,
}

impl Leaf {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::MessageId, "message-id"),
        (Self::DateTime, "datetime"),
        (Self::RecipientUri, "recipient-uri"),
        (Self::OriginalRecipientUri, "original-recipient-uri"),
        (Self::Subject, "subject"),
    ];
}

/// What was found so far.
#[derive(Default)]
struct Found {
    inside: Vec<Inside>,
    root_seen: bool,
    /// In the order of [`Leaf::NAMES`].
    leaves: [Option<String>; 5],
    notification: Option<&'static str>,
    disposition: Option<Disposition>,
    /// Whether a status was there that nobody knows.
    unknown: bool,
}

impl Found {
    fn open(&mut self, name: &str) -> Result<(), ImdnFault> {
        if self.inside.len() == DEPTH_MAX {
            return Err(ImdnFault::TooDeep);
        }
        let next = match self.inside.last() {
            None if self.root_seen || name != "imdn" => return Err(ImdnFault::NotImdn),
            None => {
                self.root_seen = true;
                Inside::Root
            }
            Some(Inside::Root) => self.child(name)?,
            Some(Inside::Notification(notification)) => {
                let notification = *notification;
                self.status(notification, name)?
            }
            Some(Inside::Leaf(_) | Inside::Skipped) => Inside::Skipped,
        };
        self.inside.push(next);
        Ok(())
    }

    fn child(&mut self, name: &str) -> Result<Inside, ImdnFault> {
        if let Some((leaf, name)) = Leaf::NAMES.into_iter().find(|(_, known)| *known == name) {
            let slot = self.slot(leaf);
            if slot.is_some() {
                return Err(ImdnFault::Duplicate(name));
            }
            *slot = Some(String::new());
            return Ok(Inside::Leaf(leaf));
        }
        let known = [DELIVERY, PROCESSING, DISPLAY, INTERWORKING].into_iter().find(|known| *known == name);
        let Some(notification) = known else { return Ok(Inside::Skipped) };
        if self.notification.replace(notification).is_some() {
            return Err(ImdnFault::Duplicate("a notification"));
        }
        Ok(Inside::Notification(notification))
    }

    /// Inside a notification: `status`, the status itself, or something more that is skipped.
    fn status(&mut self, notification: &'static str, name: &str) -> Result<Inside, ImdnFault> {
        if name == "status" {
            return Ok(Inside::Notification(notification));
        }
        let Some(disposition) = Disposition::from_elements(notification, name) else {
            self.unknown = true;
            return Ok(Inside::Skipped);
        };
        match self.disposition.replace(disposition) {
            None => Ok(Inside::Skipped),
            Some(_) => Err(ImdnFault::Duplicate("a status")),
        }
    }

    fn close(&mut self) -> Result<(), ImdnFault> {
        self.inside.pop().map(|_| ()).ok_or(ImdnFault::NotXml)
    }

    fn text(&mut self, text: &str) -> Result<(), ImdnFault> {
        match self.inside.last() {
            Some(Inside::Leaf(leaf)) => {
                let leaf = *leaf;
                self.slot(leaf).get_or_insert_default().push_str(text);
                Ok(())
            }
            None if !text.trim().is_empty() => Err(ImdnFault::NotXml),
            _ => Ok(()),
        }
    }

    fn slot(&mut self, leaf: Leaf) -> &mut Option<String> {
        let [message_id, date_time, recipient_uri, original_recipient_uri, subject] = &mut self.leaves;
        match leaf {
            Leaf::MessageId => message_id,
            Leaf::DateTime => date_time,
            Leaf::RecipientUri => recipient_uri,
            Leaf::OriginalRecipientUri => original_recipient_uri,
            Leaf::Subject => subject,
        }
    }

    fn finish(self) -> Result<Imdn, ImdnFault> {
        if !self.inside.is_empty() {
            return Err(ImdnFault::NotXml);
        }
        if !self.root_seen {
            return Err(ImdnFault::NotImdn);
        }
        let filled = |text: Option<String>| text.map(trimmed).filter(|text| !text.is_empty());
        let [message_id, date_time, recipient_uri, original_recipient_uri, subject] = self.leaves.map(filled);
        let untold = if self.unknown { ImdnFault::UnknownStatus } else { ImdnFault::NoNotification };
        Ok(Imdn {
            message_id: message_id.ok_or(ImdnFault::NoMessageId)?,
            date_time: date_time.unwrap_or_default(),
            recipient_uri,
            original_recipient_uri,
            subject,
            disposition: self.disposition.ok_or(untold)?,
        })
    }
}

/// Without white space around it.
fn trimmed(text: String) -> String {
    let inside = text.trim();
    if inside.len() == text.len() { text } else { inside.to_owned() }
}
