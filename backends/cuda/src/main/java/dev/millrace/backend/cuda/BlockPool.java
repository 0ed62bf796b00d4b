/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.backend.cuda.runtime.CudaException;
import dev.millrace.spi.backend.OutOfRoomException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Memory of the device in blocks of one size, taken in slabs as they are needed and given back when the model is closed. */
final class BlockPool {

    private static final long SLAB = 16L << 20;
    private static final int MOST_AT_ONCE = 64;

    private final Gpu gpu;
    private final String what;
    private final long blockBytes;
    private final int atOnce;
    private final Deque<Long> unused = new ArrayDeque<>();

    /** @param what one of these is, for messages */
    BlockPool(Gpu gpu, String what, long blockBytes) {
        this.gpu = gpu;
        this.what = what;
        this.blockBytes = blockBytes;
        atOnce = atOnce(blockBytes);
    }

    private static int atOnce(long blockBytes) {
        return Math.clamp(SLAB / Math.max(1, blockBytes), 1, MOST_AT_ONCE);
    }

    /** Bytes on the device for so many blocks, which come in slabs. */
    static long bytes(int blocks, long blockBytes) {
        int atOnce = atOnce(blockBytes);
        return (long) Math.ceilDiv(blocks, atOnce) * atOnce * blockBytes;
    }

    /** A block. It holds finite numbers. */
    long take() {
        Long block = unused.poll();
        if (block != null) {
            return block;
        }
        long slab = slab();
        gpu.zero(slab, atOnce * blockBytes);
        for (int i = atOnce - 1; i > 0; i--) {
            unused.push(slab + i * blockBytes);
        }
        return slab;
    }

    private long slab() {
        try {
            return gpu.allocate(atOnce * blockBytes);
        } catch (CudaException e) {
            if (e.isOutOfMemory()) {
                throw new OutOfRoomException("The device has no memory for " + what + " (" + atOnce * blockBytes
                        + " bytes asked for, " + gpu.freeMemory() + " free).");
            }
            throw e;
        }
    }

    void giveBack(long block) {
        unused.push(block);
    }

    long blockBytes() {
        return blockBytes;
    }
}
