/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.backend.cpu.assembler.Operand.General;
import dev.millrace.backend.cpu.assembler.Operand.Vector;
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

    /** The stack and the registers that belong to a caller on Windows, by a function that is told its argument in RCX. */
    @Test
    void theConventionOfWindowsLeavesWhatIsTheCallers() throws Exception {
        Assembler a = new Assembler();
        a.mov(General.R11, General.RDI);
        for (int i = 6; i < 16; i++) {
            a.vmovups(new Vector(i, 16), General.R11.at(16 * i));
        }
        a.mov(General.RCX, General.R11);
        a.mov(General.R11.at(16), General.RSP);
        CallingConvention.WINDOWS.begin(a);
        a.mov(General.R11.at(0), General.RAX);
        for (int i = 0; i < 16; i++) {
            a.vpxor(new Vector(i, 32), new Vector(i, 32), new Vector(i, 32));
        }
        CallingConvention.WINDOWS.restore(a);
        a.mov(General.R11.at(24), General.RSP);
        for (int i = 6; i < 16; i++) {
            a.vmovups(General.R11.at(256 + 16 * i), new Vector(i, 16));
        }
        a.ret();
        try (Arena arena = Arena.ofConfined()) {
            MachineCode code = MachineCode.of(a.code(), arena);
            MemorySegment memory = arena.allocate(512, 64);
            for (int i = 6 * 16; i < 256; i++) {
                memory.set(ValueLayout.JAVA_BYTE, i, (byte) i);
            }
            MachineCode.call(code.function(0), memory.address());
            assertEquals(memory.address(), memory.get(ValueLayout.JAVA_LONG, 0));
            assertEquals(memory.get(ValueLayout.JAVA_LONG, 16), memory.get(ValueLayout.JAVA_LONG, 24));
            assertEquals(-1, memory.asSlice(6 * 16, 160).mismatch(memory.asSlice(256 + 6 * 16, 160)));
        }
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
