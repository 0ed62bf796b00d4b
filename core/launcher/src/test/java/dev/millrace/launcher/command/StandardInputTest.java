/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever stands before the pipe: text in other encodings, or something that never ends. */
@Timeout(60)
class StandardInputTest {

    /** As /dev/zero. */
    private static InputStream endless() {
        return new InputStream() {

            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] into, int from, int count) {
                Arrays.fill(into, from, from + count, (byte) 0);
                return count;
            }
        };
    }

    private static InputStream bytes(String latin) {
        return new ByteArrayInputStream(latin.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aPromptThatNeverEndsIsRefused() {
        MillraceException e = assertThrows(MillraceException.class, () -> Prompt.read(endless()));
        assertTrue(e.getMessage().contains("32 MiB"), e.getMessage());
    }

    @Test
    void aLineThatNeverEndsIsRefused() throws Exception {
        try (PipedLines lines = new PipedLines(endless())) {
            IOException e = assertThrows(IOException.class, lines::next);
            assertTrue(String.valueOf(e.getMessage()).contains("16 million characters"), e.getMessage());
        }
    }

    @Test
    void linesEndAsTheyDoOnAnySystem() throws Exception {
        try (PipedLines lines = new PipedLines(bytes("a\r\n\nb\rc\nlast"))) {
            assertEquals("a", lines.next());
            assertEquals("", lines.next());
            assertEquals("b\rc", lines.next());
            assertEquals("last", lines.next());
            assertNull(lines.next());
            assertNull(lines.next());
        }
    }

    @Test
    void whatIsNoUtf8IsReplaced() throws Exception {
        assertEquals("Gr\ufffd\ufffde", Prompt.read(bytes("Gr\u00fc\u00dfe\n")));
        try (PipedLines lines = new PipedLines(bytes("Gr\u00fc\u00dfe\n"))) {
            assertEquals("Gr\ufffd\ufffde", lines.next());
        }
    }
}
