/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.rpc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads a stream of lines in UTF-8. A line that is too long is thrown away while it comes, so that memory stays bounded. For one
 * thread.
 */
public final class Lines {

    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final int longest;
    private final boolean blanks;
    private final byte[] buffer = new byte[BUFFER];
    private int from;
    private int to;

    /**
     * A line.
     *
     * @param text without the line's end; what is no UTF-8 in it is U+FFFD; empty if the line is too long
     * @param problem what is wrong with it, as the end of a sentence; empty if nothing is
     */
    public record Line(String text, String problem) {
    }

    /**
     * Lines of a stream, which stays the caller's.
     *
     * @param longest bytes of a line
     */
    public Lines(InputStream in, int longest) {
        this(in, longest, false);
    }

    /**
     * Lines of a stream, which stays the caller's.
     *
     * @param longest bytes of a line
     * @param blanks whether blank lines are lines
     */
    public Lines(InputStream in, int longest, boolean blanks) {
        this.in = in;
        this.longest = longest;
        this.blanks = blanks;
    }

    /**
     * The next line that is not blank, or the next one at all.
     *
     * @return empty at the end; what stands there without a line's end is a line, too
     * @throws IOException if the stream breaks
     */
    public Optional<Line> next() throws IOException {
        while (true) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long length = 0;
            boolean ended = false;
            while (!ended && (from < to || fill())) {
                int end = from;
                while (end < to && buffer[end] != '\n') {
                    end++;
                }
                length += end - from;
                if (length <= longest) {
                    line.write(buffer, from, end - from);
                } else {
                    line = new ByteArrayOutputStream(0);
                }
                ended = end < to;
                from = ended ? end + 1 : end;
            }
            if (length > longest) {
                return Optional.of(new Line("", "is longer than " + longest + " bytes"));
            }
            if (length > 0) {
                Optional<String> text = Json.utf8(line.toByteArray());
                if (text.isEmpty()) {
                    return Optional
                            .of(new Line(line.toString(StandardCharsets.UTF_8), "is not written in UTF-8"));
                }
                if (blanks || !text.get().isBlank()) {
                    return Optional.of(new Line(text.get(), ""));
                }
            } else if (blanks && ended) {
                return Optional.of(new Line("", ""));
            }
            if (!ended) {
                return Optional.empty();
            }
        }
    }

    private boolean fill() throws IOException {
        from = 0;
        to = Math.max(0, in.read(buffer));
        return to > 0;
    }
}
