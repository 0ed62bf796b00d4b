/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** Memory of the machine, or of the container if one sets a limit. */
final class MachineMemory {

    private MachineMemory() {
    }

    /**
     * All memory, in use or not: pages of mapped files give way when memory is short.
     *
     * @return bytes, or {@link Long#MAX_VALUE} where this Java runtime does not say
     */
    static long total() {
        try {
            if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                    && system.getTotalMemorySize() > 0) {
                return system.getTotalMemorySize();
            }
        } catch (NoClassDefFoundError e) {
            // a Java runtime without the module jdk.management
            System.getLogger(MachineMemory.class.getName()).log(System.Logger.Level.DEBUG, "no memory figures", e);
        }
        return Long.MAX_VALUE;
    }
}
