/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.backend.cpu.assembler.Operand.General;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, architectures = {"amd64", "x86_64"})
class MachineCodeTest {

    private static byte[] increment() {
        Assembler a = new Assembler();
        a.mov(General.RAX, General.RDI.at(0));
        a.add(General.RAX, 1);
        a.mov(General.RDI.at(0), General.RAX);
        a.ret();
        return a.code();
    }

    @Test
    void codeRunsCannotBeWrittenAndGoesWithItsOwner() throws Exception {
        Arena arena = Arena.ofShared();
        MachineCode code = MachineCode.of(increment(), arena);
        MemorySegment function = code.function(0);
        try (Arena mine = Arena.ofConfined()) {
            MemorySegment value = mine.allocate(ValueLayout.JAVA_LONG);
            value.set(ValueLayout.JAVA_LONG, 0, 41);
            MachineCode.call(function, value.address());
            assertEquals(42, value.get(ValueLayout.JAVA_LONG, 0));
        }
        assertTrue(function.isReadOnly());
        assertEquals(List.of("r-xp"), rights(function.address()));
        arena.close();
        assertEquals(List.of(), rights(function.address()));
        assertThrows(IllegalStateException.class, () -> MachineCode.call(function, 0));
    }

    /** How the page of an address may be used, if it is anybody's. */
    private static List<String> rights(long address) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> {
            String[] range = line.split("[- ]", 3);
            return Long.parseUnsignedLong(range[0], 16) <= address && address < Long.parseUnsignedLong(range[1], 16);
        }).map(line -> line.split(" ", 3)[1]).toList();
    }

    @Test
    void theProcessorIsWhatTheKernelSays() throws Exception {
        String flags = Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith("flags"))
                .findFirst().orElseThrow() + " ";
        Processor processor = Processor.here();
        assertEquals(flags.contains(" avx2 ") && flags.contains(" fma "), processor.avx2());
        assertEquals(flags.contains(" avx_vnni "), processor.avxVnni());
        assertEquals(flags.contains(" avx512_vnni ") && flags.contains(" avx512bw "), processor.avx512Vnni());
    }
}
