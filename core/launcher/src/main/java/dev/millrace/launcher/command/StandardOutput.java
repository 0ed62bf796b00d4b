/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Where results go, in UTF-8. A plain stream of this kind keeps silent when it cannot write; this one can be asked. */
final class StandardOutput extends PrintStream {

    private final Watched target;

    StandardOutput(OutputStream target) {
        this(new Watched(target));
    }

    private StandardOutput(Watched target) {
        super(target, false, StandardCharsets.UTF_8);
        this.target = target;
    }

    /**
     * Writes what was not written yet.
     *
     * @throws OutputException if something could not be written, now or before
     */
    void check() {
        if (checkError()) {
            IOException failure = target.failure;
            throw new OutputException(failure == null ? new IOException("closed") : failure);
        }
    }

    /** Remembers the first failure. */
    private static final class Watched extends FilterOutputStream {

        private volatile @Nullable IOException failure;

        Watched(OutputStream target) {
            super(target);
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[]{(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            try {
                out.write(bytes, from, count);
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                }
                throw e;
            }
        }
    }
}
