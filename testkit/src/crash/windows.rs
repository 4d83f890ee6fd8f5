//! Which windows a kill met, from the witnesses' times. The definitions are in the module above.

use super::report::{Kill, Window};
use super::witness::{Asked, Peers, Witnesses};

/// Answers that left so shortly before the kill were not recorded: a commit takes longer to come round.
const COMMIT_US: u64 = 3_000;

/// No server is up so soon after a kill.
const RESTART_US: u64 = 20_000;

/// What was settled so shortly before the kill stands for the settling itself.
const SETTLE_US: u64 = 20_000;

/// Fills in what each kill met. `kills` holds the moments, in their order.
pub(super) fn meet(kills: &mut [Kill], witnesses: &Witnesses) {
    let nothing = Peers::default();
    for asked in witnesses.asked.values() {
        let peers = witnesses.of(&asked.hash).unwrap_or(&nothing);
        let mut before = 0;
        for kill in kills.iter_mut() {
            let span = Span { before, at: kill.at, gone: kill.gone };
            span.look(asked, peers, kill);
            before = kill.at;
        }
    }
}

/// From one kill to the next.
struct Span {
    before: u64,
    at: u64,
    gone: u64,
}

impl Span {
    fn holds(&self, moment: u64) -> bool {
        self.before < moment && moment <= self.at
    }

    fn look(&self, asked: &Asked, peers: &Peers, kill: &mut Kill) {
        if asked.intent > self.at {
            return;
        }
        let mut met = |window: Window, is_met: bool| {
            if is_met {
                *kill.windows.entry(window).or_default() += 1;
            }
        };
        let committed = self.committed_not_answered(asked) || self.answered_later(asked);
        met(Window::CommittedNotAnswered, committed);
        met(Window::SentNotAnswered, self.sent_not_answered(peers));
        met(Window::AnsweredNotRecorded, self.answered_not_recorded(peers));
        met(Window::ReceiptNotRecorded, self.receipt_not_recorded(peers));
        met(Window::WithdrawalOpen, self.withdrawal_open(peers));
        met(Window::Settle, self.settle(peers));
        let Some(accepted) = asked.accepted().filter(|answer| answer.at <= self.at) else { return };
        debug_assert!(accepted.at >= asked.intent);
        let mut seen = peers.submits.values().map(|submit| submit.at).chain(peers.heard.iter().copied());
        let goes_at_once = matches!(asked.class.as_str(), "plain" | "chat" | "wired" | "bare");
        met(Window::IntentNotSent, goes_at_once && seen.all(|at| at > self.at));
        kill.in_flight += u64::from(peers.settled().is_none_or(|settled| settled > self.at));
    }

    /// The repeat that was answered as replayed followed the confusion of this very kill.
    fn committed_not_answered(&self, asked: &Asked) -> bool {
        let Some(answer) = asked.accepted().filter(|answer| answer.replayed) else { return false };
        let last = asked.unclear.iter().rfind(|unclear| **unclear <= answer.at);
        last.is_some_and(|unclear| self.at <= *unclear && *unclear <= self.gone + 1_000_000)
    }

    /// It was accepted before, and its answer came from the restarted server.
    fn answered_later(&self, asked: &Asked) -> bool {
        let later = asked.accepted().is_some_and(|answer| answer.at > self.gone + RESTART_US);
        later && asked.committed.is_some_and(|committed| committed + COMMIT_US < self.at)
    }

    fn sent_not_answered(&self, peers: &Peers) -> bool {
        let open = |answered: Option<u64>| answered.is_none_or(|answered| answered > self.at);
        peers.submits.values().any(|submit| self.holds(submit.at) && open(submit.answered))
    }

    fn answered_not_recorded(&self, peers: &Peers) -> bool {
        peers.submits.values().any(|submit| {
            let Some(answered) = submit.answered.filter(|answered| self.holds(*answered)) else {
                return false;
            };
            let again = |other: u64| other > self.at;
            let submitted_again = submit.ended.is_none()
                && !submit.is_part
                && submit.receipts.iter().all(|receipt| receipt.acked.is_none_or(|acked| acked > self.at))
                && peers.submits.values().any(|other| again(other.at));
            submitted_again || answered + COMMIT_US > self.at
        }) || peers.hearings.values().any(|hearing| {
            // A handset answers in the moment in which it hears.
            hearing.at.iter().any(|heard| self.holds(*heard) && heard + COMMIT_US > self.at)
        })
    }

    fn receipt_not_recorded(&self, peers: &Peers) -> bool {
        let mut receipts = peers.submits.values().flat_map(|submit| &submit.receipts).chain(&peers.notices);
        receipts.any(|receipt| self.holds(receipt.at) && receipt.acked.is_none_or(|acked| acked > self.at))
    }

