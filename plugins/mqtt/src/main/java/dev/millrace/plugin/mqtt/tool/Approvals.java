/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolRequest;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.settings.Approval;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a person at a topic before calls of some tools run. A call about which nobody says anything does not run. */
public final class Approvals implements ToolGuard {

    private final Approval approval;
    private final Set<String> tools;
    private final TopicTools.Publisher publisher;
    private final Map<String, CompletableFuture<Boolean>> open = new ConcurrentHashMap<>();

    /**
     * A guard.
     *
     * @param tools names of those that need it
     */
    public Approvals(Approval approval, Set<String> tools, TopicTools.Publisher publisher) {
        this.approval = approval;
        this.tools = Set.copyOf(tools);
        this.publisher = publisher;
    }

    @Override
    public ToolDecision decide(ToolRequest request) throws InterruptedException {
        if (!tools.contains(request.tool().name())) {
            return ToolDecision.ALLOW;
        }
        String id = UUID.randomUUID().toString();
        CompletableFuture<Boolean> decision = new CompletableFuture<>();
        open.put(id, decision);
        try {
            ObjectNode question = Json.object();
            question.put("id", id);
            question.put("tool", request.tool().name());
            question.set("arguments", Json.tree(request.call().arguments()));
            question.put("answer", approval.answer().fill(Map.of("id", id)));
            publisher.publish(Outgoing.text(approval.ask(), Json.text(question), false));
            return decision.get(approval.seconds(), TimeUnit.SECONDS)
                    ? ToolDecision.ALLOW
                    : ToolDecision.refuse("A person was asked and said no.");
        } catch (TimeoutException e) {
            return ToolDecision.refuse("A person was asked and did not answer.");
        } catch (IOException e) {
            return ToolDecision.refuse("Nobody could be asked. " + e.getMessage());
        } catch (ExecutionException e) {
            throw new IllegalStateException("Nobody fails a decision.", e);
        } finally {
            open.remove(id);
        }
    }

    /** A person has decided: {@code yes}, or something else for no. Nothing happens if nothing waits for it. */
    public void decide(String topic, byte[] payload) {
        approval.answer().match(topic).map(levels -> open.get(String.valueOf(levels.get("id"))))
                .ifPresent(decision -> decision.complete(Payload.of(payload).text().strip().equalsIgnoreCase("yes")));
    }
}
