/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.Model;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells what is there: models, devices, tools, plugins. */
final class Overview {

    private static final System.Logger LOG = System.getLogger(Overview.class.getName());

    private final ServerHost host;
    private final PluginList plugins;

    Overview(ServerHost host, PluginList plugins) {
        this.host = host;
        this.plugins = plugins;
    }

    /** {@code GET /console/overview}. */
    void tell(Exchange exchange, String caller) throws IOException {
        ObjectNode document = Json.object().put("ready", host.isReady());
        host.failure().ifPresent(why -> document.put("failure", why));
        ArrayNode models = document.putArray("models");
        host.models().forEach(model -> models.add(model(model)));
        ArrayNode devices = document.putArray("devices");
        host.millrace().devices().forEach(device -> devices.add(device(device)));
        ArrayNode providers = document.putArray("tools");
        host.millrace().toolProviders().forEach(provider -> providers.add(provider(provider)));
        ArrayNode installed = document.putArray("plugins");
        plugins.installed().forEach(plugin -> installed.addObject().put("name", plugin.name())
                .put("version", plugin.version()).put("state", plugin.state())
                .put("description", plugin.description()));
        document.putObject("java").put("version", System.getProperty("java.version"))
                .put("vm", System.getProperty("java.vm.name"))
                .put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                .put("processors", Runtime.getRuntime().availableProcessors());
        answer(exchange, document);
    }

    private ObjectNode model(OpenModel open) {
        Model model = open.model();
        ModelInfo info = model.info();
        ObjectNode json = Json.object().put("id", open.id()).put("name", info.name())
                .put("architecture", info.architecture()).put("parameters", info.parameters())
                .put("layers", info.layers()).put("context", info.contextLength()).put("bytes", info.weightBytes())
                .put("quantisation", info.quantisation());
        json.set("device", device(model.device()));
        json.set("sampling", sampling(model.defaults()));
        ArrayNode suggested = json.putArray("suggestedTools");
        suggested(model).forEach(suggested::add);
        return json;
    }

    /** The providers of the tools that come with a packaged model. */
    private List<String> suggested(Model model) {
        Set<String> names;
        try (Conversation conversation = model.conversation().suggestedTools().start()) {
            names = conversation.tools().stream().map(ToolDefinition::name).collect(Collectors.toSet());
        } catch (IllegalArgumentException | IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "No tools are suggested.", e);
            return List.of();
        }
        return host.millrace().toolProviders().stream().filter(provider -> {
            List<Tool> tools = tools(provider);
            return !tools.isEmpty() && tools.stream().allMatch(tool -> names.contains(tool.definition().name()));
        }).map(ToolProvider::name).toList();
    }

    /** The tools of a plugin, or none if it fails. */
    private static List<Tool> tools(ToolProvider provider) {
        try {
            return provider.tools();
        } catch (RuntimeException | LinkageError e) { // a bundle may have been built against something else
            LOG.log(System.Logger.Level.WARNING, "The tools of " + provider.name() + " are left out.", e);
            return List.of();
        }
    }

    private static ObjectNode provider(ToolProvider provider) {
        ObjectNode json = Json.object().put("name", provider.name());
        ArrayNode array = json.putArray("tools");
        for (Tool tool : tools(provider)) {
            ToolDefinition definition = tool.definition();
            ObjectNode one = array.addObject().put("name", definition.name()).put("description",
                    definition.description());
            MessageJson.hints(one, definition);
            one.set("parameters", Json.tree(definition.parameters()));
        }
        return json;
    }

    private static ObjectNode device(Device device) {
        ObjectNode json = Json.object().put("id", device.id()).put("backend", device.backend()).put("description",
                device.description());
        if (device.memoryBytes() < Long.MAX_VALUE) {
            json.put("bytes", device.memoryBytes());
        }
        return json;
    }

    private static ObjectNode sampling(Sampling sampling) {
        return Json.object().put("temperature", sampling.temperature()).put("top_k", sampling.topK())
                .put("top_p", sampling.topP()).put("min_p", sampling.minP())
                .put("repeat_penalty", sampling.repetitionPenalty());
    }

    /** {@code GET /console/choices}: how each device fared when the place of each model was chosen. */
    void choices(Exchange exchange, String caller) throws IOException {
        ObjectNode document = Json.object();
        for (OpenModel open : host.models()) {
            ArrayNode choices = document.putArray(open.id());
            for (DeviceVerdict verdict : open.model().verdicts()) {
                choices.add(device(verdict.device())
                        .put("suitable", verdict.outcome() != DeviceVerdict.Outcome.REFUSED)
                        .put("score", verdict.score()).put("reason", verdict.reason()));
            }
        }
        answer(exchange, document);
    }

    /** {@code POST /console/move}: a model goes on elsewhere, also in the middle of an answer. */
    void move(Exchange exchange, String caller) throws IOException {
        Fields fields = Chat.fields(exchange);
        OpenModel open = host.model(Optional.of(fields.requiredText("model")));
        String device = fields.requiredText("device");
        long start = System.nanoTime();
        try {
            open.model().moveTo(device);
        } catch (BackendException e) {
            throw new ApiError(409, e.getMessage(), "device", "not_moved");
        } catch (IllegalStateException e) {
            throw ApiError.busy(503, String.valueOf(e.getMessage()), 5);
        }
        answer(exchange, Json.object().put("device", open.model().device().id()).put("seconds",
                (System.nanoTime() - start) / 1e9));
    }

    private static void answer(Exchange exchange, ObjectNode document) throws IOException {
        exchange.header("Cache-Control", "no-store");
        exchange.answer(200, "application/json; charset=utf-8", Json.bytes(document));
    }
}
