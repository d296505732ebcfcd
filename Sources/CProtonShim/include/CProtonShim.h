#pragma once

#include <proton/connection_driver.h>
#include <proton/transport.h>
#include <stdbool.h>
#include <stddef.h>

// What Swift cannot call by itself: variadic functions of Proton, and its SASL plug-in interface, which is a table of
// C function pointers in a header that defines an enumeration for internal use.

/// Sets the error of a driver to a condition name and a text, without format characters.
void hubwatch_driver_error(pn_connection_driver_t *driver, const char *name, const char *description);

/// The SASL server of one transport: remembers what the client asked until somebody has judged it.
typedef struct hubwatch_sasl_server hubwatch_sasl_server_t;

/// Offers mechanisms (separated by spaces) on a transport in server role. NULL when memory is short.
/// Free it after the transport.
hubwatch_sasl_server_t *hubwatch_sasl_server_install(pn_transport_t *transport, const char *mechanisms);

/// Whether the client has sent its choice since the last call; then mechanism and response are valid until the next input.
bool hubwatch_sasl_server_take_request(
    hubwatch_sasl_server_t *server, const char **mechanism, const char **response, size_t *response_size);

/// Sends the outcome.
void hubwatch_sasl_server_answer(hubwatch_sasl_server_t *server, pn_transport_t *transport, bool accepted);

/// Frees what install made.
void hubwatch_sasl_server_free(hubwatch_sasl_server_t *server);
