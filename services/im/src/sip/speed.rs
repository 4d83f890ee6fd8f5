//! What it costs to understand a MESSAGE that was read, and to write those that we send, as a chat client and its phone
//! have them. `cargo test --release -p switchback-im --lib -- --ignored --nocapture speed` prints nanoseconds: of many
//! batches the best, which is what the work costs when nobody else has the machine.

use super::binding::Binding;
use super::compose::{self, Ends, Names, Said};
use super::flow::Flow;
use super::submit::{self, Carried};
use bytes::{Bytes, BytesMut};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchback_core::model::{Address, MessageId, Shard, Time};
use switchback_ports::IncomingMessage;
use tokio::net::UdpSocket;
use wire_cpim::{DeliveryStatus, Disposition, Imdn};
use wire_sip::Message;
use wire_sip::transaction::{Limits, Timers, Transactions};

const BATCHES: u32 = 1_000;
const BATCH: u32 = 200;

#[tokio::test]
#[ignore = "it measures"]
async fn speed() {
    let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let local = socket.local_addr().unwrap();
    let flow = Flow::datagrams(0, "192.0.2.15:5066".parse().unwrap(), local, socket);
    let binding = Binding {
        contact: b"sip:+46730000002@192.0.2.15:5066".to_vec(),
        path: Vec::new(),
        instance: None,
        reg_id: None,
        expires_at: Time::from_millis(0),
        call_id: Vec::new(),
        cseq: 1,
        cpm: true,
        datagrams: None,
        told: 0,
        sent: 0,
    };
    let (from, to) = (Address::parse("+46730000001").unwrap(), Address::parse("+46730000002").unwrap());
    let ends = Ends { from: &from, to: &to, domain: "example.net" };
    let mut table = Transactions::<u8>::new(&Timers::default(), Limits::default(), 7);
    let names =
        Names { branch: table.branch(), call_id: "3fa2c81b7d40e95c".into(), tag: "91c04e7ad25b36f8".into() };
    let at = Time::from_millis(1_795_460_527_513);
    let id = MessageId::new(at, Shard::of("anna"), 42);

    let request =
        Message::read(Bytes::from_static(MESSAGE.replace("BODY", BODY).into_bytes().leak())).unwrap();
    figure("message understood", || submit::read(&request));
    let Ok(Carried::Message(letter)) = submit::read(&request) else { panic!("a message") };
    let content = Arc::new(letter.content);
    let incoming =
        IncomingMessage { from: from.clone(), to: to.clone(), accepted_at: at, expires_at: at, content };
    let mut out = BytesMut::with_capacity(4096);
    let mut write = |said: &Said<'_>| {
        let written = compose::request(&mut out, &binding, &flow, &ends, &names, said);
        assert_eq!(written, Ok(()));
        out.split().freeze()
    };
    figure("message written", || write(&Said::Message { id, incoming: &incoming }));
    let imdn = Imdn {
        message_id: "m0000002a1f7c5b3e9d84061".to_owned(),
        date_time: "2026-11-23T18:42:07.513Z".to_owned(),
        recipient_uri: Some("sip:+46730000002@example.net;user=phone".to_owned()),
        original_recipient_uri: None,
        subject: None,
        disposition: Disposition::Delivery(DeliveryStatus::Delivered),
    };
    figure("notification written", || write(&Said::Notification(&imdn)));
    let notification = Message::read(write(&Said::Notification(&imdn))).unwrap();
    figure("notification understood", || submit::read(&notification));
}

const MESSAGE: &str = "MESSAGE sip:+46730000002@example.net SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.15:5066;rport;branch=z9hG4bK-524287-1\r\n\
    Max-Forwards: 70\r\n\
    From: <sip:+46730000001@example.net>;tag=5f7c2c5e\r\n\
    To: <sip:+46730000002@example.net>\r\n\
    Call-ID: 5f7c2c5e\r\n\
    CSeq: 1 MESSAGE\r\n\
    Content-Type: message/cpim\r\n\
    \r\n\
    BODY";

const BODY: &str = "From: <sip:+46730000001@example.net>\r\n\
    To: <sip:+46730000002@example.net>\r\n\
    DateTime: 2026-11-23T18:42:07.513Z\r\n\
    NS: imdn <urn:ietf:params:imdn>\r\n\
    imdn.Message-ID: m0000002a1f7c5b3e9d84061\r\n\
    imdn.Disposition-Notification: positive-delivery, display\r\n\
    \r\n\
    Content-Type: text/plain;charset=UTF-8\r\n\
    Content-Length: 31\r\n\
    \r\n\
    See you at the harbour at seven.";

fn figure<T>(what: &str, mut work: impl FnMut() -> T) {
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(work());
        }
        best = best.min(start.elapsed());
    }
    println!("{what:<42} {:6} ns", best.as_nanos() / u128::from(BATCH));
}
