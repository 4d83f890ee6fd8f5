//! What is wanted of a charging system, and every way in which it can go.

use wire_diameter::credit::{
    AocInformation, CostInformation, CreditControlAnswer, CurrentTariff, Decimal, Dialogue, Ended, Grant,
    Heard, Money, MultipleServices, Next, Operation, Quoting, RateElement, Refusal, RequestType,
    ServiceInformation, Step, Suspicion, Terms, Units, session_id,
};
use wire_diameter::{Actor, ResultCode, Verdict};

const SESSION: &str = "us;1;2;key";
const EUR: u32 = 978;
const CENTS_9: i128 = 90_000_000;
const TERMS: Terms = Terms { currency: EUR, at_most: None, bare_grants: false, deduplicates: false };

fn begin(operation: Operation, terms: Terms) -> (Dialogue, Step) {
    Dialogue::new(operation, SESSION, Units::specific(3), terms)
}

fn answer(step: Step, result: ResultCode) -> CreditControlAnswer<'static> {
    let (request_type, number, _) = step.request();
    CreditControlAnswer {
        request_type: Some(request_type),
        request_number: Some(number),
        ..CreditControlAnswer::bare(SESSION, result, "ocs", "home.test")
    }
}

fn granting(step: Step, units: u64) -> CreditControlAnswer<'static> {
    let granted = Some(Units::specific(units));
    let mut answer = answer(step, ResultCode::SUCCESS);
    answer.services.push(MultipleServices { granted, validity: Some(600), ..MultipleServices::default() });
    answer
}

fn cost(digits: i64, exponent: i32, currency: u32) -> Option<CostInformation<'static>> {
    let cost = Money { value: Decimal { digits, exponent }, currency: Some(currency) };
    Some(CostInformation { cost, per: None })
}

fn ask(step: Step) -> Next {
    Next::Ask { step, repeated: false, elsewhere: false }
}

fn again(step: Step, repeated: bool) -> Next {
    Next::Ask { step, repeated, elsewhere: true }
}

fn refused(refusal: Refusal) -> Next {
    Next::End(Ended::Refused(refusal))
}

fn unknown(suspicion: Suspicion) -> Next {
    Next::End(Ended::Unknown(suspicion))
}

const RESERVE: Step = Step::Reserve { advice: false };
const LOST: Heard<'_, '_> = Heard::Lost { left: true };
const NEVER_LEFT: Heard<'_, '_> = Heard::Lost { left: false };

fn granted(nanos: Option<i128>, validity: Option<u32>) -> Next {
    Next::End(Ended::Granted(Grant { nanos, validity, ..Grant::default() }))
}

#[test]
fn a_reservation_is_granted_with_price_and_validity() {
    let (mut dialogue, step) = begin(Operation::Reserve, TERMS);
    assert_eq!(step, RESERVE);
    let answer = CreditControlAnswer { cost: cost(9, -2, EUR), ..granting(step, 3) };
    assert_eq!(dialogue.hear(&Heard::Answer(&answer)), granted(Some(CENTS_9), Some(600)));
}

#[test]
fn a_grant_of_more_or_less_than_was_asked_is_given_back() {
    for units in [0, 2, 4, 121] {
        let (mut dialogue, step) = begin(Operation::Reserve, TERMS);
        assert_eq!(dialogue.hear(&Heard::Answer(&granting(step, units))), ask(Step::Release), "{units}");
        let released = answer(Step::Release, ResultCode::SUCCESS);
        assert_eq!(dialogue.hear(&Heard::Answer(&released)), refused(Refusal::WrongGrant));
    }
}

#[test]
fn a_success_without_a_grant_counts_only_where_it_is_known_to() {
    let bare = answer(RESERVE, ResultCode::SUCCESS);
    let (mut strict, _) = begin(Operation::Reserve, TERMS);
    assert_eq!(strict.hear(&Heard::Answer(&bare)), ask(Step::Release));
    let (mut lax, _) = begin(Operation::Reserve, Terms { bare_grants: true, ..TERMS });
    assert_eq!(lax.hear(&Heard::Answer(&bare)), granted(None, None));
}

