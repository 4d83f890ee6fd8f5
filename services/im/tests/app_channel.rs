//! The app channel measures anything, and can't take back what was written to a stream.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../../sms/tests/over_tcp/recorder.rs"]
#[expect(dead_code, reason = "the recorder serves the tests of every service; these need little of it")]
mod recorder;

use recorder::{Recorder, WallClock};
use std::sync::Arc;
use switchback_core::model::{
    Address, Content, Media, MessageId, Reach, ReportKind, Service, Shard, Time, WithdrawalAnswer,
};
use switchback_im::ImService;
use switchback_ports::{Transport, WithdrawOrder};

fn service() -> (ImService, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::new());
    (ImService::new(recorder.clone(), Arc::new(WallClock)), recorder)
}

#[test]
fn anything_can_go_as_the_bytes_of_its_payload() {
    let (service, _) = service();
    let picture = Media { content_type: "image/png".into(), filename: "a.png".into(), data: vec![0; 1_000] };
    let content = Content { text: "Привет".into(), media: vec![picture], chat: None };
    let measure = service.measure(&content, &Address::parse("+46701234567").unwrap());
    assert_eq!((measure.cannot_carry, measure.parts, measure.bytes), (None, 1, 1_012));
    assert_eq!((measure.reach, measure.route), (Reach::NoAddress, None));
    assert_eq!(service.service(), Service::Im);
}

#[tokio::test]
async fn what_was_written_to_a_stream_can_t_be_taken_back_for_certain() {
    let (service, recorder) = service();
    let message = MessageId::new(Time::from_millis(1), Shard::of("payer"), 1);
    let address = Address::parse("+46701234567").unwrap();
    let (from, to) = (address.clone(), address);
    service.withdraw(WithdrawOrder { message, attempt: 2, route: None, from, to, peer_ids: vec![None] });
    let unknown = ReportKind::Withdrawal(WithdrawalAnswer::Unknown);
    assert_eq!(recorder.kind((message, 2, 0), 0).await, unknown);
}
