/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Millrace;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.mcp.rpc.Json;
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
        told.putObject("_meta").put("dev.millrace/provider", provider.name());
        return new OfferedTool(told, (arguments, context) -> call(tool, definition, schema, arguments));
    }

    private ObjectNode call(Tool tool, ToolDefinition definition, ObjectNode schema, ObjectNode arguments)
            throws InterruptedException {
        Optional<String> problem = Arguments.problem(schema, arguments);
        if (problem.isPresent()) {
            return Results.error(problem.get());
        }
        ToolCall call = new ToolCall("mcp_" + calls.incrementAndGet(), definition.name(), Json.plain(arguments));
        try {
            for (ToolGuard guard : millrace.toolGuards()) {
                Optional<String> refusal = guard.refuse(definition, call);
                if (refusal.isPresent()) {
                    return Results.error(refusal.get());
                }
            }
            return Results.of(tool.call(call));
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "The tool " + definition.name() + " failed.", e);
            JsonNode message = Json.tree(e.getMessage());
            return Results.error(message.isTextual() ? message.textValue() : e.getClass().getSimpleName());
        }
    }
}
