/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

/** Keys and values of {@value KvLayout#PAGE} tokens in all layers; shared by the sequences that hold it. */
final class Page {

    private final BlockPool pool;
    private final long address;
    private int holders = 1;

    Page(BlockPool pool) {
        this.pool = pool;
        address = pool.take();
    }

    long address() {
        return address;
    }

    boolean isShared() {
        return holders > 1;
    }

    Page hold() {
        holders++;
        return this;
    }

    void release() {
        if (--holders == 0) {
            pool.giveBack(address);
        }
    }
}
