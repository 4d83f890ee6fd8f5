//! RFC 3261 17.1.2.

use crate::ladder::{TCP, UDP, play};

#[test]
fn over_udp_a_request_is_sent_at_doubling_distances_until_timer_f() {
    play(
        UDP,
        "
            0  > MESSAGE   | > MESSAGE
          500  .           | > MESSAGE
         1500  .           | > MESSAGE
         3500  .           | > MESSAGE
         7500  .           | > MESSAGE
        11500  .           | > MESSAGE
        15500  .           | > MESSAGE
        19500  .           | > MESSAGE
        23500  .           | > MESSAGE
        27500  .           | > MESSAGE
        31500  .           | > MESSAGE
        32000  .           | ended silent, over
        32001  < 200       |
        ",
    );
}

#[test]
fn the_final_answer_is_said_once_and_absorbed_until_timer_k() {
    play(
        UDP,
        "
            0  > MESSAGE   | > MESSAGE
          500  .           | > MESSAGE
          600  < 202       | ended 202
          700  < 202       |
         5599  < 500       |
         5600  .           | over
         5601  < 202       |
        ",
    );
}

#[test]
fn a_provisional_answer_slows_the_repetition_to_t2() {
    play(
        UDP,
        "
            0  > MESSAGE   | > MESSAGE
          200  < 100       | user 100
          500  .           | > MESSAGE
         4500  .           | > MESSAGE
         5000  < 100       | user 100
         8500  .           | > MESSAGE
         9000  < 480       | ended 480
        14000  .           | over
        ",
    );
}

#[test]
fn over_tcp_it_is_sent_once_and_the_answer_ends_it() {
    play(
        TCP,
        "
            0  > MESSAGE   | > MESSAGE
        10000  < 200       | ended 200, over
        10001  < 200       |
        20000  > MESSAGE   | > MESSAGE
        52000  .           | ended silent, over
        ",
    );
}

#[test]
fn what_never_left_is_never_sent_and_what_may_have_left_is_silent() {
    play(
        TCP,
        "
            0  > MESSAGE   | > MESSAGE
            1  unsent      | ended never sent, over
            2  lost        |
            3  > MESSAGE   | > MESSAGE
            4  lost        | ended silent, over
        ",
    );
    play(
        UDP,
        "
            0  > MESSAGE   | > MESSAGE
          500  .           | > MESSAGE
          501  unsent      |
          502  < 200       | ended 200
          503  lost        |
        ",
    );
}

#[test]
fn a_branch_in_use_is_refused_and_an_ack_is_no_transaction() {
    play(
        TCP,
        "
            0  > MESSAGE   | > MESSAGE
            1  > MESSAGE   | refused
            2  > ACK       | refused
            3  < 200       | ended 200, over
        ",
    );
}
