"""A charging system by another hand, python-diameter, that answers credit control and does one thing wrong.

    ocs.py PORT FAULT...

The last two digits of the payer's number say which of the faults, counted from 0. The first request of a session has
it, all others are answered as they should be; a payer beyond the list meets none. What it does to a session is a line
of its output: `held`, `charged` or `released`, the session's id, and how many units.
"""
import logging
import sys
import threading

from diameter.message import Avp
from diameter.message.avp.grouped import CostInformation, GrantedServiceUnit, UnitValue
from diameter.message.constants import *
from diameter.node import Node
from diameter.node.application import Application
from diameter.node.peer import PEER_CLOSING

INITIAL, TERMINATION, EVENT = 1, 3, 4
REFUND, PRICE_ENQUIRY = 1, 3
SUCCESS, TOO_BUSY, UNKNOWN_SESSION, UNABLE_TO_COMPLY, CREDIT_LIMIT = 2001, 3004, 5002, 5012, 4012


class ChargingSystem(Application):
    def __init__(self, faults):
        super().__init__(APP_DIAMETER_CREDIT_CONTROL_APPLICATION, is_auth_application=True)
        self.faults = [globals()[fault.replace("-", "_")] for fault in faults]
        self.held = {}

    def handle_request(self, request):
        answer = self.generate_answer(request, result_code=SUCCESS)
        answer.cc_request_type = request.cc_request_type
        answer.cc_request_number = request.cc_request_number
        if request.cc_request_type == INITIAL:
            self.reserve(request, answer)
            self.fault(request)(self, answer)
            return
        if request.cc_request_type == TERMINATION:
            self.end(request, answer)
        elif request.requested_action == PRICE_ENQUIRY:
            answer.cost_information = CostInformation(
                unit_value=UnitValue(value_digits=3, exponent=-2), currency_code=978)
        elif request.requested_action == REFUND:
            answer.result_code = UNABLE_TO_COMPLY
        self.send_answer(answer)

    def fault(self, request):
        payer = next(it for it in request.subscription_id if it.subscription_id_type == 0)
        place = int(payer.subscription_id_data[-2:])
        return self.faults[place] if place < len(self.faults) else honest

    def reserve(self, request, answer):
        asked = request.multiple_services_credit_control[0].requested_service_unit
        units, octets = asked.cc_service_specific_units, asked.cc_total_octets
        answer.add_multiple_services_credit_control(
            granted_service_unit=GrantedServiceUnit(cc_service_specific_units=units, cc_total_octets=octets))
        self.tell("held", request, units or octets)
        self.held[request.session_id] = units or octets

    def end(self, request, answer):
        if self.held.pop(request.session_id, None) is None:
            answer.result_code = UNKNOWN_SESSION
            return
        used = request.multiple_services_credit_control[0].used_service_unit[0]
        units = used.cc_service_specific_units or used.cc_total_octets or 0
        self.tell("charged" if units else "released", request, units)

    def tell(self, what, request, units):
        print(what, request.session_id, units, flush=True)

    def forget(self, answer):
        """Nothing is held after all."""
        print("released", answer.session_id, self.held.pop(answer.session_id), flush=True)


def honest(app, answer):
    app.send_answer(answer)


def result_code_only_inside(app, answer):
    answer.multiple_services_credit_control[0].result_code = SUCCESS
    answer.result_code = None
    # Its statistics could not count this one.
    conn, _ = app.node.route_answer(answer)
    conn.add_out_msg(answer)


def refused_inside(app, answer):
    answer.multiple_services_credit_control[0].result_code = CREDIT_LIMIT
    app.send_answer(answer)


def without_session_id(app, answer):
    answer.session_id = None
    app.send_answer(answer)


def without_origin(app, answer):
    answer.origin_host = answer.origin_realm = None
    app.send_answer(answer)


def without_request_type(app, answer):
    answer.cc_request_type = answer.cc_request_number = None
    app.send_answer(answer)


def without_grant(app, answer):
    answer.multiple_services_credit_control = []
    app.send_answer(answer)


def grants_otherwise(app, answer):
    answer.multiple_services_credit_control[0].granted_service_unit.cc_service_specific_units = 121
    app.send_answer(answer)


def grants_twice(app, answer):
    answer.multiple_services_credit_control *= 2
    app.send_answer(answer)


def answers_twice(app, answer):
    conn, _ = app.node.route_answer(answer)
    app.node.send_message(conn, answer)
    app.node.send_message(conn, answer)


def wrong_hop_by_hop(app, answer):
    conn, _ = app.node.route_answer(answer)
    answer.header.hop_by_hop_identifier ^= 0x5555
    app.node.send_message(conn, answer)


def wrong_end_to_end(app, answer):
    answer.header.end_to_end_identifier ^= 0x5555
    app.send_answer(answer)


def another_session(app, answer):
    answer.session_id += ".x"
    app.send_answer(answer)


def another_request(app, answer):
    answer.cc_request_number = 7
    app.send_answer(answer)


def with_a_stranger(app, answer):
    answer.append_avp(Avp.new(AVP_USER_NAME, value="anna"))
    stranger = Avp(code=999_999, payload=b"what is this")
    stranger.is_mandatory = True
    answer.append_avp(stranger)
    app.send_answer(answer)


def avp_too_long(app, answer):
    octets = bytearray(answer.as_bytes())
    # The first AVP's length is in the octets 25 to 27.
    octets[25:28] = (0xFFFF).to_bytes(3)
    send_octets(app, answer, octets)


def message_too_long(app, answer):
    octets = bytearray(answer.as_bytes())
    octets[1:4] = (0xFFFFFC).to_bytes(3)
    send_octets(app, answer, octets)


def closes(app, answer):
    conn, _ = app.node.route_answer(answer)
    conn.close()


def closes_midway(app, answer):
    octets = answer.as_bytes()
    send_octets(app, answer, octets[:len(octets) // 2]).state = PEER_CLOSING


def late(app, answer):
    threading.Timer(1.5, app.send_answer, [answer]).start()


def too_busy(app, answer):
    app.forget(answer)
    answer.header.is_error = True
    answer.result_code = TOO_BUSY
    answer.multiple_services_credit_control = []
    app.send_answer(answer)


def send_octets(app, answer, octets):
    conn, _ = app.node.route_answer(answer)
    answer.as_bytes = lambda: bytes(octets)
    app.node.send_message(conn, answer)
    return conn


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    port, faults = int(sys.argv[1]), sys.argv[2:]
    node = Node("ocs.python.test", "python.test", ip_addresses=["127.0.0.1"], tcp_port=port)
    client = node.add_peer("aaa://cpm.home.test", "home.test")
    node.add_application(ChargingSystem(faults), [client])
    node.start()
    threading.Event().wait()


main()
