/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A neutral snapshot of a sequence: the tokens it has read, and for each layer what it keeps of them. Moves sequences
 * between backends and onto disk.
 *
 * <p>
 * Owns its memory, off the heap and little-endian; {@link #close()} frees it at once. For one thread at a time.
 */
public final class SequenceState implements AutoCloseable {

    private final Arena arena;
    private final int[] tokens;
    private final List<Layer> layers;

    /** What one layer keeps. */
    public sealed interface Layer {
    }

    /**
     * What attention keeps: keys after norm and rope, and values, of the tokens that later ones still see. In a layer with a
     * window these are the last {@code window} tokens, in all others all tokens.
     *
     * @param shape heads, their size and the window
     * @param tokens how many tokens are kept: {@link StateShape.KeyValues#kept}
     * @param type {@link TensorType#F32} or {@link TensorType#F16}
     * @param keys {@code [heads][tokens][headSize]}, oldest token first
     * @param values {@code [heads][tokens][headSize]}
     */
    public record KeyValues(StateShape.KeyValues shape, int tokens, TensorType type, MemorySegment keys,
            MemorySegment values)
            implements
                Layer {
    }

    /**
     * What a short convolution keeps: its last inputs ({@code u} in {@link Blueprint.ShortConv}).
     *
     * @param channels width of the stream
     * @param columns taps minus one
     * @param data {@code [channels][columns]} in F32, oldest column first, zeros before the first token
     */
    public record ConvColumns(int channels, int columns, MemorySegment data) implements Layer {
    }

    private SequenceState(Arena arena, int[] tokens, List<Layer> layers) {
        this.arena = arena;
        this.tokens = tokens;
        this.layers = List.copyOf(layers);
    }

    /**
     * A state of the right shape for a model, to be filled in.
     *
     * @param program the model
     * @param tokens tokens read; copied
     * @param type how keys and values are stored: {@link TensorType#F32} or {@link TensorType#F16}
     * @return zeros; closed by the caller
     * @throws IllegalArgumentException if the type is another
     * @throws OutOfMemoryError if there is not enough memory off the heap
     */
    public static SequenceState allocate(Program program, int[] tokens, TensorType type) {
        return allocate(program.stateShapes(), tokens, type);
    }

    /**
     * A state of given shapes, to be filled in.
     *
     * @param shapes what each layer keeps, in order
     * @param tokens tokens read; copied
     * @param type how keys and values are stored: {@link TensorType#F32} or {@link TensorType#F16}
     * @return zeros; closed by the caller
     * @throws IllegalArgumentException if the type is another
     * @throws OutOfMemoryError if there is not enough memory off the heap
     */
    public static SequenceState allocate(List<StateShape> shapes, int[] tokens, TensorType type) {
        if (type != TensorType.F32 && type != TensorType.F16) {
            throw new IllegalArgumentException("Keys and values are exchanged as F32 or F16, not " + type);
        }
        Arena arena = Arena.ofShared();
        try {
            List<Layer> layers = new ArrayList<>();
            for (StateShape shape : shapes) {
                layers.add(switch (shape) {
                    case StateShape.KeyValues kv -> {
                        int kept = kv.kept(tokens.length);
                        long bytes = type.bytes((long) kv.heads() * kv.headSize() * kept);
                        yield new KeyValues(kv, kept, type, arena.allocate(bytes, 64), arena.allocate(bytes, 64));
                    }
                    case StateShape.ConvColumns c -> {
                        long values = (long) c.channels() * c.columns();
                        yield new ConvColumns(c.channels(), c.columns(), arena.allocate(values * 4, 64));
                    }
                });
            }
            return new SequenceState(arena, tokens.clone(), layers);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Checks that this state fits a model.
     *
     * @param program the model
     * @throws IllegalArgumentException if it does not, with what differs
     */
    public void check(Program program) {
        List<StateShape> shapes = program.stateShapes();
        if (layers.size() != shapes.size()) {
            throw new IllegalArgumentException(
                    "The state has " + layers.size() + " layers, the model " + shapes.size() + ".");
        }
        for (int i = 0; i < layers.size(); i++) {
            if (!fits(layers.get(i), shapes.get(i))) {
                throw new IllegalArgumentException("The state of layer " + i + " has another shape than the model's.");
            }
        }
        for (int token : tokens) {
            if (token < 0 || token >= program.vocabularySize()) {
                throw new IllegalArgumentException(
                        "The state holds token " + token + ", outside the model's vocabulary.");
            }
        }
    }

    /** Windows may differ as long as both keep the same tokens: a graph keeps all, and lets its operators look away. */
    private boolean fits(Layer held, StateShape shape) {
        return switch (held) {
            case KeyValues kv -> shape instanceof StateShape.KeyValues wanted && wanted.heads() == kv.shape().heads()
                    && wanted.headSize() == kv.shape().headSize() && wanted.kept(tokens.length) == kv.tokens();
            case ConvColumns c -> shape.equals(new StateShape.ConvColumns(c.channels(), c.columns()));
        };
    }

    /**
     * Tokens read, in order.
     *
     * @return a copy
     */
    public int[] tokens() {
        return tokens.clone();
    }

    /**
     * Number of tokens read.
     *
     * @return 0 or more
     */
    public int length() {
        return tokens.length;
    }

    /**
     * What each layer keeps, one entry per layer of the program.
     *
     * @return writable until handed on
     */
    public List<Layer> layers() {
        return layers;
    }

    /** Frees the memory. Closing twice does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
