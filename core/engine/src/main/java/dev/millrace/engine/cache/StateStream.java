/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.TensorType;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** States of sequences as bytes: tokens, type of keys and values, then the data of each layer. */
public final class StateStream {

    private static final int BUFFER = 1 << 16;

    private StateStream() {
    }

    public static void write(SequenceState state, DataOutputStream out) throws IOException {
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

    /**
     * Reads the tokens of a state alone.
     *
     * @param length bytes that the stream can hold at most
     * @throws StreamCorruptedException if it claims more tokens than that
     */
    public static int[] tokens(DataInputStream in, long length) throws IOException {
        int count = in.readInt();
        if (count < 0 || count * 4L > length) {
            throw new StreamCorruptedException("it claims " + count + " tokens");
        }
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = in.readInt();
        }
        return tokens;
    }

    /**
     * Reads a state of a model.
     *
     * @param shapes what each layer kept when it was written
     * @param length bytes that the stream can hold at most, against which its claims are held
     * @param context tokens that a sequence can hold
     * @throws StreamCorruptedException if it is not what was written
     * @throws MillraceException if it does not fit the context
     */
    public static SequenceState read(DataInputStream in, long length, List<StateShape> shapes, int context)
            throws IOException {
        int[] tokens = tokens(in, length);
        if (tokens.length >= context) {
            throw new MillraceException(
                    "What was saved holds " + tokens.length + " tokens and the context holds " + context
                            + ": open the model with a larger context.");
        }
        TensorType type = switch (in.readUTF()) {
            case "F32" -> TensorType.F32;
            case "F16" -> TensorType.F16;
            default -> throw new StreamCorruptedException("its keys and values have an unknown type");
        };
        SequenceState state = SequenceState.allocate(shapes, tokens, type);
        try {
            for (SequenceState.Layer layer : state.layers()) {
                switch (layer) {
                    case SequenceState.KeyValues pairs -> {
                        fill(pairs.keys(), in);
                        fill(pairs.values(), in);
                    }
                    case SequenceState.ConvColumns columns -> fill(columns.data(), in);
                }
            }
            return state;
        } catch (IOException | RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private static void write(MemorySegment data, DataOutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (long at = 0; at < data.byteSize(); at += BUFFER) {
            int length = (int) Math.min(BUFFER, data.byteSize() - at);
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, buffer, 0, length);
            out.write(buffer, 0, length);
        }
    }

    private static void fill(MemorySegment data, DataInputStream in) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (long at = 0; at < data.byteSize(); at += BUFFER) {
            int length = (int) Math.min(BUFFER, data.byteSize() - at);
            in.readFully(buffer, 0, length);
            MemorySegment.copy(buffer, 0, data, ValueLayout.JAVA_BYTE, at, length);
        }
    }
}
