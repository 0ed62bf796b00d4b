/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Capability;
import dev.millrace.api.Device;
import dev.millrace.api.Model;
import dev.millrace.api.ModelInfo;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.OpenEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A model as Ollama tells of it.
 *
 * @param id its name here
 * @param info what is known of it; of a model for embeddings only how long a text and how large a vector it has
 * @param format of its file; empty if that is elsewhere
 * @param capabilities in Ollama's words
 * @param device where it runs
 * @param since when it was opened, in seconds since 1970
 */
record Listed(String id, ModelInfo info, String format, List<String> capabilities, Device device, long since) {

    /** Models stay open; this is long enough for clients to say "forever". */
    private static final int YEARS_FROM_NOW = 200;

    static Listed of(OpenModel model) {
        Device device = model.model().device();
        return new Listed(model.id(), model.model().info(), device.backend().equals("remote") ? "" : "gguf",
                capabilities(model.model()), device, model.since());
    }

    private static List<String> capabilities(Model model) {
        List<String> words = new ArrayList<>(List.of("completion"));
        Set<Capability> all = model.capabilities();
        if (all.contains(Capability.TOOLS)) {
            words.add("tools");
        }
        if (all.contains(Capability.THINKING)) {
            words.add("thinking");
        }
        return words;
    }

    static Listed of(OpenEncoder encoder) {
        ModelInfo info = new ModelInfo(encoder.id(), "bert", 0, 0, encoder.model().dimensions(), 0,
                encoder.model().contextLength(), 0, "");
        return new Listed(encoder.id(), info, "onnx", List.of("embedding"), encoder.model().device(),
                encoder.since());
    }

    /** Ollama's names end with a tag. */
    private String tagged() {
        return id.contains(":") ? id : id + ":latest";
    }

    /** In the list of models. */
    ObjectNode entry() {
        ObjectNode json = Json.object().put("name", tagged()).put("model", tagged())
                .put("modified_at", opened()).put("size", info.weightBytes()).put("digest", digest());
        json.set("details", details());
        return json;
    }

    /** In the list of models that are in memory. */
    ObjectNode inMemory() {
        // a device of a graphics card has memory of its own; what runs elsewhere takes none here
        boolean none = Set.of("cpu", "onnx", "remote").contains(device.backend());
        return entry().put("expires_at", Instant.now().atOffset(ZoneOffset.UTC).plusYears(YEARS_FROM_NOW).toString())
                .put("size_vram", none ? 0 : info.weightBytes()).put("context_length", info.contextLength());
    }

    /** All that is told of one model. */
    ObjectNode facts() {
        ObjectNode document = Json.object().put("modelfile", "").put("parameters", "").put("template", "");
        document.set("details", details());
        ObjectNode facts = document.putObject("model_info").put("general.architecture", architecture())
                .put("general.basename", id).put("general.parameter_count", info.parameters())
                .put(architecture() + ".context_length", info.contextLength())
                .put(architecture() + ".embedding_length", info.hiddenSize());
        if (info.layers() > 0) {
            facts.put(architecture() + ".block_count", info.layers());
        }
        ArrayNode can = document.putArray("capabilities");
        capabilities.forEach(can::add);
        return document.put("modified_at", opened());
    }

    /** Names of facts begin with it. Of a model that runs elsewhere it may not be known. */
    private String architecture() {
        return info.architecture().isEmpty() ? "unknown" : info.architecture();
    }

    private String opened() {
        return Instant.ofEpochSecond(since).toString();
    }

    private ObjectNode details() {
        ObjectNode details = Json.object().put("parent_model", "").put("format", format).put("family",
                architecture());
        details.putArray("families").add(architecture());
        return details.put("parameter_size", size()).put("quantization_level", info.quantisation());
    }

    private String size() {
        double millions = info.parameters() / 1e6;
        if (millions == 0) {
            return "";
        }
        return millions >= 1000
                ? String.format(Locale.ROOT, "%.1fB", millions / 1000)
                : String.format(Locale.ROOT, "%.0fM", millions);
    }

    /** Clients print its first twelve digits and fail without them. It tells models apart; it is no digest of a file. */
    private String digest() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256")
                    .digest((id + " " + info).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
