//! RFC 3261 17.1.1, RFC 6026 7.2.

use crate::ladder::{TCP, UDP, play};

#[test]
fn over_udp_an_invite_is_sent_at_doubling_distances_until_timer_b() {
    play(
        UDP,
        "
            0  > INVITE    | > INVITE
          500  .           | > INVITE
         1500  .           | > INVITE
         3500  .           | > INVITE
         7500  .           | > INVITE
        15500  .           | > INVITE
        31500  .           | > INVITE
        32000  .           | ended silent, over
        ",
    );
}

#[test]
fn a_failure_is_acknowledged_each_time_it_comes_and_said_once() {
    play(
        UDP,
        "
            0  > INVITE    | > INVITE
          100  < 180       | user 180
        20000  < 486       | > ACK, ended 486
        20500  < 486       | > ACK
        20600  < 180       |
        52000  .           | over
        ",
    );
    play(
        TCP,
        "
            0  > INVITE    | > INVITE
          100  < 486       | > ACK, ended 486, over
          101  < 486       |
        ",
    );
}

#[test]
fn every_2xx_is_the_users_to_acknowledge() {
    play(
        UDP,
        "
            0  > INVITE    | > INVITE
          100  < 200       | ended 200
          600  < 200       | user 200
          700  < 486       |
        32100  .           | over
        ",
    );
}

#[test]
fn ringing_ends_with_timer_c_that_each_provisional_answer_sets_again() {
    play(
        UDP,
        "
            0  > INVITE    | > INVITE
          100  < 180       | user 180
       100000  < 180       | user 180
       290000  .           | ended silent, over
        ",
    );
}

#[test]
fn a_canceled_invite_has_32_s_for_its_487() {
    play(
        UDP,
        "
            0  > INVITE    | > INVITE
          100  < 180       | user 180
         1000  > CANCEL    | > CANCEL
         1500  .           | > CANCEL
         2500  .           | > CANCEL
         3000  < 180       | user 180
         4500  .           | > CANCEL
         8500  .           | > CANCEL
        12500  .           | > CANCEL
        16500  .           | > CANCEL
        20500  .           | > CANCEL
        24500  .           | > CANCEL
        28500  .           | > CANCEL
        32500  .           | > CANCEL
        33000  .           | ended silent, ended silent, over
        ",
    );
}

#[test]
fn a_flow_that_is_lost_ends_it() {
    play(
        TCP,
        "
            0  > INVITE    | > INVITE
            1  unsent      | ended never sent, over
          100  > INVITE    | > INVITE
          200  < 180       | user 180
          201  unsent      |
          300  lost        | ended silent, over
        ",
    );
}
