//! `/metrics`: the Prometheus text form (version 0.0.4). Each HELP line says what the number means and what to alert on.

use crate::records::Standing;
use smol_str::SmolStr;
use std::fmt::Write;
use switchback_engine::{BATCH_BOUNDS, LATENCY_BOUNDS_US, Snapshot};
use switchback_im::sip::Counters as SipCounters;
use switchback_ports::{RouteChange, RouteState, StoreTotals};

/// How a charging system of the operator's is.
#[derive(Debug)]
pub(crate) struct ChargingStanding {
    /// What plans call it.
    pub(crate) name: SmolStr,
    /// Whether it can be asked.
    pub(crate) is_up: bool,
    /// Whether it tells prices; nothing when it is not asked for any.
    pub(crate) tells_prices: Option<bool>,
}

/// Everything that is measured, as text; `sip` where SIP is spoken, `records` where charging records are written.
pub(crate) fn render(
    counters: &Snapshot,
    store: &StoreTotals,
    routes: &[RouteChange],
    charging: &[ChargingStanding],
    sip: Option<&SipCounters>,
    records: Option<Standing>,
) -> String {
    let mut page = Page(String::with_capacity(8192));
    submissions(&mut page, counters);
    attempts(&mut page, counters);
    ends(&mut page, counters);
    queues(&mut page, counters);
    commits(&mut page, counters);
    stored(&mut page, store);
    if let Some(counters) = sip {
        strangers(&mut page, counters);
    }
    if let Some(records) = records {
        charging_records(&mut page, records);
    }
    page.head("switchback_route_up", "gauge", "1 while a route is bound. Alert when 0 for a minute.");
    for route in routes {
        let up = u64::from(route.state == RouteState::Up);
        page.line(
            &format!("switchback_route_up{{route=\"{}\",service=\"{}\"}}", route.route, route.service),
            up,
        );
    }
    if !charging.is_empty() {
        charging_systems(&mut page, charging);
    }
    page.0
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, series: &str, value: u64) {
        let _ = writeln!(self.0, "{series} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        self.line(name, value);
    }

    fn by_service(&mut self, name: &str, help: &str, values: [u64; 3]) {
        self.head(name, "counter", help);
        for (service, value) in ["im", "sms", "mms"].iter().zip(values) {
            self.line(&format!("{name}{{service=\"{service}\"}}"), value);
        }
    }

    /// A histogram from counts a bucket (the last one open above).
    fn histogram(&mut self, name: &str, help: &str, buckets: &[(String, u64)], sum: &str) {
        self.head(name, "histogram", help);
        let mut total = 0;
        for (bound, count) in buckets {
            total += count;
            self.line(&format!("{name}_bucket{{le=\"{bound}\"}}"), total);
        }
        let _ = writeln!(self.0, "{name}_sum {sum}\n{name}_count {total}");
    }
}

fn submissions(page: &mut Page, counters: &Snapshot) {
    page.one(
        "switchback_accepted_total",
        "counter",
        "Submissions accepted: on disk, and told so.",
        counters.accepted,
    );
    page.one(
        "switchback_replayed_total",
        "counter",
        "Submissions answered from their idempotency key.",
        counters.replayed,
    );
    page.head(
        "switchback_refused_total",
        "counter",
        "Submissions refused, by code. Alert on a jump of `overloaded` or `store_stopped`.",
    );
    for (code, count) in &counters.refused {
        page.line(&format!("switchback_refused_total{{code=\"{code}\"}}"), *count);
    }
}

