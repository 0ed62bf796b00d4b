/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Millrace;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.server.CallContext;
import dev.millrace.plugin.mcp.server.OfferedTool;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** The tools that plugins offer now. Calls are shown to the guards, as those of a model are. */
final class RuntimeTools {

    private static final System.Logger LOG = System.getLogger(RuntimeTools.class.getName());

    private final Millrace millrace;
    private final AtomicLong calls = new AtomicLong();

    RuntimeTools(Millrace millrace) {
        this.millrace = millrace;
    }

    /**
     * All, in the order of their names.
     *
     * @param taken names that others have; a tool of such a name gets that of its provider before it
     */
    List<OfferedTool> offered(Set<String> taken) {
        Set<String> names = new HashSet<>(taken);
        List<OfferedTool> offered = new ArrayList<>();
        for (ToolProvider provider : millrace.toolProviders()) {
            try {
                for (Tool tool : provider.tools()) {
                    ToolDefinition definition = tool.definition();
                    String name = names.contains(definition.name())
                            ? provider.name() + "_" + definition.name()
                            : definition.name();
                    if (names.add(name)) {
                        offered.add(offered(name, provider, tool, definition));
                    }
                }
            } catch (RuntimeException | LinkageError e) { // a bundle may have been built against something else
                LOG.log(System.Logger.Level.DEBUG, "The tools of a provider are left out.", e);
            }
        }
        offered.sort(Comparator.comparing(OfferedTool::name));
        return offered;
    }

    private OfferedTool offered(String name, ToolProvider provider, Tool tool, ToolDefinition definition) {
        ObjectNode told = Json.object().put("name", name).put("description", definition.description());
        ObjectNode schema = Json.tree(definition.parameters()) instanceof ObjectNode tree ? tree : Json.object();
        if (!schema.path("type").asText().equals("object")) {
            schema.put("type", "object");
        }
        told.set("inputSchema", schema);
        if (Json.tree(definition.output()) instanceof ObjectNode output && !output.isEmpty()) {
            told.set("outputSchema", output);
        }
        annotations(definition.hints()).ifPresent(hints -> told.set("annotations", hints));
        told.putObject("_meta").put("dev.millrace/provider", provider.name());
        return new OfferedTool(told, (arguments, context) -> call(tool, definition, arguments, context));
    }

    /** What a tool says that it does, in the words of the protocol; nothing if it says nothing. */
    private static Optional<ObjectNode> annotations(Set<ToolHint> hints) {
        if (hints.isEmpty()) {
            return Optional.empty();
        }
        ObjectNode annotations = Json.object();
        if (hints.contains(ToolHint.READ_ONLY) || hints.contains(ToolHint.ACTING)) {
            annotations.put("readOnlyHint", hints.contains(ToolHint.READ_ONLY));
        }
        if (hints.contains(ToolHint.ACTING)) {
            annotations.put("destructiveHint", hints.contains(ToolHint.DESTRUCTIVE));
        }
        if (hints.contains(ToolHint.IDEMPOTENT)) {
            annotations.put("idempotentHint", true);
        }
        // the protocol presumes that a tool which says nothing reaches out
        annotations.put("openWorldHint", hints.contains(ToolHint.OPEN_WORLD));
        return Optional.of(annotations);
    }

    private ObjectNode call(Tool tool, ToolDefinition definition, ObjectNode arguments, CallContext context)
            throws InterruptedException {
        ToolCall call = new ToolCall("mcp_" + calls.incrementAndGet(), definition.name(), Json.plain(arguments));
        ClientApprover approver = new ClientApprover(context);
        ToolResult result = millrace.runTool(tool, new ToolRequest("", context.caller(), definition, call), approver,
                new ClientProgress(context));
        approver.unwind();
        return Results.of(definition, result);
    }
}
