//! How many orders a second a charging system takes from us: `order_speed HOST:PORT DESTINATION_REALM [ORDERS]`. Quotes
//! are asked for, so that no balance ends it; as many as fit in the window are under way.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use switchback_core::model::{Address, Currency, MessageId, Origin, Service, Time};
use switchback_diameter::{DiameterCharging, Options, PeerAddress};
use switchback_ports::{ChargeKey, ChargeOrder, ChargeOutcome, ChargeStep, Charging, Clock, Random};

struct Still;

impl Clock for Still {
    fn now(&self) -> Time {
        Time::from_millis(1_795_000_000_000)
    }
}

impl Random for Still {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

const UNDER_WAY: usize = 512;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let usage = "order_speed HOST:PORT DESTINATION_REALM [ORDERS]";
    let (address, destination_realm) = (words.next().ok_or(usage)?, words.next().ok_or(usage)?);
    let orders: u32 = words.next().map_or(Ok(50_000), |word| word.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let options = Options {
        peers: vec![PeerAddress { address, host: None, tls: None }],
        origin_host: "cpm.home.test".to_owned(),
        origin_realm: "home.test".to_owned(),
        destination_realm,
        answer_timeout: Duration::from_secs(10),
        window: UNDER_WAY,
        ..Options::default()
    };
    let charging = DiameterCharging::start(options, Arc::new(Still), &Still, runtime.handle())?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while !charging.is_reachable() {
        if Instant::now() > deadline {
            return Err("nobody is there".into());
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let (told, outcomes) = mpsc::channel();
    let (began, mut taken, mut done) = (Instant::now(), Vec::new(), 0_u32);
    for sent in 0..orders {
        let told = told.clone();
        let at = Instant::now();
        let tell = move |outcome| {
            // Nobody listens any more when it fails: then the program has failed already.
            let _ = told.send((outcome, at.elapsed()));
        };
        charging.order(quote()?, Box::new(tell));
        if usize::try_from(sent)? + 1 - taken.len() >= UNDER_WAY {
            hear(&outcomes, &mut taken, &mut done)?;
        }
    }
    while taken.len() < usize::try_from(orders)? {
        hear(&outcomes, &mut taken, &mut done)?;
    }
    let seconds = began.elapsed();
    taken.sort_unstable();
    let at = |part: usize| taken.get(taken.len() * part / 100).copied().unwrap_or_default();
    println!(
        "{done} of {orders} done in {seconds:.2?}: {} a second; p50 {:.2?}, p99 {:.2?}",
        u128::from(orders) * 1000 / seconds.as_millis().max(1),
        at(50),
        at(99)
    );
    Ok(())
}

fn hear(
    outcomes: &mpsc::Receiver<(ChargeOutcome, Duration)>,
    taken: &mut Vec<Duration>,
    done: &mut u32,
) -> Result<(), mpsc::RecvError> {
    let (outcome, time) = outcomes.recv()?;
    taken.push(time);
    *done += u32::from(matches!(outcome, ChargeOutcome::Done(_)));
    Ok(())
}

fn quote() -> Result<ChargeOrder, Box<dyn std::error::Error>> {
    Ok(ChargeOrder {
        step: ChargeStep::Quote,
        key: ChargeKey { message: MessageId::from_bytes([1; 16]), attempt: 1 },
        imsi: Some("262011234567890".into()),
        number: Some("4915112345678".into()),
        from: Address::parse("+4915112345678")?,
        to: Address::parse("+4917012345678")?,
        origin: Origin::HOME,
        service: Service::Sms,
        parts: 3,
        bytes: 400,
        at: Still.now(),
        currency: Currency::EUR,
        at_most: None,
    })
}
