/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import dev.millrace.api.Param;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** The network of the house. */
final class Network {

    private final Set<String> blocked = ConcurrentHashMap.newKeySet();
    private final int load;

    Network(SplittableRandom random) {
        load = random.nextInt(5, 95);
    }

    @ToolSpec(name = "list_network_clients", value = "List computers, phones and devices that are on the wireless network (wifi) and the internet now. For one of them use ping_host.", hints = ToolHint.READ_ONLY)
    List<Map<String, Object>> listNetworkClients() {
        return List.of(Map.of("name", "tablet", "address", "192.168.1.20"),
                Map.of("name", "camera", "address", "192.168.1.31"));
    }

    @ToolSpec(name = "ping_host", value = "Test whether a computer or device is up and answers on the network, and how fast (latency).", hints = ToolHint.READ_ONLY)
    Map<String, Object> pingHost(@Param("name or address") String host) {
        return Map.of("host", Things.text("host", host), "milliseconds", 1 + host.length());
    }

    @ToolSpec(name = "restart_router", value = "Restart the router when the internet is down or does not work. Cuts all connections for a minute.", hints = ToolHint.ACTING)
    Map<String, Object> restartRouter() {
        return Map.of("seconds", 60);
    }

    @ToolSpec(name = "bandwidth_usage", value = "Tell how much of the internet connection is used, whether it is busy or slow: download and upload.", hints = ToolHint.READ_ONLY)
    Map<String, Object> bandwidthUsage() {
        return Map.of("download_percent", load, "upload_percent", load / 3);
    }

    @ToolSpec(name = "block_client", value = "Keep a computer or phone off the network and the internet, for example a child's or a stranger's.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> blockClient(@Param("name or address") String client) {
        blocked.add(Things.text("client", client));
        return Map.of("blocked", client);
    }
}
