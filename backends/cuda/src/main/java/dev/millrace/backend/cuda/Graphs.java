/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import java.util.LinkedHashMap;
import java.util.Map;

/** Recorded passes; those that were not used for longest go first. */
final class Graphs {

    /**
     * What a recorded pass depends on: all else lies in buffers.
     *
     * @param steps sequences, with a token each
     * @param splits of attention
     * @param rows of logits
     */
    record Key(int steps, int splits, int rows) {
    }

    private static final long SEEN = 0;

    private final Gpu gpu;
    private final int most;
    private final Map<Key, Long> graphs = new LinkedHashMap<>(16, 0.75f, true);

    Graphs(Gpu gpu, int most) {
        this.gpu = gpu;
        this.most = most;
    }

    /** Does an action: the first time as it is, which loads its kernels, later as a graph. */
    void run(Key key, Runnable action) {
        Long graph = graphs.get(key);
        if (graph == null) {
            action.run();
            graphs.put(key, SEEN);
            if (graphs.size() > most) {
                Map.Entry<Key, Long> oldest = graphs.entrySet().iterator().next();
                gpu.destroyGraph(oldest.getValue());
                graphs.remove(oldest.getKey());
            }
            return;
        }
        if (graph == SEEN) {
            graph = gpu.record(action);
            graphs.put(key, graph);
        }
        gpu.replay(graph);
    }
}
