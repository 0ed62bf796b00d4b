/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.protocol.Meta;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Looks from time to time whether something has changed that a client wants to know. For one thread. */
final class Watch {

    /** How often to look. */
    static final long MILLIS = 250;

    private final Offer offer;
    private final @Nullable JsonNode subscription;
    private final Set<String> lists;
    private final Supplier<Set<String>> uris;
    private final Map<String, Integer> seen = new HashMap<>();

    /**
     * A watch.
     *
     * @param subscription the id that each message carries, or null
     * @param lists of {@code tools}, {@code prompts} and {@code resources}
     * @param uris resources, asked at each look
     */
    Watch(Offer offer, @Nullable JsonNode subscription, Set<String> lists, Supplier<Set<String>> uris) {
        this.offer = offer;
        this.subscription = subscription;
        this.lists = lists;
        this.uris = uris;
        look();
    }

    /** What a client listens to, by its own words; what is not offered is left out. */
    static ObjectNode agreed(ObjectNode params) {
        ObjectNode asked = Json.object(params, "notifications");
        ObjectNode agreed = Json.object();
        for (String name : List.of("toolsListChanged", "promptsListChanged", "resourcesListChanged")) {
            if (asked.path(name).asBoolean()) {
                agreed.put(name, true);
            }
        }
        if (asked.path("resourceSubscriptions").isArray() && !asked.path("resourceSubscriptions").isEmpty()) {
            Set<String> uris = new LinkedHashSet<>();
            asked.path("resourceSubscriptions").forEach(uri -> uris.add(uri.asText()));
            uris.stream().limit(100).forEach(agreed.putArray("resourceSubscriptions")::add);
        }
        return agreed;
    }

    /** A watch over what was agreed. */
    static Watch over(Offer offer, JsonNode subscription, ObjectNode agreed) {
        Set<String> lists = new LinkedHashSet<>();
        for (String name : List.of("tools", "prompts", "resources")) {
            if (agreed.has(name + "ListChanged")) {
                lists.add(name);
            }
        }
        Set<String> uris = new LinkedHashSet<>();
        agreed.path("resourceSubscriptions").forEach(uri -> uris.add(uri.asText()));
        return new Watch(offer, subscription, lists, () -> uris);
    }

    /** What has changed since the last look. */
    List<Message.Notification> look() {
        List<Message.Notification> news = new ArrayList<>();
        for (String list : lists) {
            String now = switch (list) {
                case "tools" -> offer.tools().stream().map(OfferedTool::definition).toList().toString();
                case "prompts" -> offer.prompts().toString();
                default -> offer.resources().toString() + offer.templates();
            };
            if (changed(list, now)) {
                news.add(message("notifications/" + list + "/list_changed", Json.object()));
            }
        }
        for (String uri : uris.get()) {
            if (changed(" " + uri, offer.version(uri))) {
                news.add(message("notifications/resources/updated", Json.object().put("uri", uri)));
            }
        }
        return news;
    }

    private boolean changed(String what, String now) {
        Integer before = seen.put(what, now.hashCode());
        return before != null && before != now.hashCode();
    }

    /** The first message of a stream of changes. */
    Message.Notification acknowledged(ObjectNode agreed) {
        ObjectNode params = Json.object();
        params.set("notifications", agreed);
        return message("notifications/subscriptions/acknowledged", params);
    }

    private Message.Notification message(String method, ObjectNode params) {
        if (subscription != null) {
            params.putObject("_meta").set(Meta.SUBSCRIPTION, subscription);
        }
        return new Message.Notification(method, params);
    }
}
