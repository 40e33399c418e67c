#pragma once

/// A hundred nodes that are none, for one controller that is real: what it asks is answered as a
/// node of the platform would answer, from one process with many loopback addresses.

#include <string>

namespace acme::bench {

/// 127.77.0.1, 127.77.0.2, …: app-1, app-2, …; the last one is the canary.
struct Hundred {
    int nodes = 100;
    std::string folder;  // of HAProxy's configuration, socket and note, and of the journal
    int port = 0;        // the balancer's
    int seconds = 60;    // for which the controller is watched
};

/// Answers on the ports 8080 and 9090 of every address, until SIGTERM.
void answer_as_nodes(const Hundred& hundred);

/// Writes haproxy.cfg into the folder.
void write_balancer(const Hundred& hundred);

/// Judges the canary with the product's controller, and prints one line: the seconds that were
/// watched, and the seconds of CPU that the process used in them. The environment is that of a
/// command of the product.
void control(const Hundred& hundred);

}  // namespace acme::bench
