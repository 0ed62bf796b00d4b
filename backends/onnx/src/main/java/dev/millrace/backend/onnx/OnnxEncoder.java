/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A loaded sentence encoder. Each text is a run of its own, because quantised graphs round by the largest value in a run: so what
 * a text becomes does not depend on others.
 */
final class OnnxEncoder implements EncoderExecutor {

    /** What the graph gives, the best first. */
    private static final List<String> OUTPUTS = List.of("last_hidden_state", "token_embeddings", "sentence_embedding");

    private final Encoder encoder;
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Map<String, OnnxJavaType> inputs = new LinkedHashMap<>();
    private final String output;
    private boolean closed;

    /**
     * Takes over a session and runs it for the first time.
     *
     * @throws OrtException if it cannot be run
     * @throws BackendException if the graph is no encoder, with the name of what does not fit
     */
    OnnxEncoder(Encoder encoder, Graph.Variant variant, OrtEnvironment environment, OrtSession session)
            throws OrtException {
        this.encoder = encoder;
        this.environment = environment;
        this.session = session;
        for (Map.Entry<String, NodeInfo> input : session.getInputInfo().entrySet()) {
            boolean known = Set.of("input_ids", "attention_mask", "token_type_ids", "position_ids")
                    .contains(input.getKey());
            if (!known || !(input.getValue().getInfo() instanceof TensorInfo info) || info.getShape().length != 2
                    || (info.type != OnnxJavaType.INT64 && info.type != OnnxJavaType.INT32)) {
                throw new BackendException("The graph " + variant.file() + " has the input \"" + input.getKey()
                        + "\", which the ONNX backend cannot fill for an encoder.");
            }
            inputs.put(input.getKey(), info.type);
        }
        output = OUTPUTS.stream().filter(session.getOutputNames()::contains).findFirst()
                .orElseThrow(() -> new BackendException("The graph " + variant.file()
                        + " gives no vectors: it has none of the outputs " + String.join(", ", OUTPUTS) + "."));
        run(new int[]{0, 0});
    }

    @Override
    public float[] encode(int[] tokens) {
        if (closed) {
            throw new IllegalStateException("This model has been closed on the ONNX backend.");
        }
        try {
            return run(tokens);
        } catch (OrtException | OutOfMemoryError e) {
            throw OnnxExecutor.failed("A text cannot be turned into a vector", e);
        }
    }

    private float[] run(int[] tokens) throws OrtException {
        try (Arena arena = Arena.ofConfined()) {
            List<OnnxTensor> own = new ArrayList<>();
            Map<String, OnnxTensor> filled = new LinkedHashMap<>();
            try {
                for (Map.Entry<String, OnnxJavaType> input : inputs.entrySet()) {
                    OnnxTensor tensor = tensor(arena, input.getKey(), input.getValue(), tokens);
                    own.add(tensor);
                    filled.put(input.getKey(), tensor);
                }
                try (OrtSession.Result result = session.run(filled, Set.of(output))) {
                    if (!(result.get(output).orElseThrow() instanceof OnnxTensor vectors)) {
                        throw new OrtException("The output " + output + " is no tensor.");
                    }
                    return normalised(pooled(vectors, tokens.length));
                }
            } finally {
                own.forEach(OnnxTensor::close);
            }
        }
    }

    private OnnxTensor tensor(Arena arena, String name, OnnxJavaType type, int[] tokens) throws OrtException {
        MemorySegment memory = arena.allocate((long) tokens.length * type.size, 64);
        for (int i = 0; i < tokens.length; i++) {
            int value = switch (name) {
                case "input_ids" -> tokens[i];
                case "attention_mask" -> 1;
                case "position_ids" -> i;
                default -> 0;
            };
            if (type == OnnxJavaType.INT64) {
                memory.setAtIndex(ValueLayout.JAVA_LONG, i, value);
            } else {
                memory.setAtIndex(ValueLayout.JAVA_INT, i, value);
            }
        }
        return CacheFactory.tensor(environment, memory, new long[]{1, tokens.length}, type);
    }

    private float[] pooled(OnnxTensor vectors, int tokens) throws OrtException {
        int width = encoder.hiddenSize();
        long[] shape = vectors.getInfo().getShape();
        boolean whole = Arrays.equals(shape, new long[]{1, width});
        if (!whole && !Arrays.equals(shape, new long[]{1, tokens, width})) {
            throw new OrtException("The output " + output + " has the shape " + GraphPorts.shown(shape) + " after "
                    + tokens + " tokens, expected [1, " + tokens + ", " + width + "]");
        }
        float[] all = values(vectors, whole ? width : Math.multiplyExact(tokens, width));
        if (whole) {
            return all;
        }
        float[] vector = new float[width];
        for (int i = 0; i < width; i++) {
            double sum = 0;
            float most = Float.NEGATIVE_INFINITY;
            for (int t = 0; t < tokens; t++) {
                sum += all[t * width + i];
                most = Math.max(most, all[t * width + i]);
            }
            vector[i] = switch (encoder.pooling()) {
                case MEAN -> (float) (sum / tokens);
                case FIRST -> all[i];
                case LAST -> all[(tokens - 1) * width + i];
                case MAX -> most;
            };
        }
        return vector;
    }

    private static float[] values(OnnxTensor tensor, int count) throws OrtException {
        float[] values = new float[count];
        MemorySegment memory = MemorySegment.ofBuffer(tensor.getByteBuffer());
        switch (tensor.getInfo().type) {
            case FLOAT -> MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values, 0, count);
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[i] = Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i));
                }
            }
            default ->
                throw new OrtException("The vectors are " + tensor.getInfo().type + ", expected float or float16");
        }
        return values;
    }

    private float[] normalised(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        double length = Math.sqrt(squares);
        for (int i = 0; i < vector.length && encoder.normalise() && length > 0; i++) {
            vector[i] = (float) (vector[i] / length);
        }
        return vector;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                session.close();
            } catch (OrtException e) {
                throw OnnxExecutor.failed("The ONNX session cannot be closed", e);
            }
        }
    }
}
