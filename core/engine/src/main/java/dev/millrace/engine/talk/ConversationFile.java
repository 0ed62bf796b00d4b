/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Precision;
import dev.millrace.api.ToolCall;
import dev.millrace.engine.cache.CheckedFile;
import dev.millrace.engine.cache.Fingerprint;
import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.cache.StateStream;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.machine.PartFile;
import dev.millrace.spi.backend.SequenceState;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Saved conversations. A file holds a magic number, the description of model and messages as JSON, the tokens read with the
 * state of each layer, and a CRC-32C of all that.
 */
final class ConversationFile {

    private static final System.Logger LOG = System.getLogger(ConversationFile.class.getName());
    private static final long MAGIC = 0x4D494C4C434F4E31L;
    private static final int MOST_DESCRIPTION = 256 << 20;

    /**
     * A saved conversation.
     *
     * @param file where it is
     * @param messages all of them
     * @param calls tool calls so far
     */
    record Saved(Path file, List<Message> messages, int calls) {
    }

    private ConversationFile() {
    }

    private static CheckedFile at(Path file) {
        return new CheckedFile(file, MAGIC, "saved conversation");
    }

    // ---- writing

    static void save(Path file, ModelParts model, List<Message> messages, int calls, PromptCache cache) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("model", model.fingerprint().get().toMap());
        map.put("precision", model.precision().name());
        try (SequenceState state = cache.export()) {
            write(file, map, messages, calls, state);
        }
    }

    /** A conversation with a model elsewhere, where what was read is kept, if at all. */
    static void save(Path file, String reference, List<Message> messages, int calls) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("elsewhere", reference);
        write(file, map, messages, calls, null);
    }

    private static void write(Path file, Map<String, @Nullable Object> model, List<Message> messages, int calls,
            @Nullable SequenceState state) {
        try {
            at(file).write(out -> {
                byte[] description = Json.write(description(model, messages, calls))
                        .getBytes(StandardCharsets.UTF_8);
                out.writeInt(description.length);
                out.write(description);
                out.writeBoolean(state != null);
                if (state != null) {
                    StateStream.write(state, out);
                }
            });
        } catch (IOException e) {
            throw new MillraceException("The conversation cannot be saved to " + file + ": "
                    + PartFile.reason(e) + ".", e);
        }
    }

    private static Map<String, @Nullable Object> description(Map<String, @Nullable Object> model,
            List<Message> messages, int calls) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>(model);
        map.put("calls", calls);
        List<Object> list = new ArrayList<>();
        for (Message message : messages) {
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put("role", message.role().name());
            entry.put("content", message.content());
            entry.put("thinking", message.thinking());
            entry.put("toolCallId", message.toolCallId());
            List<Object> toolCalls = new ArrayList<>();
            for (ToolCall call : message.toolCalls()) {
                Map<String, @Nullable Object> written = new LinkedHashMap<>();
                written.put("id", call.id());
                written.put("name", call.name());
                written.put("arguments", call.arguments());
                toolCalls.add(written);
            }
            entry.put("toolCalls", toolCalls);
            list.add(entry);
        }
        map.put("messages", list);
        return map;
    }

    // ---- reading

    /** Reads and checks the description. */
    static Saved describe(Path file, ModelParts model) {
        return at(file).read((in, left) -> {
            Map<?, ?> description = description(file, in, left);
            Fingerprint saved = fingerprint(file, description);
            Fingerprint now = model.fingerprint().get();
            switch (saved.of(now)) {
                case SAME -> {
                }
                case RELATED -> LOG.log(System.Logger.Level.WARNING,
                        "The conversation {0} was saved with {1} and goes on with {2}, the same network as far as can be told,"
                                + " but stored otherwise: its messages are read again.",
                        file, saved, now);
                case OTHER -> throw new MillraceException("The saved conversation " + file + " belongs to " + saved
                        + ", another model than " + now + ": open the one it was saved with.");
            }
            return saved(file, description);
        });
    }

    /** Reads and checks the description of a conversation with a model elsewhere. */
    static Saved describe(Path file, String reference) {
        return at(file).read((in, left) -> {
            Map<?, ?> description = description(file, in, left);
            if (!reference.equals(description.get("elsewhere"))) {
                throw new MillraceException("The saved conversation " + file + " belongs to "
                        + (description.get("elsewhere") instanceof String other ? other : "a model of this machine")
                        + ", not to " + reference + ": open the one it was saved with.");
            }
            return saved(file, description);
        });
    }

    /** What was read, on the model's scheduler; nothing if its numbers are not those of this model. */
    static PromptCache cache(Saved saved, ModelParts model) {
        return at(saved.file()).read((in, left) -> {
            Map<?, ?> description = description(saved.file(), in, left);
            Fingerprint written = fingerprint(saved.file(), description);
            if (model.precision() == Precision.EXACT && !Precision.EXACT.name().equals(description.get("precision"))) {
                // what was rounded once is not exact any more
                LOG.log(System.Logger.Level.INFO,
                        "The conversation {0} is read again: it was not saved with exact precision.", saved.file());
                return new PromptCache(model.scheduler(), model.prefixes());
            }
            if (!in.readBoolean() || written.of(model.fingerprint().get()) != Fingerprint.Kinship.SAME) {
                return new PromptCache(model.scheduler(), model.prefixes());
            }
            try (SequenceState state = StateStream.read(in, left, written.shapes(), model.info().contextLength())) {
                return goOn(saved.file(), state, model);
            } catch (StreamCorruptedException e) {
                throw new MillraceException(
                        "The saved conversation " + saved.file() + " is damaged: " + e.getMessage() + ".", e);
            }
        });
    }

    /** Windows may differ between formats: a state that holds other tokens than the model keeps is of no use. */
    private static PromptCache goOn(Path file, SequenceState state, ModelParts model) {
        try {
            state.check(model.program().get());
        } catch (IllegalArgumentException e) {
            LOG.log(System.Logger.Level.WARNING, "The conversation {0} is read again: {1}", file, e.getMessage());
            return new PromptCache(model.scheduler(), model.prefixes());
        }
        return new PromptCache(model.scheduler(), model.prefixes(), state);
    }

    private static Fingerprint fingerprint(Path file, Map<?, ?> description) {
        if (description.get("elsewhere") instanceof String other) {
            throw new MillraceException("The saved conversation " + file + " belongs to " + other
                    + ", which runs elsewhere: open the one it was saved with.");
        }
        if (!(description.get("model") instanceof Map<?, ?> written)) {
            throw new MillraceException("The saved conversation " + file
                    + " does not say which model it belongs to; it was written by another version of Millrace.");
        }
        try {
            return Fingerprint.ofMap(written);
        } catch (IllegalArgumentException e) {
            throw new MillraceException("The saved conversation " + file + " is damaged: " + e.getMessage(), e);
        }
    }

    private static Map<?, ?> description(Path file, DataInputStream in, long left) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > left || length > MOST_DESCRIPTION) {
            throw at(file).damaged("it claims a description of " + length + " bytes");
        }
        return json(file, new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    private static Map<?, ?> json(Path file, String json) {
        try {
            if (Json.parse(json) instanceof Map<?, ?> map) {
                return map;
            }
        } catch (JsonException e) {
            throw new MillraceException("The saved conversation " + file + " is damaged: " + e.getMessage() + ".", e);
        }
        throw at(file).damaged("its description is not an object");
    }

    private static Saved saved(Path file, Map<?, ?> map) {
        List<Message> messages = new ArrayList<>();
        try {
            for (Object entry : (List<?>) value(map, "messages")) {
                messages.add(message((Map<?, ?>) entry));
            }
            return new Saved(file, messages, ((Number) value(map, "calls")).intValue());
        } catch (ClassCastException | IllegalArgumentException | NullPointerException e) {
            throw new MillraceException("The saved conversation " + file + " is damaged: a message cannot be read.", e);
        }
    }

    private static Object value(Map<?, ?> map, String key) {
        Object value = map.get(key);
        if (value == null) {
            throw new IllegalArgumentException(key);
        }
        return value;
    }

    private static Message message(Map<?, ?> entry) {
        List<ToolCall> calls = new ArrayList<>();
        for (Object item : (List<?>) value(entry, "toolCalls")) {
            Map<?, ?> call = (Map<?, ?>) item;
            Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
            ((Map<?, ?>) value(call, "arguments")).forEach((name, value) -> arguments.put((String) name, value));
            calls.add(new ToolCall((String) value(call, "id"), (String) value(call, "name"), arguments));
        }
        return new Message(Message.Role.valueOf((String) value(entry, "role")), (String) value(entry, "content"),
                (String) entry.get("thinking"), calls, (String) entry.get("toolCallId"));
    }
}