#[test]
fn a_reservation_that_turns_out_dearer_than_agreed_is_given_back() {
    let terms = Terms { at_most: Some(CENTS_9), ..TERMS };
    let dear = Refusal::TooDear { nanos: 900_000_000 };
    for (cost, ended) in [
        (cost(9, -2, EUR), None),
        (cost(9, -1, EUR), Some(dear)),
        (cost(9, -2, 840), Some(Refusal::Incomparable)),
        (cost(-9, -2, EUR), Some(Refusal::Incomparable)),
        (cost(1, -12, EUR), Some(Refusal::Incomparable)),
    ] {
        let (mut dialogue, step) = begin(Operation::Reserve, terms);
        let next = dialogue.hear(&Heard::Answer(&CreditControlAnswer { cost, ..granting(step, 3) }));
        match ended {
            None => assert_eq!(next, granted(Some(CENTS_9), Some(600))),
            Some(ended) => {
                assert_eq!(next, ask(Step::Release));
                let released = answer(Step::Release, ResultCode::SUCCESS);
                assert_eq!(dialogue.hear(&Heard::Answer(&released)), refused(ended));
            }
        }
    }
}

#[test]
fn what_could_not_be_given_back_for_sure_is_unknown() {
    let (mut dialogue, step) = begin(Operation::Reserve, TERMS);
    assert_eq!(dialogue.hear(&Heard::Answer(&granting(step, 9))), ask(Step::Release));
    assert_eq!(dialogue.hear(&LOST), again(Step::Release, true), "a release moves no money: once more");
    assert_eq!(dialogue.hear(&LOST), unknown(Suspicion::NoAnswer));
}

#[test]
fn refusals_are_told_apart() {
    for (code, refusal) in [
        (ResultCode::CREDIT_LIMIT_REACHED, Refusal::OutOfFunds),
        (ResultCode::END_USER_SERVICE_DENIED, Refusal::Denied),
        (ResultCode::AUTHORIZATION_REJECTED, Refusal::Denied),
        (ResultCode::USER_UNKNOWN, Refusal::UnknownUser),
        (ResultCode::RATING_FAILED, Refusal::RatingFailed),
        (ResultCode::UNABLE_TO_COMPLY, Refusal::NotSupported(ResultCode::UNABLE_TO_COMPLY)),
        (ResultCode::MISSING_AVP, Refusal::OurFault(ResultCode::MISSING_AVP)),
    ] {
        for operation in [Operation::Reserve, Operation::Debit, Operation::Quote(Quoting::PriceEnquiry)] {
            let (mut dialogue, step) = begin(operation, TERMS);
            assert_eq!(dialogue.hear(&Heard::Answer(&answer(step, code))), refused(refusal), "{code}");
        }
    }
    for code in [ResultCode::LIMITED_SUCCESS, ResultCode(2999), ResultCode(4999), ResultCode(0)] {
        let (mut dialogue, step) = begin(Operation::Debit, TERMS);
        let heard = answer(step, code);
        assert_eq!(dialogue.hear(&Heard::Answer(&heard)), unknown(Suspicion::Unclear(code)));
    }
}

#[test]
fn a_refusal_inside_a_success_is_a_refusal_and_the_session_is_ended() {
    let (mut dialogue, step) = begin(Operation::Reserve, TERMS);
    let mut heard = answer(step, ResultCode::SUCCESS);
    let result = Some(ResultCode::CREDIT_LIMIT_REACHED);
    heard.services.push(MultipleServices { result, ..MultipleServices::default() });
    assert_eq!(dialogue.hear(&Heard::Answer(&heard)), ask(Step::Release));
    let gone = answer(Step::Release, ResultCode::UNKNOWN_SESSION_ID);
    assert_eq!(dialogue.hear(&Heard::Answer(&gone)), refused(Refusal::OutOfFunds));
}

#[test]
fn not_applicable_is_free() {
    let (mut dialogue, step) = begin(Operation::Quote(Quoting::ReserveProbe), TERMS);
    let heard = answer(step, ResultCode::CREDIT_CONTROL_NOT_APPLICABLE);
    let free = Grant { nanos: Some(0), free: true, ..Grant::default() };
    assert_eq!(dialogue.hear(&Heard::Answer(&heard)), Next::End(Ended::Granted(free)));
}

