//! The conversation as a pure machine: happenings in, effects out; what is on the screen is made from it.

use super::price::Price;
use crate::words;
use serde_json::Value;

/// Lines kept; older ones are in the server's store.
const LINES_MAX: usize = 500;
/// The longest text that is typed here.
const TEXT_MAX: usize = 4000;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Happening {
    /// A key.
    Key(Key),
    /// A service was named.
    Choose(Service),
    /// Text was pasted.
    Pasted(String),
    /// A quote for this text came.
    Quoted { text: String, quote: Value },
    /// A message of ours as it stands now; `None` as text when it is an update.
    Message { text: Option<String>, message: Value },
    /// A text was not accepted: why, and a fresh quote when its price rose; null otherwise.
    Refused { text: String, service: Service, why: String, quote: Value },
    /// A message for us.
    Incoming { id: String, from: String, text: String, at: String },
    /// An event of a message: it should be looked at again.
    Touched(String),
    /// A sentence for the user.
    Note(String),
    /// Only the picture is to be made again.
    Redraw,
    /// The user left, and all that was asked before is answered.
    Left,
}

/// What a key means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A letter of the text (or `y` / `n` when consent is asked and nothing is typed).
    Letter(char),
    /// The last letter goes.
    Erase,
    /// The whole text goes.
    Clear,
    /// The text is sent.
    Send,
    /// The next service is chosen: auto, chat, SMS, MMS.
    NextService,
    /// The user leaves.
    Leave,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// Ask for prices of this text.
    Quote { text: String, service: Service },
    /// Send it, for no more than was shown.
    Send { text: String, service: Service, price: Price },
    /// Look at a message again.
    Refresh(String),
    /// Consent to a dearer service.
    Consent { id: String, service: String, price: Value },
    /// Tell the sender of an incoming message that it was read.
    Read(String),
    /// Leave.
    Quit,
}

/// The service that the sender wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// The server chooses.
    Auto,
    /// Chat.
    Im,
    /// SMS.
    Sms,
    /// MMS.
    Mms,
}

impl Service {
    /// The name in the API.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Im => "im",
            Self::Sms => "sms",
            Self::Mms => "mms",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Im,
            Self::Im => Self::Sms,
            Self::Sms => Self::Mms,
            Self::Mms => Self::Auto,
        }
    }
}

/// One line of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The message's id.
    pub(super) id: String,
    /// Whether it is ours.
    pub(super) ours: bool,
    /// What it says.
    pub(super) text: String,
    /// RFC 3339.
    pub(super) at: String,
    /// The message as the server told it last; null for incoming ones.
    pub(super) message: Value,
}

/// A question to the sender.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Prompt {
    /// Whether a message may go by a dearer service, and cost that in all.
    Consent { id: String, service: String, price: Value },
    /// Whether a text that was not accepted, since its price rose, is to go at the new price.
    Rose { text: String, service: Service, quote: Value },
}

/// The whole conversation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chat {
    /// The other end.
    pub(super) with: String,
    /// The latest quote.
    pub(super) quote: Value,
    /// The text that the quote is for.
    quoted_text: String,
    /// The chosen service.
    pub(super) service: Service,
    /// What is typed.
    pub(super) input: String,
    /// The conversation, oldest first.
    pub(super) lines: Vec<Line>,
    /// Open questions; the first is asked.
    pub(super) prompts: Vec<Prompt>,
    /// A sentence for the user.
    pub(super) note: Option<String>,
}

impl Chat {
    /// A new conversation with somebody.
    pub(super) const fn new(with: String) -> Self {
        Self {
            with,
            quote: Value::Null,
            quoted_text: String::new(),
            service: Service::Auto,
            input: String::new(),
            lines: Vec::new(),
            prompts: Vec::new(),
            note: None,
        }
    }

    /// What is to be done first: prices and status are shown before the first letter.
    pub(super) fn start(&self) -> Vec<Effect> {
        vec![self.ask_price()]
    }

