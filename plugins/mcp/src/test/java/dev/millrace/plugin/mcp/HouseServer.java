/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.server.CallContext;
import dev.millrace.plugin.mcp.server.Offer;
import dev.millrace.plugin.mcp.server.OfferedTool;
import dev.millrace.plugin.mcp.server.StreamConversation;
import dev.millrace.sample.gateway.GatewayTools;
import dev.millrace.sample.gateway.plant.PlantTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One kind of the tools of the samples as a server that is a program of its own, over its standard streams. It leaves the number of its
 * process in a folder, so that tests can do things to it.
 */
final class HouseServer implements Offer {

    /** The thirteen kinds and how many tools each has, in the order in which the samples list them. */
    static final Map<String, Integer> KINDS = kinds();

    private final String kind;
    private final List<OfferedTool> tools;

    private HouseServer(String kind) {
        this.kind = kind;
        this.tools = toolsOf(kind).stream().map(HouseServer::offered).toList();
    }

    private static Map<String, Integer> kinds() {
        Map<String, Integer> kinds = new LinkedHashMap<>();
        kinds.put("devices", 8);
        for (String each : List.of("lighting 5", "access 6", "security 5", "energy 5", "ventilation 4", "water 5",
                "machines 6", "maintenance 5", "stock 5", "network 5", "records 4", "people 4")) {
            String[] words = each.split(" ", -1);
            kinds.put(words[0], Integer.valueOf(words[1]));
        }
        return kinds;
    }

    /** The tools of a kind. */
    static List<Tool> toolsOf(String kind) {
        List<Tool> all = new ArrayList<>(new GatewayTools().tools());
        all.addAll(new PlantTools().tools());
        int from = 0;
        for (Map.Entry<String, Integer> each : KINDS.entrySet()) {
            if (each.getKey().equals(kind)) {
                return all.subList(from, from + each.getValue());
            }
            from += each.getValue();
        }
        throw new IllegalArgumentException(kind);
    }

    private static OfferedTool offered(Tool tool) {
        ObjectNode told = Json.object().put("name", tool.definition().name()).put("description",
                tool.definition().description());
        told.set("inputSchema", Json.tree(tool.definition().parameters()));
        return new OfferedTool(told, (arguments, context) -> {
            ObjectNode answer = Json.object();
            String text;
            try {
                ToolResult result = tool.call(new ToolCall("1", tool.definition().name(), Json.plain(arguments)));
                text = Json.text(Json.tree(result.value()));
                answer.put("isError", result.error());
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                text = String.valueOf(e.getMessage());
                answer.put("isError", true);
            }
            answer.putArray("content").addObject().put("type", "text").put("text", text);
            return answer;
        });
    }

    /** Serves a kind until its input ends. */
    public static void main(String[] arguments) throws Exception {
        Path part = Files.writeString(Path.of(arguments[1], arguments[0] + ".part"),
                Long.toString(ProcessHandle.current().pid()));
        Files.move(part, Path.of(arguments[1], arguments[0] + ".pid"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        StreamConversation.serve(new HouseServer(arguments[0]), System.in, System.out, Duration.ZERO);
    }

    @Override
    public ObjectNode info() {
        return Json.object().put("name", kind).put("version", "1");
    }

    @Override
    public String instructions() {
        return "";
    }

    @Override
    public List<OfferedTool> tools() {
        return tools;
    }

    @Override
    public List<ObjectNode> resources() {
        return List.of();
    }

    @Override
    public List<ObjectNode> templates() {
        return List.of();
    }

    @Override
    public Optional<ArrayNode> read(String uri, CallContext context) {
        return Optional.empty();
    }
}
