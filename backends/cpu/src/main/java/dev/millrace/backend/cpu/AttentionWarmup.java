/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.util.List;

/** Attends to a page of zeros as a token does and as a prompt does, until the caller finds it fast enough. */
final class AttentionWarmup implements AutoCloseable {

    /** Time in which compiled code does a round, also in plain Java and with narrow vectors. */
    static final long COMPILED_NANOS = 500_000;

    private static final int GROUP = 4;
    private static final int HEAD_SIZE = 64;
    private static final int VECTORS = 64;

    private final AttentionKernels kernels;
    private final KvLayout.Layer layer;
    private final KvPage page;
    private final AttentionScratch scratch = new AttentionScratch(GROUP, HEAD_SIZE);

    AttentionWarmup(AttentionKernels kernels, KvType type) {
        this.kernels = kernels;
        layer = new KvLayout.Layer(type, 1, HEAD_SIZE, 0);
        page = new KvPage(new KvLayout(type, List.of(layer), layer.end()));
        scratch.met.shape(layer.width());
    }

    /** One round. */
    void round() {
        scratch.pages[0] = page;
        for (int i = 0; i < VECTORS / GROUP; i++) {
            meet(GROUP, KvLayout.PAGE);
        }
        meet(VECTORS, KvLayout.PAGE / 2);
    }

    private void meet(int vectors, int visible) {
        kernels.prepare(layer, scratch, 0, vectors);
        kernels.meet(1, layer, 0, 1, scratch, vectors, GROUP, AttentionKernels.ALL, visible, 0);
    }

    @Override
    public void close() {
        page.release();
    }
}
