/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;

/**
 * How large passes are made on a device, and what that takes.
 *
 * @param tokens of a pass
 * @param sequences open at a time
 * @param pages in the table of a pass
 * @param logitRows that are made at once
 * @param total bytes with the weights, and with one sequence that fills the context
 */
record Needs(int tokens, int sequences, int pages, int logitRows, long total) {

    private static final long LARGE = 20L << 30;
    private static final long MIDDLE = 6L << 30;
    private static final int MOST_SEQUENCES = 512;
    private static final int MOST_LOGIT_ROWS = 256;
    /** Blocks of a grid one below the other. */
    private static final int MOST_BLOCKS = 65_535;

    static Needs of(Blueprint blueprint, LoadOptions options, long memory) {
        Sizes sizes = Sizes.of(blueprint);
        // experts are launched with a block for each one of each token
        int tokens = Math.min(memory >= LARGE ? 2048 : memory >= MIDDLE ? 512 : 128,
                MOST_BLOCKS / Math.max(1, sizes.used()));
        int sequences = memory >= LARGE ? MOST_SEQUENCES : memory >= MIDDLE ? 64 : 32;
        KvLayout layout = KvLayout.of(blueprint, options);
        int each = layout.pageBytes() == 0 ? 0 : KvLayout.pages(options.context());
        int pages = Math.toIntExact(Math.min((long) each * sequences, Integer.MAX_VALUE / 16));
        int rows = Math.max(16, Math.min(sequences, MOST_LOGIT_ROWS));
        long weights = 0;
        for (Tensor tensor : blueprint.tensors()) {
            weights += Matrix.Planes.of(tensor.type(), (tensor.rows() * tensor.columns() + 31) / 32).total();
        }
        long total = weights + sizes.bytes(tokens, sequences, rows, blueprint.vocabularySize())
                + Batch.bytes(tokens, sequences, pages) + Choice.bytes(blueprint.vocabularySize(), rows)
                + BlockPool.bytes(each, layout.pageBytes()) + BlockPool.bytes(1, 2 * layout.stateBytes());
        return new Needs(tokens, sequences, pages, rows, total);
    }
}