#[test]
fn what_moves_money_is_never_sent_twice_blindly() {
    for operation in [Operation::Reserve, Operation::Commit, Operation::Debit, Operation::Refund] {
        let (mut dialogue, step) = begin(operation, TERMS);
        assert_eq!(dialogue.hear(&LOST), unknown(Suspicion::NoAnswer), "{operation:?}");
        // Where the charging system is known to do a request once, it is sent once more, flagged.
        let (mut dialogue, _) = begin(operation, Terms { deduplicates: true, ..TERMS });
        assert_eq!(dialogue.hear(&LOST), again(step, true));
        assert_eq!(dialogue.hear(&LOST), unknown(Suspicion::NoAnswer));
    }
    for operation in [Operation::Release, Operation::Quote(Quoting::PriceEnquiry)] {
        let (mut dialogue, step) = begin(operation, TERMS);
        assert_eq!(dialogue.hear(&LOST), again(step, true));
        assert_eq!(dialogue.hear(&Heard::NotSent), unknown(Suspicion::NoAnswer));
    }
}

#[test]
fn what_never_left_goes_elsewhere_unflagged_and_then_is_surely_not_done() {
    let (mut dialogue, step) = begin(Operation::Debit, TERMS);
    assert_eq!(dialogue.hear(&NEVER_LEFT), again(step, false));
    assert_eq!(dialogue.hear(&NEVER_LEFT), refused(Refusal::Unavailable));
    let (mut dialogue, _) = begin(Operation::Debit, TERMS);
    assert_eq!(dialogue.hear(&Heard::NotSent), refused(Refusal::Unavailable));
    let (mut dialogue, _) = begin(Operation::Debit, TERMS);
    assert_eq!(dialogue.hear(&NEVER_LEFT), again(step, false));
    assert_eq!(dialogue.hear(&LOST), unknown(Suspicion::NoAnswer));
}

#[test]
fn a_peer_that_is_busy_sends_us_to_the_other() {
    let (mut dialogue, step) = begin(Operation::Debit, TERMS);
    let busy = answer(step, ResultCode::TOO_BUSY);
    assert_eq!(dialogue.hear(&Heard::Answer(&busy)), again(step, false));
    assert_eq!(dialogue.hear(&Heard::Answer(&busy)), refused(Refusal::Unavailable));
}

#[test]
fn a_session_that_is_gone_when_it_is_committed_again_may_have_been_charged() {
    let gone = answer(Step::Commit, ResultCode::UNKNOWN_SESSION_ID);
    let (mut dialogue, _) = begin(Operation::Commit, TERMS);
    assert_eq!(dialogue.hear(&Heard::Answer(&gone)), refused(Refusal::SessionGone));
    let (mut dialogue, step) = begin(Operation::Commit, Terms { deduplicates: true, ..TERMS });
    assert_eq!(dialogue.hear(&LOST), again(step, true));
    assert_eq!(dialogue.hear(&Heard::Answer(&gone)), unknown(Suspicion::GoneAfterRepeat));
}

