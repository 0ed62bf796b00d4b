/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Device;
import dev.millrace.api.Model;
import dev.millrace.api.ModelInfo;
import dev.millrace.plugin.http.MetricsText;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.server.CallContext;
import dev.millrace.plugin.mcp.server.Offer;
import dev.millrace.plugin.mcp.server.OfferedTool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Offers a runtime: its tools, {@code ask}, and what it says of its models, devices and work. */
public final class RuntimeOffer implements Offer {

    /** Of the interface, not of the program. */
    private static final String VERSION = "0.1.0";
    private static final String MODELS = "millrace://models";
    private static final String DEVICES = "millrace://devices";
    private static final String METRICS = "millrace://metrics";
    private static final String JSON = "application/json";

    private final Host host;
    private final RuntimeTools tools;
    private final AskTool ask;

    /** Offers what a host has. */
    public RuntimeOffer(Host host) {
        this.host = host;
        this.tools = new RuntimeTools(host.millrace());
        this.ask = new AskTool(host);
    }

    @Override
    public ObjectNode info() {
        return Json.object().put("name", "millrace").put("title", "Millrace").put("version", VERSION);
    }

    @Override
    public String instructions() {
        return "Tools of this machine, and ask, which asks the language model that runs on it. The resources "
                + MODELS + ", " + DEVICES + " and " + METRICS + " say what it is doing.";
    }

    @Override
    public List<OfferedTool> tools() {
        List<OfferedTool> all = new ArrayList<>();
        all.add(ask.offered());
        all.addAll(tools.offered(Set.of(AskTool.NAME)));
        return all;
    }

    @Override
    public List<ObjectNode> resources() {
        return List.of(resource(MODELS, "models", "Models that can be asked, and what is known of those that are open.",
                JSON), resource(DEVICES, "devices", "Devices that models can run on.", JSON),
                resource(METRICS, "metrics", "What was counted since the start, in the text format of Prometheus.",
                        "text/plain"));
    }

    private static ObjectNode resource(String uri, String name, String description, String type) {
        return Json.object().put("uri", uri).put("name", name).put("description", description).put("mimeType", type);
    }

    @Override
    public List<ObjectNode> templates() {
        return List.of(Json.object().put("uriTemplate", MODELS + "/{name}").put("name", "model")
                .put("description", "One model.").put("mimeType", JSON));
    }

    @Override
    public Optional<ArrayNode> read(String uri, CallContext context) {
        return content(uri).map(text -> {
            ArrayNode contents = Json.array();
            contents.addObject().put("uri", uri).put("mimeType", uri.equals(METRICS) ? "text/plain" : JSON)
                    .put("text", text);
            return contents;
        });
    }

    @Override
    public String version(String uri) {
        return uri.equals(METRICS) ? "" : content(uri).orElse("");
    }

    @Override
    public boolean completes() {
        return true;
    }

    @Override
    public List<String> complete(ObjectNode reference, ObjectNode argument) {
        if (!reference.path("uri").asText().equals(MODELS + "/{name}")) {
            return List.of();
        }
        return host.models().stream().filter(name -> name.startsWith(argument.path("value").asText())).toList();
    }

    private Optional<String> content(String uri) {
        Map<String, Model> open = host.open();
        if (uri.equals(MODELS)) {
            ObjectNode content = Json.object();
            ArrayNode models = content.putArray("models");
            host.models().forEach(name -> models.add(describe(name, Optional.ofNullable(open.get(name)))));
            return Optional.of(Json.text(content));
        }
        if (uri.startsWith(MODELS + "/")) {
            String name = uri.substring(MODELS.length() + 1);
            return host.models().contains(name)
                    ? Optional.of(Json.text(describe(name, Optional.ofNullable(open.get(name)))))
                    : Optional.empty();
        }
        if (uri.equals(DEVICES)) {
            ObjectNode content = Json.object();
            ArrayNode devices = content.putArray("devices");
            for (Device device : host.millrace().devices()) {
                devices.addObject().put("id", device.id()).put("backend", device.backend())
                        .put("description", device.description()).put("memoryBytes", device.memoryBytes());
            }
            return Optional.of(Json.text(content));
        }
        return uri.equals(METRICS) ? Optional.of(MetricsText.of(host.millrace().metrics())) : Optional.empty();
    }

    private static ObjectNode describe(String name, Optional<Model> model) {
        ObjectNode described = Json.object().put("name", name).put("open", model.isPresent());
        if (model.isPresent()) {
            ModelInfo info = model.get().info();
            described.put("architecture", info.architecture()).put("parameters", info.parameters())
                    .put("contextLength", info.contextLength()).put("weightBytes", info.weightBytes())
                    .put("quantisation", info.quantisation()).put("device", model.get().device().id());
        }
        return described;
    }
}
