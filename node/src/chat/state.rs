//! The conversation as a pure machine: happenings in, effects out; what is on the screen is made from it.

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
    /// A message for us.
    Incoming { id: String, from: String, text: String, at: String },
    /// An event of a message: it should be looked at again.
    Touched(String),
    /// A sentence for the user.
    Note(String),
    /// Only the picture is to be made again.
    Redraw,
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
    /// Send it.
    Send { text: String, service: Service, quote: Option<String> },
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

/// The question whether a dearer service may be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prompt {
    /// The message.
    pub(super) id: String,
    /// The service.
    pub(super) service: String,
    /// Its price.
    pub(super) price: Value,
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
    /// A question, if one is open.
    pub(super) prompt: Option<Prompt>,
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
            prompt: None,
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
            Happening::Incoming { id, from, text, at } => return self.take_incoming(id, &from, text, at),
            Happening::Touched(id) => {
                let ours = self.lines.iter().any(|line| line.ours && line.id == id);
                return if ours { vec![Effect::Refresh(id)] } else { vec![] };
            }
            Happening::Note(note) => self.note = Some(note),
            Happening::Redraw => {}
        }
        vec![]
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        if let (Key::Letter(letter @ ('y' | 'n')), Some(prompt), true) =
            (key, &self.prompt, self.input.is_empty())
        {
            let prompt = prompt.clone();
            self.prompt = None;
            return match letter {
                'y' => vec![Effect::Consent { id: prompt.id, service: prompt.service, price: prompt.price }],
                _ => vec![],
            };
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

    fn send(&mut self) -> Vec<Effect> {
        if self.input.trim().is_empty() {
            return vec![];
        }
        let text = std::mem::take(&mut self.input);
        // The price on the screen binds only when it was asked for exactly this text.
        let quote = (self.quoted_text == text)
            .then(|| self.quote.get("id").and_then(Value::as_str).map(str::to_owned))
            .flatten();
        vec![Effect::Send { text, service: self.service, quote }, self.ask_price()]
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
        let needed = message.get("consent_needed").filter(|needed| needed.is_object());
        let price = needed.and_then(|needed| needed.get("price")).filter(|price| price.is_object());
        let service = needed.and_then(|needed| needed.get("service")).and_then(Value::as_str);
        match (service, price) {
            (Some(service), Some(price)) => {
                self.prompt =
                    Some(Prompt { id: id.to_owned(), service: service.to_owned(), price: price.clone() });
            }
            _ if self.prompt.as_ref().is_some_and(|prompt| prompt.id == id) => self.prompt = None,
            _ => {}
        }
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
    use super::{Chat, Effect, Happening, Key, Service};
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
        assert!(matches!(late.first(), Some(Effect::Send { quote: None, .. })));
        chat.step(Happening::Quoted { text: "hi".into(), quote: json!({"id": "qt_1"}) });
        let sent = chat.step(Happening::Key(Key::Send));
        assert!(matches!(sent.first(), Some(Effect::Send { quote: Some(id), .. }) if id == "qt_1"));
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
        assert_eq!(no.prompt, None);
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
        assert_eq!(chat.prompt, None);
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
        assert!(chat.prompt.is_some());
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