/// An answer in the session that takes the place of one that has run out.
fn anew(answer: CreditControlAnswer<'static>) -> CreditControlAnswer<'static> {
    CreditControlAnswer { session_id: "us;1;2;key.n", ..answer }
}

/// A commit of what has run out, up to the reservation that takes its place.
fn renewing() -> Dialogue {
    let (mut commit, step) = begin(Operation::Commit, Terms { at_most: Some(CENTS_9), ..TERMS });
    assert_eq!((step, commit.session_id()), (Step::Commit, SESSION));
    let gone = answer(Step::Commit, ResultCode::UNKNOWN_SESSION_ID);
    assert_eq!(commit.hear(&Heard::Answer(&gone)), ask(RESERVE));
    assert_eq!(commit.session_id(), "us;1;2;key.n");
    commit
}

#[test]
fn a_reservation_that_has_run_out_is_made_anew_and_charged() {
    let mut commit = renewing();
    let granted = CreditControlAnswer { cost: cost(9, -2, EUR), ..anew(granting(RESERVE, 3)) };
    assert_eq!(commit.hear(&Heard::Answer(&granted)), ask(Step::Commit));
    let charged = anew(answer(Step::Commit, ResultCode::SUCCESS));
    assert!(matches!(commit.hear(&Heard::Answer(&charged)), Next::End(Ended::Granted(_))));
}

#[test]
fn what_is_not_granted_anew_is_surely_not_charged() {
    let mut short = renewing();
    let limit = anew(answer(RESERVE, ResultCode::CREDIT_LIMIT_REACHED));
    assert_eq!(short.hear(&Heard::Answer(&limit)), refused(Refusal::OutOfFunds));

    let mut dearer = renewing();
    let granted = CreditControlAnswer { cost: cost(10, -2, EUR), ..anew(granting(RESERVE, 3)) };
    assert_eq!(dearer.hear(&Heard::Answer(&granted)), ask(Step::Release));
    let released = anew(answer(Step::Release, ResultCode::SUCCESS));
    assert_eq!(dearer.hear(&Heard::Answer(&released)), refused(Refusal::TooDear { nanos: 100_000_000 }));

    let mut silent = renewing();
    assert_eq!(silent.hear(&LOST), ask(Step::Release));
    assert_eq!(silent.hear(&LOST), again(Step::Release, true));
    assert_eq!(silent.hear(&LOST), refused(Refusal::SessionGone));

    let mut free = renewing();
    let none = anew(answer(RESERVE, ResultCode::CREDIT_CONTROL_NOT_APPLICABLE));
    assert_eq!(free.hear(&Heard::Answer(&none)), refused(Refusal::SessionGone));

    let mut gone_again = renewing();
    assert_eq!(gone_again.hear(&Heard::Answer(&anew(granting(RESERVE, 3)))), ask(Step::Commit));
    let gone = anew(answer(Step::Commit, ResultCode::UNKNOWN_SESSION_ID));
    assert_eq!(gone_again.hear(&Heard::Answer(&gone)), refused(Refusal::SessionGone));
}

#[test]
fn a_charge_of_what_was_made_anew_that_has_no_answer_is_in_doubt() {
    let mut commit = renewing();
    assert_eq!(commit.hear(&Heard::Answer(&anew(granting(RESERVE, 3)))), ask(Step::Commit));
    assert_eq!(commit.hear(&LOST), unknown(Suspicion::NoAnswer));
}

#[test]
fn nothing_is_made_anew_without_a_limit() {
    let (mut commit, _) = begin(Operation::Commit, TERMS);
    let gone = answer(Step::Commit, ResultCode::UNKNOWN_SESSION_ID);
    assert_eq!(commit.hear(&Heard::Answer(&gone)), refused(Refusal::SessionGone));
}

#[test]
fn a_debit_of_other_than_was_asked_is_a_suspect() {
    let (mut dialogue, step) = begin(Operation::Debit, TERMS);
    assert_eq!(dialogue.hear(&Heard::Answer(&granting(step, 121))), unknown(Suspicion::WrongDebit));
}

#[test]
fn an_answer_to_something_else_proves_nothing() {
    let (mut dialogue, step) = begin(Operation::Debit, TERMS);
    let good = answer(step, ResultCode::SUCCESS);
    for bad in [
        CreditControlAnswer { session_id: "us;1;2;other", ..good.clone() },
        CreditControlAnswer { request_number: Some(1), ..good.clone() },
        CreditControlAnswer { request_type: Some(RequestType::Initial), ..good },
    ] {
        assert_eq!(dialogue.hear(&Heard::Answer(&bad)), unknown(Suspicion::Mismatch));
    }
    assert_eq!(dialogue.hear(&Heard::Unreadable), unknown(Suspicion::Unreadable));
}

#[test]
fn a_price_enquiry_needs_a_price_of_the_whole() {
    let quote = Operation::Quote(Quoting::PriceEnquiry);
    for (cost, next) in [
        (cost(9, -2, EUR), granted(Some(CENTS_9), None)),
        (None, refused(Refusal::NoPrice)),
        (cost(9, -2, 840), refused(Refusal::Incomparable)),
        (
            cost(9, -2, EUR).map(|cost| CostInformation { per: Some("minute"), ..cost }),
            refused(Refusal::Incomparable),
        ),
    ] {
        let (mut dialogue, step) = begin(quote, TERMS);
        let heard = CreditControlAnswer { cost, ..answer(step, ResultCode::SUCCESS) };
        assert_eq!(dialogue.hear(&Heard::Answer(&heard)), next);
    }
}

#[test]
fn a_probe_gives_its_reservation_back_whatever_it_learned() {
    let (mut dialogue, step) = begin(Operation::Quote(Quoting::ReserveProbe), TERMS);
    let heard = CreditControlAnswer { cost: cost(9, -2, EUR), ..granting(step, 3) };
    assert_eq!(dialogue.hear(&Heard::Answer(&heard)), ask(Step::Release));
    let released = answer(Step::Release, ResultCode::SUCCESS);
    assert_eq!(dialogue.hear(&Heard::Answer(&released)), granted(Some(CENTS_9), Some(600)));
    // No answer: perhaps it holds.
    let (mut dialogue, _) = begin(Operation::Quote(Quoting::ReserveProbe), TERMS);
    assert_eq!(dialogue.hear(&LOST), ask(Step::Release));
    assert_eq!(dialogue.hear(&Heard::Answer(&released)), unknown(Suspicion::NoAnswer));
}

#[test]
fn advice_of_charge_is_a_price_in_each_of_its_forms() {
    let decimal = |digits, exponent| Decimal { digits, exponent };
    let accumulated = AocInformation {
        accumulated: Some(decimal(9, -2)),
        currency: Some(EUR),
        ..AocInformation::default()
    };
    let incremental = AocInformation {
        incremental: vec![decimal(4, -2), decimal(50, -3)],
        currency: Some(EUR),
        ..AocInformation::default()
    };
    // 0.30 by a scale of a tenth for each started two units: three units are two steps, 0.06.
    let rate = RateElement { unit_type: 5, per: Some(decimal(2, 0)), cost: decimal(3, -1) };
    let tariff = CurrentTariff { currency: Some(EUR), scale: Some(decimal(1, -1)), rates: vec![rate] };
    let tariff = AocInformation { tariff: Some(tariff), ..AocInformation::default() };
    for (aoc, nanos) in [(accumulated, CENTS_9), (incremental, CENTS_9), (tariff, 60_000_000)] {
        let (mut dialogue, step) = begin(Operation::Quote(Quoting::Advice), TERMS);
        assert_eq!(step, Step::Reserve { advice: true });
        let information = Some(ServiceInformation { aoc: Some(aoc), ..ServiceInformation::default() });
        let heard = CreditControlAnswer { information, ..granting(step, 3) };
        assert_eq!(dialogue.hear(&Heard::Answer(&heard)), ask(Step::Release));
        let released = answer(Step::Release, ResultCode::SUCCESS);
        assert_eq!(dialogue.hear(&Heard::Answer(&released)), granted(Some(nanos), Some(600)));
    }
}

#[test]
fn session_ids_are_derived_and_differ() {
    let id = session_id("us.home.test", "msg_1.1");
    assert_eq!(id, session_id("us.home.test", "msg_1.1"));
    assert!(id.starts_with("us.home.test;") && id.ends_with(";msg_1.1"));
    assert_eq!(id.split(';').count(), 4);
    assert_ne!(id, session_id("us.home.test", "msg_1.2"));
}

#[test]
fn nothing_but_a_success_is_taken_for_one_and_what_is_not_known_leaves_doubt() {
    for code in (0..10_000).map(ResultCode) {
        for operation in [Operation::Reserve, Operation::Commit, Operation::Debit, Operation::Refund] {
            let (mut dialogue, step) = begin(operation, TERMS);
            let next = dialogue.hear(&Heard::Answer(&answer(step, code)));
            let done = matches!(next, Next::End(Ended::Granted(_)));
            let says_so = matches!(code.verdict(), Verdict::Granted | Verdict::NotApplicable);
            assert!(says_so || !done, "{operation:?} {code}");
            let doubt = matches!(next, Next::End(Ended::Unknown(_)));
            assert_eq!(doubt, code.verdict() == Verdict::Unclear, "{operation:?} {code}: {next:?}");
        }
    }
    let known = |verdict| ResultCode::KNOWN.iter().filter(move |code| code.verdict() == verdict).count();
    assert_eq!((known(Verdict::Granted), known(Verdict::NotApplicable)), (1, 1));
}

#[test]
fn every_known_code_says_who_must_act() {
    for code in ResultCode::KNOWN {
        let nobody =
            matches!(code.verdict(), Verdict::Granted | Verdict::NotApplicable | Verdict::UnknownSession);
        assert_eq!(code.actor() == Actor::Nobody, nobody, "{code}");
        assert!(code.name().is_some());
    }
    assert_eq!((ResultCode(2077).verdict(), ResultCode(2077).actor()), (Verdict::Unclear, Actor::Peer));
}
