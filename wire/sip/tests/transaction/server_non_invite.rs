//! RFC 3261 17.2.2, RFC 4320 4.1.

use crate::ladder::{TCP, UDP, play};

#[test]
fn over_udp_a_request_that_comes_again_gets_the_same_answer_until_timer_j() {
    play(
        UDP,
        "
            0  < MESSAGE   | user MESSAGE
          500  < MESSAGE   |
          700  = 202       | > 202
         1500  < MESSAGE   | > 202
        32699  < MESSAGE   | > 202
        32700  .           | over
        40000  < MESSAGE   | user MESSAGE
        ",
    );
}

#[test]
fn over_tcp_nothing_is_kept_after_the_answer() {
    play(
        TCP,
        "
            0  < MESSAGE   | user MESSAGE
           10  < MESSAGE   |
           20  = 202       | > 202, over
           30  = 202       | refused
        ",
    );
}

#[test]
fn a_slow_answer_is_preceded_by_100_but_never_before_the_clients_timer_e_has_grown_to_t2() {
    play(
        UDP,
        "
            0  < MESSAGE   | user MESSAGE
          500  < MESSAGE   |
         3499  < MESSAGE   |
         3500  .           | > 100
         7500  < MESSAGE   | > 100
         8000  = 200       | > 200
         8001  < MESSAGE   | > 200
        40000  .           | over
        ",
    );
}

#[test]
fn what_the_user_never_answers_is_dropped_when_its_client_has_given_up() {
    play(
        UDP,
        "
            0  < MESSAGE   | user MESSAGE
         3500  .           | > 100
        32000  .           | over
        32001  = 200       | refused
        ",
    );
}

#[test]
fn the_user_can_not_say_provisional_things_or_408_and_answers_once() {
    play(
        UDP,
        "
            0  < MESSAGE   | user MESSAGE
            1  = 100       | refused
            2  = 180       | refused
            3  = 408       | refused
            4  = 200       | > 200
            5  = 500       | refused
            6  < MESSAGE   | > 200
        ",
    );
}
