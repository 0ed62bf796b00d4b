/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Sampling;
import dev.millrace.engine.DeviceFit;
import dev.millrace.json.Json;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.ModelFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What a model file says, without loading the weights. */
@Command(name = "model", description = "What a model file says.", sortOptions = false)
final class InspectModel implements Callable<Integer> {

    private final Workplace workplace;

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    InspectModel(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        try (ModelFile file = workplace.engine().file(choice.requiredModel())) {
            Map<String, @Nullable Object> object = new LinkedHashMap<>();
            ModelInfo info = workplace.engine().info(file);
            object.put("path", file.path().toString());
            object.put("name", info.name());
            object.put("architecture", info.architecture());
            object.put("parameters", info.parameters());
            object.put("layers", info.layers());
            object.put("hiddenSize", info.hiddenSize());
            object.put("vocabularySize", info.vocabularySize());
            object.put("contextLength", info.contextLength());
            object.put("weightBytes", info.weightBytes());
            object.put("quantisation", info.quantisation());
            object.put("endTokens", new TreeSet<>(file.endTokens()));
            object.put("sampling", sampling(file.sampling()));
            object.put("chatTemplate", file.chatTemplate().isPresent());
            object.put("namedTemplates", List.copyOf(file.namedTemplates().keySet()));
            object.put("features", file.program().features().stream().map(Feature::description).toList());
            object.put("backends",
                    DeviceFit.of(workplace.backends(), file.programs()).stream().map(InspectModel::backend).toList());
            object.put("choice", workplace.engine().verdicts(file, ModelOptions.defaults()).stream()
                    .map(DeviceVerdict::toString).toList());
            object.put("unusedTensors", file.unusedTensors());
            object.put("notes", notes(file));
            object.put("metadata", writable(file.metadata()));
            workplace.console().result(lines(object, ""));
            return ExitCode.DONE;
        }
    }

    private static List<String> notes(ModelFile file) {
        List<String> notes = new ArrayList<>(file.notes());
        try {
            file.checkWeights();
        } catch (ModelFormatException e) {
            notes.add(String.valueOf(e.getMessage()));
        }
        return notes;
    }

    /** Metadata may hold numbers that JSON has not; they are written as their names. */
    private static @Nullable Object writable(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> copy = new LinkedHashMap<>();
                map.forEach((key, member) -> copy.put(String.valueOf(key), writable(member)));
                yield copy;
            }
            case List<?> list -> {
                List<@Nullable Object> copy = new ArrayList<>(list.size());
                list.forEach(item -> copy.add(writable(item)));
                yield copy;
            }
            case Double number when !Double.isFinite(number) -> number.toString();
            case Float number when !Float.isFinite(number) -> number.toString();
            case null -> null;
            default -> value;
        };
    }

    /** Whether a device runs the model, and if not, why. */
    private static Map<String, Object> backend(DeviceFit one) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("device", one.device().id());
        object.put("runs", one.fit() instanceof Fit.Good);
        switch (one.fit()) {
            case Fit.Good good -> {
                object.put("score", good.score());
                object.put("context", one.context());
                object.put("bytes", good.bytes());
            }
            case Fit.Refused refused -> {
                object.put("cause", refused.cause().name().toLowerCase(Locale.ROOT));
                object.put("reason", refused.reason());
            }
        }
        return object;
    }

    private static Map<String, Object> sampling(Sampling sampling) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("temperature", sampling.temperature());
        object.put("topK", sampling.topK());
        object.put("topP", sampling.topP());
        object.put("minP", sampling.minP());
        object.put("repetitionPenalty", sampling.repetitionPenalty());
        return object;
    }

    /** A JSON object for people and scripts: one line for each key, the metadata's too, and one for each backend. */
    private static String lines(Map<String, @Nullable Object> object, String indent) {
        StringBuilder out = new StringBuilder("{");
        String separator = "\n";
        for (Map.Entry<String, @Nullable Object> entry : object.entrySet()) {
            out.append(separator).append(indent).append("  ");
            Json.quote(entry.getKey(), out);
            out.append(": ");
            if (entry.getKey().equals("metadata") && entry.getValue() instanceof Map<?, ?> inner) {
                Map<String, @Nullable Object> copy = new LinkedHashMap<>();
                inner.forEach((key, value) -> copy.put(String.valueOf(key), value));
                out.append(lines(copy, indent + "  "));
            } else if (entry.getKey().equals("backends") && entry.getValue() instanceof List<?> all && !all.isEmpty()) {
                out.append(all.stream().map(one -> indent + "    " + Json.write(one))
                        .collect(Collectors.joining(",\n", "[\n", "\n" + indent + "  ]")));
            } else {
                out.append(Json.write(entry.getValue()));
            }
            separator = ",\n";
        }
        return out.append('\n').append(indent).append('}').toString();
    }
}
