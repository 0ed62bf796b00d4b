/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.safetensors.FolderFiles;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that stand around each text, as the post-processor in tokenizer.json says.
 *
 * @param before ids
 * @param after ids
 */
record TextFrame(List<Integer> before, List<Integer> after) {

    private static final String TOKENIZER = "tokenizer.json";

    static TextFrame read(FolderFiles files) {
        TextFrame frame = new TextFrame(new ArrayList<>(), new ArrayList<>());
        String json = files.text(TOKENIZER).orElse("");
        if (!json.isEmpty()) {
            try {
                if (Json.parseFile(json) instanceof Map<?, ?> map) {
                    frame.add(files, map.get("post_processor"));
                }
            } catch (JsonException e) {
                throw new ModelFormatException(files.folder(), TOKENIZER, "is no JSON: " + e.getMessage(), e);
            }
        }
        return frame;
    }

    private void add(FolderFiles files, @Nullable Object processor) {
        if (!(processor instanceof Map<?, ?> map)) {
            return;
        }
        switch (String.valueOf(map.get("type"))) {
            case "Sequence" -> {
                if (map.get("processors") instanceof List<?> all) {
                    all.forEach(one -> add(files, one));
                }
            }
            case "TemplateProcessing" -> template(files, map);
            case "BertProcessing", "RobertaProcessing" -> {
                before.add(id(files, map.get("cls") instanceof List<?> pair ? pair.getLast() : null));
                after.add(id(files, map.get("sep") instanceof List<?> pair ? pair.getLast() : null));
            }
            case "ByteLevel" -> {
                // changes offsets only
            }
            default -> throw new ModelFormatException(files.folder(), TOKENIZER,
                    "has the post-processor " + map.get("type") + ", which is not known");
        }
    }

    private void template(FolderFiles files, Map<?, ?> map) {
        List<Integer> side = before;
        for (Object part : map.get("single") instanceof List<?> single ? single : List.of()) {
            if (part instanceof Map<?, ?> piece && piece.get("SpecialToken") instanceof Map<?, ?> special) {
                Object token = map.get("special_tokens") instanceof Map<?, ?> all
                        ? all.get(String.valueOf(special.get("id")))
                        : null;
                List<?> ids = token instanceof Map<?, ?> entry && entry.get("ids") instanceof List<?> list
                        ? list
                        : List.of();
                if (ids.isEmpty()) {
                    throw new ModelFormatException(files.folder(), TOKENIZER,
                            "does not give the id of " + special.get("id"));
                }
                for (Object id : ids) {
                    side.add(id(files, id));
                }
            } else {
                side = after;
            }
        }
    }

    private static int id(FolderFiles files, @Nullable Object id) {
        if (id instanceof Long number && number >= 0 && number <= Integer.MAX_VALUE) {
            return number.intValue();
        }
        throw new ModelFormatException(files.folder(), TOKENIZER, "has the post-processor's token " + id
                + ", expected an id");
    }
}
