// A receiver that does nothing but count bytes: Qpid Proton's own event loop, its own sockets and TLS, one thread.
//
// usage: proton-receiver HOST PORT ADDRESS MESSAGES CREDIT [CA.pem]
// Prints one line of JSON when it has the messages.

#include <proton/condition.h>
#include <proton/connection.h>
#include <proton/delivery.h>
#include <proton/event.h>
#include <proton/link.h>
#include <proton/proactor.h>
#include <proton/sasl.h>
#include <proton/session.h>
#include <proton/ssl.h>
#include <proton/terminus.h>
#include <proton/transport.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct receiver {
    const char *address;
    long wanted;
    int credit;
    long messages;
    long bytes;
    int owed;
    double start;
    double cpu;
    char *buffer;
    size_t capacity;
    int failed;
    int finished;
} receiver;

static double clock_seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void begin(receiver *r, pn_connection_t *connection) {
    pn_connection_set_container(connection, "proton-receiver");
    pn_connection_open(connection);
    pn_session_t *session = pn_session(connection);
    pn_session_open(session);
    pn_link_t *link = pn_receiver(session, "receiver");
    pn_terminus_t *source = pn_link_source(link);
    pn_terminus_set_address(source, r->address);
    // The oldest event that is kept.
    static const char filter[] = "apache.org:selector-filter:string";
    static const char selector[] = "amqp.annotation.x-opt-offset > '-1'";
    pn_data_t *data = pn_terminus_filter(source);
    pn_data_put_map(data);
    pn_data_enter(data);
    pn_data_put_symbol(data, pn_bytes(sizeof filter - 1, filter));
    pn_data_put_described(data);
    pn_data_enter(data);
    pn_data_put_symbol(data, pn_bytes(sizeof filter - 1, filter));
    pn_data_put_string(data, pn_bytes(sizeof selector - 1, selector));
    pn_data_exit(data);
    pn_data_exit(data);
    pn_link_set_snd_settle_mode(link, PN_SND_SETTLED);
    pn_link_open(link);
    pn_link_flow(link, r->credit);
}

static void take(receiver *r, pn_delivery_t *delivery) {
    pn_link_t *link = pn_delivery_link(delivery);
    if (!pn_delivery_readable(delivery) || pn_delivery_partial(delivery)) { return; }
    size_t size = pn_delivery_pending(delivery);
    if (size > r->capacity) {
        r->capacity = size * 2;
        r->buffer = realloc(r->buffer, r->capacity);
        if (r->buffer == NULL) { exit(70); }
    }
    ssize_t count = pn_link_recv(link, r->buffer, size);
    if (count > 0) { r->bytes += count; }
    r->messages++;
    pn_delivery_settle(delivery);
    if (++r->owed >= r->credit / 2) {
        pn_link_flow(link, r->owed);
        r->owed = 0;
    }
    if (r->messages >= r->wanted && !r->finished) {
        r->finished = 1;
        printf("{\"seconds\":%.6f,\"cpu\":%.6f,\"messages\":%ld,\"bytes\":%ld}\n",
               clock_seconds(CLOCK_MONOTONIC) - r->start, clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - r->cpu,
               r->messages, r->bytes);
        fflush(stdout);
        pn_connection_close(pn_session_connection(pn_link_session(link)));
    }
}

static void fail(receiver *r, pn_condition_t *condition, const char *what) {
    if (r->finished) { return; }
    fprintf(stderr, "proton-receiver: %s: %s %s\n", what, pn_condition_get_name(condition),
            pn_condition_get_description(condition));
    r->failed = 1;
}

static int handle(receiver *r, pn_event_t *event) {
    switch (pn_event_type(event)) {
    case PN_CONNECTION_INIT: begin(r, pn_event_connection(event)); break;
    case PN_LINK_REMOTE_OPEN:
        r->start = clock_seconds(CLOCK_MONOTONIC);
        r->cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
        break;
    case PN_DELIVERY: take(r, pn_event_delivery(event)); break;
    case PN_TRANSPORT_ERROR: fail(r, pn_transport_condition(pn_event_transport(event)), "transport"); break;
    case PN_LINK_REMOTE_CLOSE:
        fail(r, pn_link_remote_condition(pn_event_link(event)), "link");
        pn_connection_close(pn_event_connection(event));
        break;
    case PN_CONNECTION_REMOTE_CLOSE:
        fail(r, pn_connection_remote_condition(pn_event_connection(event)), "connection");
        pn_connection_close(pn_event_connection(event));
        break;
    case PN_PROACTOR_INACTIVE: return 0;
    default: break;
    }
    return 1;
}

int main(int count, char **words) {
    if (count < 6) {
        fprintf(stderr, "usage: proton-receiver HOST PORT ADDRESS MESSAGES CREDIT [CA.pem]\n");
        return 64;
    }
    receiver r = {.address = words[3], .wanted = atol(words[4]), .credit = atoi(words[5])};
    pn_proactor_t *proactor = pn_proactor();
    pn_connection_t *connection = pn_connection();
    pn_transport_t *transport = pn_transport();
    pn_connection_set_hostname(connection, words[1]);
    pn_transport_set_max_frame(transport, 1 << 20);
    pn_sasl_allowed_mechs(pn_sasl(transport), "ANONYMOUS");
    if (count > 6) {
        pn_ssl_domain_t *domain = pn_ssl_domain(PN_SSL_MODE_CLIENT);
        if (pn_ssl_domain_set_trusted_ca_db(domain, words[6]) != 0 ||
            pn_ssl_domain_set_peer_authentication(domain, PN_SSL_VERIFY_PEER_NAME, NULL) != 0 ||
            pn_ssl_init(pn_ssl(transport), domain, NULL) != 0) {
            fprintf(stderr, "proton-receiver: TLS cannot be set up\n");
            return 69;
        }
        pn_ssl_domain_free(domain);
    }
    char place[256];
    pn_proactor_addr(place, sizeof place, words[1], words[2]);
    pn_proactor_connect2(proactor, connection, transport, place);
    for (int goes_on = 1; goes_on;) {
        pn_event_batch_t *batch = pn_proactor_wait(proactor);
        for (pn_event_t *event; goes_on && (event = pn_event_batch_next(batch)) != NULL;) {
            goes_on = handle(&r, event);
        }
        pn_proactor_done(proactor, batch);
    }
    pn_proactor_free(proactor);
    free(r.buffer);
    return r.failed || !r.finished ? 1 : 0;
}
