//! What it costs to read and to write what a chat client sends: a message in its envelope that asks to hear of delivery and
//! display, and the notification that answers it. `cargo run --release -p wire-cpim --example envelope_speed` prints
//! nanoseconds: of many batches the best, which is what the work costs when nobody else has the machine.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use wire_cpim::{Content, Cpim, DeliveryStatus, Disposition, EncodeError, Imdn, ImdnHeaders, Party, Wants};

const BATCHES: u32 = 1_000;
const BATCH: u32 = 200;

const FROM: &str = "sip:+46730000001@example.net;user=phone";
const TO: &str = "sip:+46730000002@example.net;user=phone";
const ID: &str = "m0000002a1f7c5b3e9d84061";
const WRITTEN: &str = "2026-11-23T18:42:07.513Z";

fn main() -> Result<(), EncodeError> {
    let (mut message, mut notification) = (Vec::new(), Vec::new());
    write_message(&mut message)?;
    write_notification(&mut notification)?;
    let document = imdn().encode()?;

    figure("message read", || Cpim::parse(&message));
    figure("notification's envelope read", || Cpim::parse(&notification));
    figure("notification's document read", || Imdn::parse(document.as_bytes()));
    let mut out = Vec::with_capacity(1024);
    figure("message written", || {
        out.clear();
        write_message(&mut out)
    });
    figure("notification written", || {
        out.clear();
        write_notification(&mut out)
    });
    Ok(())
}

fn write_message(out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let cpim = Cpim {
        from: Some(Party::of_uri(FROM)),
        to: vec![Party::of_uri(TO)],
        date_time: Some(WRITTEN.into()),
        imdn: ImdnHeaders {
            message_id: Some(ID.into()),
            wants: Wants::POSITIVE_DELIVERY.and(Wants::DISPLAY),
            ..ImdnHeaders::default()
        },
        content: Content::of_type("text/plain;charset=UTF-8", b"See you at the harbour at seven."),
        ..Cpim::default()
    };
    cpim.encode(out)
}

fn write_notification(out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let document = imdn().encode()?;
    let cpim = Cpim {
        from: Some(Party::of_uri(TO)),
        to: vec![Party::of_uri(FROM)],
        imdn: ImdnHeaders { message_id: Some(ID.into()), ..ImdnHeaders::default() },
        content: Content::imdn(&document),
        ..Cpim::default()
    };
    cpim.encode(out)
}

fn imdn() -> Imdn {
    Imdn {
        message_id: ID.to_owned(),
        date_time: WRITTEN.to_owned(),
        recipient_uri: Some(TO.to_owned()),
        original_recipient_uri: None,
        subject: None,
        disposition: Disposition::Delivery(DeliveryStatus::Delivered),
    }
}

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
