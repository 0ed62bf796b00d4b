/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.backend.onnx.isolated.Speech.Ask;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.model.Encoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** A model for vectors in another process. It keeps nothing, so that another process takes the place of one that is lost. */
final class IsolatedEncoder implements EncoderExecutor {

    private static final System.Logger LOG = System.getLogger(IsolatedEncoder.class.getName());

    private final Encoder encoder;
    private final Supplier<ChildProcess> another;
    private ChildProcess child;
    private boolean closed;

    IsolatedEncoder(Encoder encoder, Supplier<ChildProcess> another, ChildProcess child) {
        this.encoder = encoder;
        this.another = another;
        this.child = child;
    }

    @Override
    public float[] encode(int[] tokens) {
        if (closed) {
            throw new IllegalStateException("This model has been closed on the ONNX backend.");
        }
        try {
            return vector(tokens);
        } catch (ExecutorLostException e) {
            LOG.log(System.Logger.Level.WARNING, "Another process is started: {0}", e.getMessage());
            child = another.get();
            return vector(tokens);
        }
    }

    private float[] vector(int[] tokens) {
        return child.call(Ask.ENCODE, wire -> {
            wire.put(tokens.length);
            wire.put(MemorySegment.ofArray(tokens));
        }, wire -> {
            float[] vector = new float[wire.getCount(encoder.hiddenSize())];
            wire.get(vector, vector.length);
            if (vector.length != encoder.hiddenSize()) {
                throw new IOException("it gives " + vector.length + " values, not " + encoder.hiddenSize());
            }
            return vector;
        });
    }

    /** The id of the process. */
    long pid() {
        return child.pid();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            child.close();
        }
    }
}