    /// One step.
    pub(super) fn step(&mut self, happening: Happening) -> Vec<Effect> {
        match happening {
            Happening::Key(key) => return self.key(key),
            Happening::Choose(service) => {
                self.service = service;
                return vec![self.ask_price()];
            }
            Happening::Pasted(text) => {
                self.input.extend(text.chars().filter(|letter| !letter.is_control()));
                self.bound_input();
                return vec![self.ask_price()];
            }
            Happening::Quoted { text, quote } => {
                if text == self.input {
                    (self.quote, self.quoted_text) = (quote, text);
                }
            }
            Happening::Message { text, message } => self.take_message(text, message),
            Happening::Refused { text, service, why, quote } => {
                return self.take_refusal(text, service, why, quote);
            }
            Happening::Incoming { id, from, text, at } => return self.take_incoming(id, &from, text, at),
            Happening::Touched(id) => {
                let ours = self.lines.iter().any(|line| line.ours && line.id == id);
                return if ours { vec![Effect::Refresh(id)] } else { vec![] };
            }
            Happening::Note(note) => self.note = Some(note),
            Happening::Redraw | Happening::Left => {}
        }
        vec![]
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        if let Key::Letter(letter @ ('y' | 'n')) = key
            && self.input.is_empty()
            && !self.prompts.is_empty()
        {
            let prompt = self.prompts.remove(0);
            return self.answered(prompt, letter == 'y');
        }
        self.note = None;
        match key {
            Key::Leave => return vec![Effect::Quit],
            Key::Send => return self.send(),
            Key::Letter(letter) => self.input.push(letter),
            Key::Erase => drop(self.input.pop()),
            Key::Clear => self.input.clear(),
            Key::NextService => self.service = self.service.next(),
        }
        self.bound_input();
        vec![self.ask_price()]
    }

    fn answered(&mut self, prompt: Prompt, yes: bool) -> Vec<Effect> {
        match prompt {
            Prompt::Consent { id, service, price } if yes => vec![Effect::Consent { id, service, price }],
            Prompt::Consent { .. } => vec![],
            Prompt::Rose { text, service, quote } if yes => {
                vec![Effect::Send { text, service, price: Price::of(&quote) }]
            }
            Prompt::Rose { text, .. } => {
                self.input = text;
                vec![self.ask_price()]
            }
        }
    }

    fn send(&mut self) -> Vec<Effect> {
        if self.input.trim().is_empty() {
            return vec![];
        }
        let text = std::mem::take(&mut self.input);
        // The price on the screen binds only when it was asked for exactly this text.
        let is_its_own = self.quoted_text == text;
        let price = if is_its_own { Price::of(&self.quote) } else { Price::Shown(self.quote.clone()) };
        vec![Effect::Send { text, service: self.service, price }, self.ask_price()]
    }

    fn ask_price(&self) -> Effect {
        Effect::Quote { text: self.input.clone(), service: self.service }
    }

    fn bound_input(&mut self) {
        if let Some((end, _)) = self.input.char_indices().nth(TEXT_MAX) {
            self.input.truncate(end);
            self.note = Some(format!("a text has at most {TEXT_MAX} characters here"));
        }
    }

