#include "CProtonShim.h"

#include <proton/sasl.h>
#include <proton/sasl_plugin.h>
#include <stdlib.h>
#include <string.h>

void hubwatch_driver_error(pn_connection_driver_t *driver, const char *name, const char *description) {
    pn_connection_driver_errorf(driver, name, "%s", description);
}

struct hubwatch_sasl_server {
    char *mechanisms;
    char *mechanism;
    char *response;
    size_t response_size;
    bool is_requested;
    bool is_answered;
};

static void clear_request(hubwatch_sasl_server_t *server) {
    free(server->mechanism);
    free(server->response);
    server->mechanism = NULL;
    server->response = NULL;
    server->response_size = 0;
    server->is_requested = false;
}

static void fail(pn_transport_t *transport) {
    pnx_sasl_set_failed(transport);
    pnx_sasl_set_desired_state(transport, SASL_POSTED_OUTCOME);
}

// The context outlives the transport and is freed by its owner.
static void server_free(pn_transport_t *transport) {
    pnx_sasl_set_context(transport, NULL);
}

static const char *server_list_mechanisms(pn_transport_t *transport) {
    hubwatch_sasl_server_t *server = pnx_sasl_get_context(transport);
    return server ? server->mechanisms : "";
}

static bool server_init(pn_transport_t *transport) {
    if (!pnx_sasl_get_context(transport)) return false;
    pnx_sasl_set_desired_state(transport, SASL_POSTED_MECHANISMS);
    return true;
}

static bool server_init_client(pn_transport_t *transport) {
    (void)transport;
    return false;
}

static void server_prepare_write(pn_transport_t *transport) {
    (void)transport;
}

static void server_process_init(pn_transport_t *transport, const char *mechanism, const pn_bytes_t *response) {
    hubwatch_sasl_server_t *server = pnx_sasl_get_context(transport);
    if (!server || server->is_requested || server->is_answered || !mechanism) {
        fail(transport);
        return;
    }
    clear_request(server);
    size_t name_size = strlen(mechanism) + 1;
    size_t size = response ? response->size : 0;
    server->mechanism = malloc(name_size);
    server->response = malloc(size ? size : 1);
    if (!server->mechanism || !server->response) {
        clear_request(server);
        fail(transport);
        return;
    }
    memcpy(server->mechanism, mechanism, name_size);
    if (size) memcpy(server->response, response->start, size);
    server->response_size = size;
    server->is_requested = true;
}

// None of the mechanisms challenges, so a response to a challenge is a fault.
static void server_process_response(pn_transport_t *transport, const pn_bytes_t *response) {
    (void)response;
    fail(transport);
}

static bool server_process_mechanisms(pn_transport_t *transport, const char *mechanisms) {
    (void)transport;
    (void)mechanisms;
    return false;
}

static void server_process_challenge(pn_transport_t *transport, const pn_bytes_t *challenge) {
    (void)transport;
    (void)challenge;
}

static void server_process_outcome(pn_transport_t *transport, const pn_bytes_t *data) {
    (void)transport;
    (void)data;
}

static bool server_can_encrypt(pn_transport_t *transport) {
    (void)transport;
    return false;
}

static ssize_t server_max_encrypt_size(pn_transport_t *transport) {
    (void)transport;
    return 0;
}

static ssize_t server_code(pn_transport_t *transport, pn_bytes_t in, pn_bytes_t *out) {
    (void)transport;
    (void)in;
    (void)out;
    return 0;
}

static const pnx_sasl_implementation server_implementation = {
    .free = server_free,
    .list_mechanisms = server_list_mechanisms,
    .init_server = server_init,
    .init_client = server_init_client,
    .prepare_write = server_prepare_write,
    .process_init = server_process_init,
    .process_response = server_process_response,
    .process_mechanisms = server_process_mechanisms,
    .process_challenge = server_process_challenge,
    .process_outcome = server_process_outcome,
    .can_encrypt = server_can_encrypt,
    .max_encrypt_size = server_max_encrypt_size,
    .encode = server_code,
    .decode = server_code,
};

hubwatch_sasl_server_t *hubwatch_sasl_server_install(pn_transport_t *transport, const char *mechanisms) {
    hubwatch_sasl_server_t *server = calloc(1, sizeof *server);
    if (!server) return NULL;
    size_t size = strlen(mechanisms) + 1;
    server->mechanisms = malloc(size);
    if (!server->mechanisms) {
        free(server);
        return NULL;
    }
    memcpy(server->mechanisms, mechanisms, size);
    pn_sasl_t *sasl = pn_sasl(transport);
    // The channel in front of the transport does the encryption; Proton cannot see it.
    pn_sasl_set_allow_insecure_mechs(sasl, true);
    pn_sasl_allowed_mechs(sasl, mechanisms);
    pnx_sasl_set_implementation(transport, &server_implementation, server);
    return server;
}

bool hubwatch_sasl_server_take_request(
    hubwatch_sasl_server_t *server, const char **mechanism, const char **response, size_t *response_size) {
    if (!server->is_requested || server->is_answered) return false;
    *mechanism = server->mechanism;
    *response = server->response;
    *response_size = server->response_size;
    server->is_requested = false;
    server->is_answered = true;
    return true;
}

void hubwatch_sasl_server_answer(hubwatch_sasl_server_t *server, pn_transport_t *transport, bool accepted) {
    if (accepted) {
        pnx_sasl_set_succeeded(transport, server->mechanism ? server->mechanism : "", "");
        pnx_sasl_set_desired_state(transport, SASL_POSTED_OUTCOME);
    } else {
        fail(transport);
    }
    clear_request(server);
}

void hubwatch_sasl_server_free(hubwatch_sasl_server_t *server) {
    if (!server) return;
    clear_request(server);
    free(server->mechanisms);
    free(server);
}
