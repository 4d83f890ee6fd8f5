//! RFC 3261 17.2.1, RFC 6026 7.1.

use crate::ladder::{TCP, UDP, play};

#[test]
fn a_failure_is_sent_until_its_ack_which_ends_here() {
    play(
        UDP,
        "
            0  < INVITE      | user INVITE
          100  = 180         | > 180
          500  < INVITE      | > 180
         1000  = 486         | > 486
         1500  .             | > 486
         2500  .             | > 486
         4500  .             | > 486
         8500  .             | > 486
         9000  < INVITE      | > 486
        12500  .             | > 486
        13000  < ACK         |
        13500  < ACK         |
        14000  < INVITE      |
        18000  .             | over
        ",
    );
}

#[test]
fn a_failure_that_is_never_acknowledged_ends_with_timer_h() {
    play(
        UDP,
        "
            0  < INVITE      | user INVITE
            0  = 486         | > 486
          500  .             | > 486
         1500  .             | > 486
         3500  .             | > 486
         7500  .             | > 486
        11500  .             | > 486
        15500  .             | > 486
        19500  .             | > 486
        23500  .             | > 486
        27500  .             | > 486
        31500  .             | > 486
        32000  .             | over
        ",
    );
}

#[test]
fn over_tcp_a_failure_is_sent_once_and_its_ack_ends_it() {
    play(
        TCP,
        "
            0  < INVITE      | user INVITE
          100  = 486         | > 486
         5000  < INVITE      | > 486
         6000  < ACK         | over
         6001  < ACK         |
        ",
    );
}

#[test]
fn a_2xx_belongs_to_the_user_and_so_do_its_acks() {
    play(
        UDP,
        "
            0  < INVITE      | user INVITE
          100  = 200         | > 200
          500  < INVITE      |
          600  = 200         | > 200
          700  < ACK of 2xx  | user ACK
          701  < ACK         | user ACK
          800  = 486         | refused
        32100  .             | over
        40000  < ACK of 2xx  | user ACK
        ",
    );
}

#[test]
fn a_silent_user_makes_100_after_200_ms() {
    play(
        UDP,
        "
            0  < INVITE      | user INVITE
          150  < INVITE      |
          200  .             | > 100
          500  < INVITE      | > 100
        60000  = 180         | > 180
        60500  < INVITE      | > 180
       250000  .             | over
        ",
    );
}

#[test]
fn a_canceled_invite_is_answered_by_the_user() {
    play(
        UDP,
        "
            0  < INVITE      | user INVITE
          100  = 180         | > 180
          200  < CANCEL      | > 200, user CANCEL
          700  < CANCEL      | > 200
          800  = 487         | > 487
          900  < ACK         |
         1000  < CANCEL      | > 200
         5900  .             |
        32200  .             | over
        ",
    );
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    play(
        UDP,
        "
            0  < INVITE      | user INVITE
          100  = 200         | > 200
          200  < CANCEL      | > 200
        ",
    );
}
