/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import java.util.Locale;

/** How a system gives memory for code: written first, then only read and executed. */
interface ExecutablePages {

    /** Memory of a whole number of pages is given in multiples of this. */
    long PAGE = 16_384;

    /**
     * Memory that may be written.
     *
     * @return its address, or 0 if there is none
     */
    long allocate(long bytes);

    /** Makes memory executable, and says whether the system allows it; nobody can write to it then. */
    boolean execute(long address, long bytes);

    /** Gives memory back. */
    void free(long address, long bytes);

    /**
     * That of this system.
     *
     * @throws MachineCode.Refused if it is not known
     */
    static ExecutablePages here() throws MachineCode.Refused {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        if (system.startsWith("linux")) {
            return PosixPages.linux();
        } else if (system.startsWith("mac")) {
            return PosixPages.macOs();
        } else if (system.startsWith("windows")) {
            return new WindowsPages();
        }
        throw new MachineCode.Refused("machine code is made on Linux, macOS and Windows only");
    }
}