    fn withdrawal_open(&self, peers: &Peers) -> bool {
        let next = peers.heard.iter().min().is_none_or(|heard| *heard > self.at);
        next && peers.submits.values().any(|submit| submit.cancelled.is_some_and(|at| self.holds(at)))
    }

    fn settle(&self, peers: &Peers) -> bool {
        let just = |moment: u64| moment <= self.at && moment + SETTLE_US > self.at;
        let receipts = peers.submits.values().flat_map(|submit| &submit.receipts);
        let mut acked = receipts.filter_map(|receipt| receipt.acked);
        acked.any(just) || peers.confirmed.iter().any(|confirmed| just(*confirmed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::witness::{Answered, Hearing, Sent, Submit};
    use super::*;

    const KILL: u64 = 10_000_000;

    fn met(change: impl FnOnce(&mut Asked, &mut Peers)) -> (Vec<Window>, u64) {
        // A story that is over long before the kill.
        let answer = Answered { at: 1_000_100, status: 202, id: None, replayed: false };
        let mut asked = Asked {
            intent: 1_000_000,
            hash: "h".into(),
            class: "plain".into(),
            answer: Some(answer),
            ..Asked::default()
        };
        let receipts = vec![Sent { at: 2_000_000, acked: Some(2_000_100) }];
        let submit = Submit { at: 1_000_200, answered: Some(1_000_300), receipts, ..Submit::default() };
        let mut peers =
            Peers { submits: [("a".to_owned(), submit)].into(), shown: vec![2_000_000], ..Peers::default() };
        change(&mut asked, &mut peers);
        let mut witnesses = Witnesses::default();
        witnesses.asked.insert(1, asked);
        witnesses.peers.insert("h".into(), peers);
        let mut kills = [Kill { at: KILL, gone: KILL + 500, ..Kill::default() }];
        meet(&mut kills, &witnesses);
        let [kill] = kills;
        (kill.windows.into_keys().collect(), kill.in_flight)
    }

    fn submit(peers: &mut Peers) -> &mut Submit {
        peers.submits.get_mut("a").unwrap()
    }

    #[test]
    fn over_sip_answers_and_notifications_stand_in_the_same_windows() {
        let later = |asked: &mut Asked, _: &mut Peers| {
            asked.committed = Some(KILL - 10_000);
            asked.answer.as_mut().unwrap().at = KILL + 300_000;
        };
        assert!(met(later).0.contains(&Window::CommittedNotAnswered));
        let untold = |_: &mut Asked, peers: &mut Peers| {
            peers.notices = vec![Sent { at: KILL - 1, acked: Some(KILL + 9) }];
        };
        assert_eq!(met(untold).0, [Window::ReceiptNotRecorded]);
        let heard = |_: &mut Asked, peers: &mut Peers| {
            let hearing = Hearing { at: vec![KILL - 1], ..Hearing::default() };
            peers.hearings.insert("a".into(), hearing);
        };
        assert_eq!(met(heard).0, [Window::AnsweredNotRecorded]);
    }

    #[test]
    fn what_is_over_meets_nothing() {
        assert_eq!(met(|_, _| ()), (vec![], 0));
    }

    #[test]
    fn each_window_is_met_by_its_own_evidence() {
        let replayed = |asked: &mut Asked, _: &mut Peers| {
            asked.unclear = vec![KILL + 200];
            asked.answer = Some(Answered { at: KILL + 900, status: 202, id: None, replayed: true });
        };
        assert!(met(replayed).0.contains(&Window::CommittedNotAnswered));
        let unsent = |_: &mut Asked, peers: &mut Peers| submit(peers).at = KILL + 1;
        assert!(met(unsent).0.contains(&Window::IntentNotSent));
        let unanswered = |_: &mut Asked, peers: &mut Peers| submit(peers).answered = Some(KILL + 1);
        assert_eq!(met(unanswered).0, [Window::SentNotAnswered]);
        let again = |_: &mut Asked, peers: &mut Peers| {
            submit(peers).receipts[0].acked = None;
            peers
                .submits
                .insert("b".into(), Submit { at: KILL + 1, answered: Some(KILL + 2), ..Submit::default() });
        };
        assert!(met(again).0.contains(&Window::AnsweredNotRecorded));
        let unacked = |_: &mut Asked, peers: &mut Peers| submit(peers).receipts[0].acked = Some(KILL + 1);
        assert_eq!(met(unacked), (vec![Window::ReceiptNotRecorded], 1));
        let withdrawn = |_: &mut Asked, peers: &mut Peers| {
            submit(peers).cancelled = Some(KILL - 1);
            peers.heard = vec![KILL + 5];
        };
        assert_eq!(met(withdrawn).0, [Window::WithdrawalOpen]);
        let settling = |_: &mut Asked, peers: &mut Peers| submit(peers).receipts[0].acked = Some(KILL - 1);
        assert_eq!(met(settling).0, [Window::Settle]);
    }
}
