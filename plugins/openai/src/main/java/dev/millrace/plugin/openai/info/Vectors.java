/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.info;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Embeddings;
import dev.millrace.api.RemoteModelException;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Elsewhere;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.OpenEncoder;
import dev.millrace.plugin.openai.talk.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** {@code POST /v1/embeddings}. */
public final class Vectors {

    private static final System.Logger LOG = System.getLogger(Vectors.class.getName());
    private static final int MOST_TEXTS = 2048;

    private final Models models;

    /** Uses the models that give embeddings. */
    public Vectors(Models models) {
        this.models = models;
    }

    /** Texts to vectors. */
    public void embed(Request request) throws IOException {
        Fields fields = request.fields();
        OpenEncoder encoder = models.encoder(fields.text("model"));
        boolean packed = fields.word("encoding_format", "float", "base64").orElse("float").equals("base64");
        checkDimensions(fields, encoder);
        List<String> texts = texts(fields);
        fields.harmless("user");
        request.asks(encoder.id());
        request.warn(fields);
        Embeddings found = embed(encoder, texts);
        ObjectNode document = Json.object().put("object", "list").put("model", encoder.id());
        ArrayNode data = document.putArray("data");
        for (int i = 0; i < found.vectors().size(); i++) {
            ObjectNode one = data.addObject().put("object", "embedding").put("index", i);
            float[] vector = found.vectors().get(i);
            if (packed) {
                ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(vector);
                one.put("embedding", bytes.array());
            } else {
                one.set("embedding", numbers(vector));
            }
        }
        document.putObject("usage").put("prompt_tokens", found.tokens()).put("total_tokens", found.tokens());
        request.answer(document);
    }

    /** A vector as numbers. */
    public static ArrayNode numbers(float[] vector) {
        ArrayNode values = Json.array();
        for (float value : vector) {
            values.add(value);
        }
        return values;
    }

    /**
     * Refuses vectors of another length than the model gives.
     *
     * @throws ApiError 400 if the request asks for such
     */
    public static void checkDimensions(Fields fields, OpenEncoder encoder) {
        int dimensions = encoder.model().dimensions();
        if (fields.integer("dimensions", 1, Integer.MAX_VALUE).orElse(dimensions) != dimensions) {
            throw ApiError.wrong("dimensions", "The vectors of " + encoder.id() + " have " + dimensions
                    + " values and cannot be shortened.");
        }
    }

    /**
     * Texts to vectors.
     *
     * @throws ApiError 400 if a text is too long, 5xx if a model elsewhere does not answer
     */
    public static Embeddings embed(OpenEncoder encoder, List<String> texts) {
        try {
            return encoder.model().embed(texts);
        } catch (IllegalArgumentException e) {
            throw new ApiError(400, String.valueOf(e.getMessage()), "input", "context_length_exceeded");
        } catch (RemoteModelException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
            throw Elsewhere.error(e);
        }
    }

    /**
     * The texts in {@code input}: one, or a list.
     *
     * @throws ApiError 400 if there is none, or something else
     */
    public static List<String> texts(Fields fields) {
        JsonNode input = fields.find("input").orElseThrow(() -> new ApiError(400, "input is missing.", "input",
                "missing_required_parameter"));
        if (input.isTextual()) {
            return List.of(input.textValue());
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode item : fields.items("input")) {
            if (!item.isTextual()) {
                throw ApiError.wrong("input", "input must be a text or a list of texts; token ids are not taken,"
                        + " because each model has ids of its own.");
            }
            texts.add(item.textValue());
        }
        if (texts.isEmpty() || texts.size() > MOST_TEXTS) {
            throw ApiError.wrong("input", "input must hold 1 to " + MOST_TEXTS + " texts.");
        }
        return texts;
    }
}
