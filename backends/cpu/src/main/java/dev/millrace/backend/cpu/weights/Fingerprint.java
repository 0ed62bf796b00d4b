/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Tells models apart, without reading all of them: a SHA-256 of the identity of their files, and of name, type, shape and three
 * rows of every matrix.
 */
final class Fingerprint {

    /** Its size. */
    static final int BYTES = 32;

    private Fingerprint() {
    }

    /**
     * Takes the fingerprint. Rows are read and not mapped, because a file that is not in memory yet would be read far around
     * every place that is touched in a mapping.
     *
     * @param form how the kernels want weights, which the packed weights depend on as well
     * @param identity of the files, or empty: then somebody who changes single rows by hand goes unnoticed
     * @throws IOException if a tensor cannot be read
     */
    static byte[] of(List<Tensor> tensors, WeightForm form, String identity) throws IOException {
        MessageDigest digest = sha256();
        byte[] files = identity.getBytes(StandardCharsets.UTF_8);
        digest.update(ints(PackedLayout.VERSION, form.lanes(), tensors.size(), files.length));
        digest.update(files);
        for (Tensor tensor : tensors) {
            byte[] name = (tensor.name() + "\n" + tensor.type()).getBytes(StandardCharsets.UTF_8);
            int rows = Math.toIntExact(tensor.rows());
            int columns = Math.toIntExact(tensor.columns());
            digest.update(ints(name.length, rows, columns));
            digest.update(name);
            float[] row = new float[columns];
            ByteBuffer raw = ByteBuffer.allocate(Float.BYTES * columns).order(ByteOrder.LITTLE_ENDIAN);
            for (int r : new int[]{0, rows / 2, rows - 1}) {
                tensor.read(r, 1, row, 0);
                raw.asFloatBuffer().put(row);
                digest.update(raw.array());
            }
        }
        return digest.digest();
    }

    private static byte[] ints(int... values) {
        ByteBuffer raw = ByteBuffer.allocate(Integer.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asIntBuffer().put(values);
        return raw.array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