fn attempts(page: &mut Page, counters: &Snapshot) {
    page.by_service(
        "switchback_attempts_started_total",
        "Attempts started, by service.",
        counters.attempts_started,
    );
    page.by_service(
        "switchback_attempts_delivered_total",
        "Attempts that delivered. Alert when far below those started.",
        counters.attempts_delivered,
    );
    for (outcome, count) in [
        ("failed", counters.attempts_failed),
        ("refused", counters.attempts_refused),
        ("withdrawn", counters.attempts_withdrawn),
        ("unknown", counters.attempts_unknown),
        ("local_fault", counters.attempts_local_fault),
    ] {
        let help = match outcome {
            "failed" => "Attempts that failed, for now or for good.",
            "refused" => "Attempts that the recipient refused.",
            "withdrawn" => "Attempts taken back before they were delivered.",
            "unknown" => {
                "Attempts whose outcome is not known. Alert on a jump: a peer does not answer or sends no receipts."
            }
            _ => "Attempts stopped by a fault of ours. Alert on any: credentials, configuration or a bug.",
        };
        page.one(&format!("switchback_attempts_{outcome}_total"), "counter", help, count);
    }
    page.one(
        "switchback_fallbacks_total",
        "counter",
        "Messages that changed to their second service.",
        counters.fallbacks,
    );
    page.one(
        "switchback_reverts_total",
        "counter",
        "Messages that went back to their first service.",
        counters.reverts,
    );
    page.one("switchback_withdrawals_total", "counter", "Withdrawals asked of a peer.", counters.withdrawals);
    page.one(
        "switchback_back_pressure_total",
        "counter",
        "Attempts that waited because a service's queue was full. Alert when it grows for minutes.",
        counters.back_pressure,
    );
}

fn ends(page: &mut Page, counters: &Snapshot) {
    page.one("switchback_delivered_total", "counter", "Messages delivered.", counters.delivered);
    page.one(
        "switchback_not_delivered_total",
        "counter",
        "Messages that ended in another way: failed, refused, expired, unknown, canceled.",
        counters.finished_otherwise,
    );
    page.one(
        "switchback_duplicates_total",
        "counter",
        "Second deliveries of a delivered message. Alert on a jump.",
        counters.duplicates,
    );
    page.one("switchback_charges_total", "counter", "Charges made.", counters.charged);
    page.one("switchback_refunds_total", "counter", "Charges given back.", counters.refunded);
    page.one(
        "switchback_low_balances_total",
        "counter",
        "Charges with which a charging system said that the payer has little left. Alert on a jump.",
        counters.low_balances,
    );
    let help = "Notices that a spending cap or a balance comes to its end.";
    page.one("switchback_payer_notices_total", "counter", help, counters.notices);
}

fn queues(page: &mut Page, counters: &Snapshot) {
    page.head(
        "switchback_inbox_waiting",
        "gauge",
        "Inputs that wait for a loop. Alert when it stays in the thousands.",
    );
    for (index, waiting) in counters.waiting.iter().enumerate() {
        page.line(&format!("switchback_inbox_waiting{{loop=\"{index}\"}}"), *waiting);
    }
    page.one(
        "switchback_overloads_total",
        "counter",
        "Inputs refused because a queue was full. Alert when it grows for minutes.",
        counters.overloads,
    );
    page.one(
        "switchback_held_back",
        "gauge",
        "Attempts that wait for a service's queue now.",
        counters.held_back,
    );
    page.one("switchback_readers", "gauge", "Open event streams.", counters.readers);
    page.one(
        "switchback_readers_cut_total",
        "counter",
        "Event streams closed because their reader fell behind.",
        counters.readers_cut,
    );
    page.one("switchback_receipts_parked_total", "counter", "Receipts that came before their answer, or match nothing. Alert on a steady growth without unparked ones: message ids do not match.", counters.parked);
    page.one(
        "switchback_receipts_unparked_total",
        "counter",
        "Parked receipts that found their message.",
        counters.unparked,
    );
}

fn commits(page: &mut Page, counters: &Snapshot) {
    page.one("switchback_units_total", "counter", "Units committed.", counters.units);
    page.one(
        "switchback_conflicts_total",
        "counter",
        "Units decided again because something changed meanwhile.",
        counters.conflicts,
    );
    page.one(
        "switchback_gave_up_total",
        "counter",
        "Inputs given up after too many conflicts. Alert on any: a bug.",
        counters.gave_up,
    );
    let bound = |index: usize, bounds: &[u64], scale: fn(u64) -> String| {
        bounds.get(index).map_or_else(|| "+Inf".into(), |bound| scale(*bound))
    };
    let latency: Vec<_> = counters
        .commit_latency
        .iter()
        .enumerate()
        .map(|(i, n)| (bound(i, &LATENCY_BOUNDS_US, seconds), *n))
        .collect();
    page.histogram(
        "switchback_commit_seconds",
        "How long a commit took, with its sync. Alert when the 99th percentile passes 0.1 s.",
        &latency,
        &seconds(counters.commit_us),
    );
    let count: fn(u64) -> String = |n| n.to_string();
    let sizes: Vec<_> =
        counters.batch_sizes.iter().enumerate().map(|(i, n)| (bound(i, &BATCH_BOUNDS, count), *n)).collect();
    page.histogram("switchback_commit_units", "Units in one commit.", &sizes, &counters.units.to_string());
}

