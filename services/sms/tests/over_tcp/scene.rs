//! What every test begins with: a service with one route to a pretend SMSC, and orders to give it.

use crate::recorder::{Recorder, WallClock};
use crate::smsc::{Peer, Smsc};
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::{Address, Content, MessageId, PeerId, Priority, RouteId, Shard};
use switchback_ports::{AttemptOrder, Clock, RouteState, Transport, TransportFull, WithdrawOrder};
use switchback_sms::{RouteSettings, SmsOptions, SmsService};

pub(crate) struct Scene {
    pub(crate) service: SmsService,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) smsc: Smsc,
    count: std::cell::Cell<u128>,
}

/// Timers of tests: reconnects at once, everything else far longer than a test takes.
pub(crate) fn quick() -> SmsOptions {
    SmsOptions {
        reconnect_ms: 1,
        reconnect_cap_ms: 20,
        auth_retry_ms: 50,
        response_ms: 60_000,
        recall_ms: 60_000,
        reassembly_ms: 60_000,
        throttle_ms: 20,
        throttle_cap_ms: 100,
        seed: 1,
        ..SmsOptions::default()
    }
}

pub(crate) fn number(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// Of part 0.
pub(crate) fn whole(order: &AttemptOrder) -> (MessageId, u16, u16) {
    (order.message, order.attempt, 0)
}

impl Scene {
    pub(crate) async fn new(options: SmsOptions) -> Self {
        let recorder = Arc::new(Recorder::new());
        let runtime = tokio::runtime::Handle::current();
        let service = SmsService::new(recorder.clone(), Arc::new(WallClock), options, runtime);
        Self { service, recorder, smsc: Smsc::listen().await, count: std::cell::Cell::new(0) }
    }

    pub(crate) fn route(&self, window: u16) -> RouteSettings {
        let (system_id, password) = (SmolStr::new("switchback"), SmolStr::new("secret"));
        RouteSettings {
            id: RouteId::new("smsc-a"),
            address: self.smsc.address().into(),
            system_id,
            password,
            window,
            temporary_errors: vec![SmolStr::new("011")],
        }
    }

    /// A service whose route is bound.
    pub(crate) async fn bound(options: SmsOptions, window: u16) -> (Self, Peer) {
        let scene = Self::new(options).await;
        scene.service.set_route(scene.route(window));
        let peer = scene.smsc.bound().await;
        scene.recorder.route_is(RouteState::Up).await;
        (scene, peer)
    }

    /// An order as the engine makes it: measured by the service itself.
    pub(crate) fn order(&self, text: &str) -> AttemptOrder {
        self.count.set(self.count.get() + 1);
        let now = WallClock.now();
        let (to, content) = (number("+46701234567"), Content::text(text));
        let measure = self.service.measure(&content, &to);
        AttemptOrder {
            message: MessageId::new(now, Shard::of("payer"), self.count.get()),
            attempt: 1,
            route: Some(RouteId::new("smsc-a")),
            from: number("72404"),
            to,
            subscriber: None,
            content: Arc::new(content),
            parts: measure.parts,
            expires_at: now.plus_millis(2 * 3_600_000),
            deadline: now.plus_millis(3_600_000),
            priority: Priority::Person,
        }
    }

    pub(crate) fn attempt(&self, order: &AttemptOrder) -> Result<(), TransportFull> {
        self.service.attempt(order.clone())
    }

    /// Makes and gives an order.
    pub(crate) fn send(&self, text: &str) -> AttemptOrder {
        let order = self.order(text);
        self.attempt(&order).unwrap();
        order
    }

    pub(crate) fn withdraw(&self, order: &AttemptOrder, peer_ids: &[Option<&str>]) {
        self.service.withdraw(WithdrawOrder {
            message: order.message,
            attempt: order.attempt,
            route: order.route.clone(),
            from: order.from.clone(),
            to: order.to.clone(),
            peer_ids: peer_ids.iter().map(|id| id.map(PeerId::new)).collect(),
        });
    }

    pub(crate) async fn stop(&self) {
        self.service.stop(Duration::from_secs(10)).await;
    }
}
