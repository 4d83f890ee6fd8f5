/* A charging system of the smallest kind, as an extension of freeDiameter: every request whose AVPs pass its strict
 * dictionaries is answered. Prices are a fixed 0.03 EUR; a reservation is granted what it asks for; a refund is refused
 * with DIAMETER_UNABLE_TO_COMPLY, as some charging systems do. */
#include <freeDiameter/extension.h>

static struct dict_object *request_type, *request_number, *requested_action, *application, *cost, *unit_value, *digits,
    *exponent, *currency, *services, *asked, *granted, *specific, *octets, *command;

enum { INITIAL = 1, DEBIT = 0, REFUND = 1, PRICE = 3 };

/* Adds an AVP with a value, or an empty group without one, and hands it out. */
static int add(msg_or_avp *to, struct dict_object *what, union avp_value *value, struct avp **out)
{
    struct avp *avp;
    CHECK_FCT(fd_msg_avp_new(what, 0, &avp));
    if (value)
        CHECK_FCT(fd_msg_avp_setvalue(avp, value));
    CHECK_FCT(fd_msg_avp_add(to, MSG_BRW_LAST_CHILD, avp));
    if (out)
        *out = avp;
    return 0;
}

static int add_u32(msg_or_avp *to, struct dict_object *what, uint32_t number)
{
    union avp_value value;
    value.u32 = number;
    return add(to, what, &value, NULL);
}

static int add_i32(msg_or_avp *to, struct dict_object *what, int32_t number)
{
    union avp_value value;
    value.i32 = number;
    return add(to, what, &value, NULL);
}

/* The child of a group that is of this kind, or NULL. */
static struct avp *child(struct avp *group, struct dict_object *kind)
{
    struct dict_avp_data wanted;
    struct avp_hdr *header;
    msg_or_avp *at = NULL;
    if (fd_dict_getval(kind, &wanted) || fd_msg_browse(group, MSG_BRW_FIRST_CHILD, &at, NULL))
        return NULL;
    while (at) {
        if (fd_msg_avp_hdr(at, &header) == 0 && header->avp_code == wanted.avp_code
            && header->avp_vendor == wanted.avp_vendor)
            return at;
        if (fd_msg_browse(at, MSG_BRW_NEXT, &at, NULL))
            return NULL;
    }
    return NULL;
}

static int number_of(struct msg *message, struct dict_object *what, int32_t *out)
{
    struct avp *avp;
    struct avp_hdr *header;
    CHECK_FCT(fd_msg_search_avp(message, what, &avp));
    if (avp) {
        CHECK_FCT(fd_msg_avp_hdr(avp, &header));
        *out = header->avp_value->i32;
    }
    return 0;
}

/* Looks up what is asked for in Multiple-Services-Credit-Control: service-specific units, or else octets. */
static int units_of(struct msg *message, struct dict_object **kind, uint64_t *units)
{
    struct avp *service, *requested, *found;
    struct avp_hdr *header;
    *kind = NULL;
    CHECK_FCT(fd_msg_search_avp(message, services, &service));
    requested = service ? child(service, asked) : NULL;
    if (!requested)
        return 0;
    if ((found = child(requested, specific)))
        *kind = specific;
    else if ((found = child(requested, octets)))
        *kind = octets;
    if (found) {
        CHECK_FCT(fd_msg_avp_hdr(found, &header));
        *units = header->avp_value->u64;
    }
    return 0;
}

static int tell_price(struct msg *answer)
{
    struct avp *information, *amount;
    union avp_value value;
    CHECK_FCT(add(answer, cost, NULL, &information));
    CHECK_FCT(add(information, unit_value, NULL, &amount));
    value.i64 = 3;
    CHECK_FCT(add(amount, digits, &value, NULL));
    CHECK_FCT(add_i32(amount, exponent, -2));
    return add_u32(information, currency, 978);
}

static int grant(struct msg *answer, struct dict_object *kind, uint64_t units)
{
    struct avp *service, *grants;
    union avp_value value;
    CHECK_FCT(add(answer, services, NULL, &service));
    CHECK_FCT(add(service, granted, NULL, &grants));
    value.u64 = units;
    return add(grants, kind, &value, NULL);
}

static int answer_request(struct msg **msg, struct avp *avp, struct session *session, void *data, enum disp_action *act)
{
    int32_t type = 0, number = 0, action = -1;
    struct dict_object *kind;
    uint64_t units = 0;
    (void)avp, (void)session, (void)data, (void)act;
    CHECK_FCT(number_of(*msg, request_type, &type));
    CHECK_FCT(number_of(*msg, request_number, &number));
    CHECK_FCT(number_of(*msg, requested_action, &action));
    CHECK_FCT(units_of(*msg, &kind, &units));
    CHECK_FCT(fd_msg_new_answer_from_req(fd_g_config->cnf_dict, msg, 0));
    CHECK_FCT(fd_msg_rescode_set(
        *msg, action == REFUND ? "DIAMETER_UNABLE_TO_COMPLY" : "DIAMETER_SUCCESS", NULL, NULL, 1));
    CHECK_FCT(add_u32(*msg, application, 4));
    CHECK_FCT(add_i32(*msg, request_type, type));
    CHECK_FCT(add_u32(*msg, request_number, (uint32_t)number));
    if (action == PRICE || action == DEBIT)
        CHECK_FCT(tell_price(*msg));
    if (type == INITIAL && kind)
        CHECK_FCT(grant(*msg, kind, units));
    CHECK_FCT(fd_msg_send(msg, NULL, NULL));
    return 0;
}

static int find(const char *name, struct dict_object **out)
{
    return fd_dict_search(fd_g_config->cnf_dict, DICT_AVP, AVP_BY_NAME, name, out, ENOENT);
}

static int ocs_entry(char *conf)
{
    struct disp_when when;
    struct dict_object *credit_control;
    uint32_t id = 4;
    (void)conf;
    CHECK_FCT(find("CC-Request-Type", &request_type));
    CHECK_FCT(find("CC-Request-Number", &request_number));
    CHECK_FCT(find("Requested-Action", &requested_action));
    CHECK_FCT(find("Auth-Application-Id", &application));
    CHECK_FCT(find("Cost-Information", &cost));
    CHECK_FCT(find("Unit-Value", &unit_value));
    CHECK_FCT(find("Value-Digits", &digits));
    CHECK_FCT(find("Exponent", &exponent));
    CHECK_FCT(find("Currency-Code", &currency));
    CHECK_FCT(find("Multiple-Services-Credit-Control", &services));
    CHECK_FCT(find("Requested-Service-Unit", &asked));
    CHECK_FCT(find("Granted-Service-Unit", &granted));
    CHECK_FCT(find("CC-Service-Specific-Units", &specific));
    CHECK_FCT(find("CC-Total-Octets", &octets));
    CHECK_FCT(fd_dict_search(
        fd_g_config->cnf_dict, DICT_COMMAND, CMD_BY_NAME, "Credit-Control-Request", &command, ENOENT));
    CHECK_FCT(fd_dict_search(
        fd_g_config->cnf_dict, DICT_APPLICATION, APPLICATION_BY_ID, &id, &credit_control, ENOENT));
    memset(&when, 0, sizeof when);
    when.command = command;
    CHECK_FCT(fd_disp_register(answer_request, DISP_HOW_CC, &when, NULL, NULL));
    return fd_disp_app_support(credit_control, NULL, 1, 0);
}

EXTENSION_ENTRY("ocs", ocs_entry, "dict_dcca");