    fn take_message(&mut self, text: Option<String>, message: Value) {
        let id = message.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.ask_consent(&id, &message);
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == id) {
            line.message = message;
        } else if let Some(text) = text {
            let at = message.get("accepted_at").and_then(Value::as_str).unwrap_or_default().to_owned();
            self.add(Line { id, ours: true, text, at, message });
        }
    }

    /// Opens the question when the gate is closed, and closes it when it is moot.
    fn ask_consent(&mut self, id: &str, message: &Value) {
        let now = words::consent_needed(message).map(|(service, price)| Prompt::Consent {
            id: id.to_owned(),
            service: service.to_owned(),
            price: price.clone(),
        });
        let of_it = |prompt: &Prompt| matches!(prompt, Prompt::Consent { id: of, .. } if of == id);
        let at = self.prompts.iter().position(of_it).unwrap_or(self.prompts.len());
        self.prompts.splice(at..self.prompts.len().min(at.saturating_add(1)), now);
    }

    /// What was not accepted is not lost: it is asked about, or it stands where it was typed.
    fn take_refusal(&mut self, text: String, service: Service, why: String, quote: Value) -> Vec<Effect> {
        if quote.is_object() {
            self.prompts.push(Prompt::Rose { text, service, quote });
            return vec![];
        }
        self.note = Some(why);
        if self.input.is_empty() {
            self.input = text;
        }
        vec![self.ask_price()]
    }

    fn take_incoming(&mut self, id: String, from: &str, text: String, at: String) -> Vec<Effect> {
        if self.lines.iter().any(|line| line.id == id) {
            return vec![];
        }
        if from != self.with {
            self.note = Some(format!("a message from {from}: {text}"));
            return vec![];
        }
        self.add(Line { id: id.clone(), ours: false, text, at, message: Value::Null });
        vec![Effect::Read(id)]
    }

    fn add(&mut self, line: Line) {
        self.lines.push(line);
        let surplus = self.lines.len().saturating_sub(LINES_MAX);
        self.lines.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::{Chat, Effect, Happening, Key, Price, Service};
    use serde_json::{Value, json};

    fn typed(chat: &mut Chat, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|letter| chat.step(Happening::Key(Key::Letter(letter)))).collect()
    }

    #[test]
    fn every_letter_asks_the_price_of_what_is_typed() {
        let mut chat = Chat::new("+46701000002".into());
        let effects = typed(&mut chat, "hi");
        let texts: Vec<_> = effects
            .iter()
            .map(|effect| matches!(effect, Effect::Quote { text, .. } if text == "h" || text == "hi"))
            .collect();
        assert_eq!(texts, [true, true]);
    }

    #[test]
    fn the_price_binds_only_when_it_was_for_this_text() {
        let mut chat = Chat::new("+46701000002".into());
        typed(&mut chat, "hi");
        chat.step(Happening::Quoted { text: "h".into(), quote: json!({"id": "qt_old"}) });
        let late = chat.clone().step(Happening::Key(Key::Send));
        assert!(matches!(late.first(), Some(Effect::Send { price: Price::Shown(_), .. })));
        chat.step(Happening::Quoted { text: "hi".into(), quote: json!({"id": "qt_1"}) });
        let sent = chat.step(Happening::Key(Key::Send));
        assert!(matches!(sent.first(), Some(Effect::Send { price: Price::Quoted(id), .. }) if id == "qt_1"));
        assert_eq!(chat.input, "");
    }

    #[test]
    fn tab_goes_round_the_services() {
        let mut chat = Chat::new("+46701000002".into());
        let mut seen = vec![];
        for _ in 0..4 {
            chat.step(Happening::Key(Key::NextService));
            seen.push(chat.service);
        }
        assert_eq!(seen, [Service::Im, Service::Sms, Service::Mms, Service::Auto]);
    }

    #[test]
    fn a_closed_gate_asks_and_y_consents() {
        let mut chat = Chat::new("+46701000002".into());
        let needed = json!({"service": "sms", "price": {"amount": "0.12", "currency": "EUR"}});
        let message = json!({"id": "msg_1", "status": "waiting", "consent_needed": needed});
        chat.step(Happening::Message { text: Some("hi".into()), message });
        let mut no = chat.clone();
        assert_eq!(no.step(Happening::Key(Key::Letter('n'))), []);
        assert_eq!(no.prompts, []);
        let effects = chat.step(Happening::Key(Key::Letter('y')));
        assert_eq!(
            effects,
            [Effect::Consent {
                id: "msg_1".into(),
                service: "sms".into(),
                price: json!({"amount": "0.12", "currency": "EUR"})
            }]
        );
    }

    #[test]
    fn a_risen_price_asks_and_y_sends_at_the_new_one_and_n_gives_the_text_back() {
        let mut chat = Chat::new("+46701000002".into());
        let refused = Happening::Refused {
            text: "hi".into(),
            service: Service::Sms,
            why: "price_rose".into(),
            quote: json!({"id": "qt_2"}),
        };
        assert_eq!(chat.step(refused), []);
        let mut no = chat.clone();
        no.step(Happening::Key(Key::Letter('n')));
        assert_eq!((no.input.as_str(), no.prompts.len()), ("hi", 0));
        let sent = chat.step(Happening::Key(Key::Letter('y')));
        assert_eq!(
            sent,
            [Effect::Send { text: "hi".into(), service: Service::Sms, price: Price::Quoted("qt_2".into()) }]
        );
    }

    #[test]
    fn what_was_refused_stands_where_it_was_typed_unless_something_else_does() {
        let mut chat = Chat::new("+46701000002".into());
        let refused = |text: &str| Happening::Refused {
            text: text.into(),
            service: Service::Auto,
            why: "insufficient_funds: Top up.".into(),
            quote: Value::Null,
        };
        chat.step(refused("first"));
        chat.step(refused("second"));
        assert_eq!(
            (chat.input.as_str(), chat.note.as_deref()),
            ("first", Some("insufficient_funds: Top up."))
        );
    }

    #[test]
    fn two_messages_that_need_consent_are_asked_about_one_after_the_other() {
        let mut chat = Chat::new("+46701000002".into());
        for (id, amount) in [("msg_1", "0.12"), ("msg_2", "0.12"), ("msg_1", "0.13")] {
            let needed = json!({"service": "sms", "price": {"amount": amount, "currency": "EUR"}});
            let message = json!({"id": id, "consent_needed": needed});
            chat.step(Happening::Message { text: Some(id.into()), message });
        }
        let consent = |chat: &mut Chat| match chat.step(Happening::Key(Key::Letter('y'))).remove(0) {
            Effect::Consent { id, price, .. } => (id, price["amount"].clone()),
            other => panic!("{other:?}"),
        };
        assert_eq!(consent(&mut chat), ("msg_1".into(), json!("0.13")));
        assert_eq!(consent(&mut chat), ("msg_2".into(), json!("0.12")));
        assert_eq!(chat.prompts, []);
    }

    #[test]
    fn the_question_goes_when_it_is_moot() {
        let mut chat = Chat::new("+46701000002".into());
        let needed = json!({"service": "sms", "price": {"amount": "0.12", "currency": "EUR"}});
        chat.step(Happening::Message {
            text: Some("hi".into()),
            message: json!({"id": "msg_1", "consent_needed": needed}),
        });
        chat.step(Happening::Message {
            text: None,
            message: json!({"id": "msg_1", "status": "delivered", "consent_needed": null}),
        });
        assert_eq!(chat.prompts, []);
    }

    #[test]
    fn a_letter_y_is_text_while_something_is_typed() {
        let mut chat = Chat::new("+46701000002".into());
        let needed = json!({"service": "sms", "price": {"amount": "0.12", "currency": "EUR"}});
        chat.step(Happening::Message {
            text: Some("hi".into()),
            message: json!({"id": "msg_1", "consent_needed": needed}),
        });
        typed(&mut chat, "hey");
        assert_eq!(chat.input, "hey");
        assert_eq!(chat.prompts.len(), 1);
    }

    #[test]
    fn an_incoming_message_is_shown_once_and_read() {
        let mut chat = Chat::new("+46701000002".into());
        let incoming = Happening::Incoming {
            id: "msg_2".into(),
            from: "+46701000002".into(),
            text: "yo".into(),
            at: String::new(),
        };
        assert_eq!(chat.step(incoming.clone()), [Effect::Read("msg_2".into())]);
        assert_eq!(chat.step(incoming), []);
        assert_eq!(chat.lines.len(), 1);
        assert_eq!(chat.lines[0].message, Value::Null);
    }
}
