/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.ToolCall;
import dev.millrace.spi.SequenceState;
import dev.millrace.spi.TensorType;
import dev.millrace.spi.json.Json;
import dev.millrace.spi.json.JsonException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Saved conversations. A file holds a magic number, the description of model and messages as JSON, the tokens read with the
 * state of each layer, and a CRC-32C of all that.
 */
final class ConversationFile {

    private static final long MAGIC = 0x4D494C4C434F4E31L;
    private static final int MOST_DESCRIPTION = 256 << 20;
    private static final int CHUNK = 1 << 16;

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

    // ---- writing

    static void save(Path file, RunningModel model, List<Message> messages, int calls, PromptCache cache) {
        Path target = file.toAbsolutePath();
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try (SequenceState state = cache.export()) {
            try {
                CRC32C checksum = new CRC32C();
                try (OutputStream raw = new BufferedOutputStream(Files.newOutputStream(part), CHUNK)) {
                    DataOutputStream out = new DataOutputStream(new CheckedOutputStream(raw, checksum));
                    out.writeLong(MAGIC);
                    byte[] description = Json.write(description(model.info(), messages, calls))
                            .getBytes(StandardCharsets.UTF_8);
                    out.writeInt(description.length);
                    out.write(description);
                    write(state, out);
                    out.flush();
                    new DataOutputStream(raw).writeLong(checksum.getValue());
                }
                replace(part, target);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new MillraceException("The conversation cannot be saved to " + file + ": " + e + ".", e);
        }
    }

    private static void replace(Path part, Path target) throws IOException {
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Map<String, @Nullable Object> description(ModelInfo info, List<Message> messages, int calls) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("model", fingerprint(info));
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

    private static String fingerprint(ModelInfo info) {
        return String.join("|", info.name(), info.architecture(), Long.toString(info.parameters()),
                Integer.toString(info.layers()), Integer.toString(info.hiddenSize()),
                Integer.toString(info.vocabularySize()), Long.toString(info.weightBytes()), info.quantisation());
    }

    private static void write(@Nullable SequenceState state, DataOutputStream out) throws IOException {
        if (state == null) {
            out.writeInt(0);
            return;
        }
        int[] tokens = state.tokens();
        out.writeInt(tokens.length);
        for (int token : tokens) {
            out.writeInt(token);
        }
        TensorType type = TensorType.F32;
        for (SequenceState.Layer layer : state.layers()) {
            if (layer instanceof SequenceState.KeyValues pairs) {
                type = pairs.type();
            }
        }
        out.writeUTF(type.name());
        for (SequenceState.Layer layer : state.layers()) {
            switch (layer) {
                case SequenceState.KeyValues pairs -> {
                    write(pairs.keys(), out);
                    write(pairs.values(), out);
                }
                case SequenceState.ConvColumns columns -> write(columns.data(), out);
            }
        }
    }

    private static void write(MemorySegment data, DataOutputStream out) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
            int length = (int) Math.min(CHUNK, data.byteSize() - at);
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
            out.write(chunk, 0, length);
        }
    }

    // ---- reading

    /** Reads and checks the description. */
    static Saved describe(Path file, RunningModel model) {
        return read(file, (in, left) -> saved(file, description(file, in, left, model)));
    }

    /** What was read, on the model's scheduler. */
    static PromptCache cache(Saved saved, RunningModel model) {
        return read(saved.file(), (in, left) -> {
            description(saved.file(), in, left, model);
            int count = in.readInt();
            if (count == 0) {
                return new PromptCache(model.scheduler());
            }
            if (count < 0 || count * 4L > left || count >= model.info().contextLength()) {
                throw damaged(saved.file(), "it claims " + count + " tokens");
            }
            int[] tokens = new int[count];
            for (int i = 0; i < count; i++) {
                tokens[i] = in.readInt();
            }
            TensorType type = switch (in.readUTF()) {
                case "F32" -> TensorType.F32;
                case "F16" -> TensorType.F16;
                default -> throw damaged(saved.file(), "its keys and values have an unknown type");
            };
            try (SequenceState state = SequenceState.allocate(model.file().program(), tokens, type)) {
                for (SequenceState.Layer layer : state.layers()) {
                    switch (layer) {
                        case SequenceState.KeyValues pairs -> {
                            fill(pairs.keys(), in);
                            fill(pairs.values(), in);
                        }
                        case SequenceState.ConvColumns columns -> fill(columns.data(), in);
                    }
                }
                return new PromptCache(model.scheduler(), state);
            }
        });
    }

    private static void fill(MemorySegment data, DataInputStream in) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
            int length = (int) Math.min(CHUNK, data.byteSize() - at);
            in.readFully(chunk, 0, length);
            MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, at, length);
        }
    }

    @FunctionalInterface
    private interface Content<T> {
        T read(DataInputStream in, long length) throws IOException;
    }

    /** Checks magic number and checksum over the whole file, then reads. */
    private static <T> T read(Path file, Content<T> content) {
        try {
            long size = Files.size(file);
            verify(file, size);
            try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), CHUNK))) {
                in.readLong();
                return content.read(in, size - 16);
            }
        } catch (EOFException e) {
            throw new MillraceException("The saved conversation " + file + " is damaged: it ends too early.", e);
        } catch (IOException e) {
            throw new MillraceException("The saved conversation " + file + " cannot be read: " + e + ".", e);
        }
    }

    private static void verify(Path file, long size) throws IOException {
        CRC32C checksum = new CRC32C();
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), CHUNK)) {
            DataInputStream in = new DataInputStream(new CheckedInputStream(raw, checksum));
            if (size < 24 || in.readLong() != MAGIC) {
                throw new MillraceException(file + " is not a saved conversation.");
            }
            in.skipNBytes(size - 16);
            if (new DataInputStream(raw).readLong() != checksum.getValue()) {
                throw damaged(file, "its checksum is wrong");
            }
        }
    }

    private static String description(Path file, DataInputStream in, long left, RunningModel model) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > left || length > MOST_DESCRIPTION) {
            throw damaged(file, "it claims a description of " + length + " bytes");
        }
        String json = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        if (!(json(file, json).get("model") instanceof String written) || !written.equals(fingerprint(model.info()))) {
            throw new MillraceException("The saved conversation " + file + " belongs to another model than "
                    + model.info().name() + ": open the one it was saved with.");
        }
        return json;
    }

    private static Map<?, ?> json(Path file, String json) {
        try {
            if (Json.parse(json) instanceof Map<?, ?> map) {
                return map;
            }
        } catch (JsonException e) {
            throw new MillraceException("The saved conversation " + file + " is damaged: " + e.getMessage() + ".", e);
        }
        throw damaged(file, "its description is no object");
    }

    private static Saved saved(Path file, String json) {
        Map<?, ?> map = json(file, json);
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

    private static MillraceException damaged(Path file, String how) {
        return new MillraceException("The saved conversation " + file + " is damaged: " + how + ".");
    }
}