/// Microseconds as decimal seconds, without a float.
fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

fn stored(page: &mut Page, store: &StoreTotals) {
    page.one("switchback_messages_open", "gauge", "Messages that are not final.", store.open);
    page.one("switchback_messages_final", "gauge", "Messages that are final.", store.finished);
    page.one("switchback_receipts_waiting", "gauge", "Receipts that match nothing yet.", store.parked);
    page.one("switchback_store_commits_total", "counter", "Syncs of the store's log.", store.commits);
    page.one("switchback_store_bytes", "gauge", "Bytes on disk. Alert before the disk is full.", store.bytes);
    page.one(
        "switchback_lists_behind",
        "gauge",
        "How many events the lists are behind. Alert when it stays above 100000.",
        store.cursor.saturating_sub(store.watermark),
    );
}

fn strangers(page: &mut Page, counters: &SipCounters) {
    page.one(
        "switchback_sip_logins_failed_total",
        "counter",
        "SIP requests with wrong credentials. Alert on a jump: somebody guesses, or a client has an old password.",
        counters.logins_failed(),
    );
    page.one(
        "switchback_sip_logins_slowed_total",
        "counter",
        "Those that were beyond the budget of their source address, and answered with 503.",
        counters.logins_slowed(),
    );
    page.one(
        "switchback_sip_connections_turned_away_total",
        "counter",
        "SIP connections closed at once, because too many of their network were open by which nobody had logged in.",
        counters.turned_away(),
    );
}

fn charging_systems(page: &mut Page, systems: &[ChargingStanding]) {
    page.head("switchback_charging_up", "gauge", "1 while a charging system can be asked. Alert when 0.");
    for system in systems {
        page.line(&format!("switchback_charging_up{{system=\"{}\"}}", system.name), u64::from(system.is_up));
    }
    page.head(
        "switchback_charging_prices",
        "gauge",
        "1 while a charging system is asked for prices, 0 for ten minutes after it refused to tell them. Alert when 0: set another `quote`.",
    );
    for (system, tells) in systems.iter().filter_map(|it| Some((it, it.tells_prices?))) {
        page.line(&format!("switchback_charging_prices{{system=\"{}\"}}", system.name), u64::from(tells));
    }
}

fn charging_records(page: &mut Page, standing: Standing) {
    page.one(
        "switchback_records_behind",
        "gauge",
        "How many events the charging records are behind. Alert when it grows for minutes.",
        standing.behind,
    );
    page.one(
        "switchback_records_written",
        "gauge",
        "Number of the last charging record in a whole file.",
        standing.records,
    );
    page.one("switchback_record_files", "gauge", "Whole files of charging records.", standing.files);
    page.one(
        "switchback_records_failing",
        "gauge",
        "1 when charging records could not be written at the last try. Alert when 1 for a minute: a full disk, or a folder that is gone.",
        u64::from(standing.failing),
    );
}

#[cfg(test)]
mod tests {
    use super::{ChargingStanding, render};
    use crate::records::Standing;
    use switchback_engine::Snapshot;
    use switchback_im::sip::Counters as SipCounters;
    use switchback_ports::StoreTotals;

    #[test]
    fn every_series_has_its_help() {
        let page = render(
            &Snapshot::default(),
            &StoreTotals::default(),
            &[],
            &[ChargingStanding { name: "ocs".into(), is_up: true, tells_prices: Some(false) }],
            Some(&SipCounters::default()),
            Some(Standing::default()),
        );
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count");
            assert!(page.contains(&format!("# HELP {family} ")), "{line}");
        }
        assert!(page.contains("switchback_commit_seconds_bucket{le=\"+Inf\"} 0"));
        assert!(page.contains("\nswitchback_charging_prices{system=\"ocs\"} 0\n"));
    }
}
