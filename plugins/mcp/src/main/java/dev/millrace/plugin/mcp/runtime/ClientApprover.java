/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolRequest;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import dev.millrace.plugin.mcp.server.CallContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Asks the person at the client, if the client can ask one. */
final class ClientApprover implements ToolApprover {

    private static final String METHOD = "elicitation/create";

    private final CallContext context;
    private volatile @Nullable RuntimeException unwinding;

    ClientApprover(CallContext context) {
        this.context = context;
    }

    @Override
    public ToolApproval ask(ToolRequest request, String question, Duration patience) throws InterruptedException {
        if (!context.canAsk(METHOD)) {
            return ToolApproval.refused("",
                    "It needs the consent of a person, and this client cannot ask one: it has not declared elicitation.");
        }
        ObjectNode params = Json.object().put("message", "May " + request.name() + " run with "
                + Json.text(Json.tree(request.arguments())) + "?" + (question.isBlank() ? "" : " " + question));
        ObjectNode schema = params.putObject("requestedSchema").put("type", "object");
        schema.putObject("properties").putObject("allow").put("type", "boolean").put("title", "Allow")
                .put("description", "Whether the call may run.");
        schema.putArray("required").add("allow");
        try {
            ObjectNode answer = context.ask("approval", METHOD, params);
            boolean allowed = answer.path("action").asText().equals("accept")
                    && Json.object(answer, "content").path("allow").asBoolean(false);
            return allowed
                    ? ToolApproval.allowed(context.caller())
                    : ToolApproval.refused(context.caller(), "The user does not allow this call.");
        } catch (RuntimeException e) {
            // revision 2026-07-28 asks by ending the call, which begins again with the answer
            unwinding = e;
            return ToolApproval.refused("", "The person at the client is being asked.");
        } catch (RpcException e) {
            return ToolApproval.refused("", "Nobody could be asked whether the call may run: " + e.sentence());
        }
    }

    /** Ends the call if that is how the client is asked. */
    void unwind() {
        RuntimeException question = unwinding;
        if (question != null) {
            throw question;
        }
    }
}
