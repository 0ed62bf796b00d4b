/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory on the host and as much on the device, which grows as needed. */
final class Mirror {

    private final Gpu gpu;
    private MemorySegment host;
    private long device;

    Mirror(Gpu gpu, long bytes) {
        this.gpu = gpu;
        host = gpu.allocateHost(Math.max(16, bytes));
        device = gpu.allocate(Math.max(16, bytes));
    }

    /** Makes it at least so large; what it holds is lost if it grows. */
    void reserve(long bytes) {
        if (bytes > host.byteSize()) {
            gpu.await();
            long larger = gpu.allocate(2 * bytes);
            gpu.free(device);
            device = larger;
            // the host's side last: by its size this knows how large both are
            MemorySegment copy = gpu.allocateHost(2 * bytes);
            gpu.freeHost(host);
            host = copy;
        }
    }

    MemorySegment host() {
        return host;
    }

    long device() {
        return device;
    }

    void toDevice(long bytes) {
        gpu.toDevice(device, host, bytes);
    }

    void toHost(long bytes) {
        gpu.toHost(host, device, bytes);
    }

    void integer(long index, int value) {
        host.setAtIndex(ValueLayout.JAVA_INT, index, value);
    }

    int integer(long index) {
        return host.getAtIndex(ValueLayout.JAVA_INT, index);
    }

    void real(long index, float value) {
        host.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
    }

    float real(long index) {
        return host.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }
}
