/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which chunks of a file are here. A line is added after the bytes of a chunk are written, so a process may end at any moment: a
 * line that is not whole does not count. Safe for use from any thread.
 */
final class ChunkJournal implements AutoCloseable {

    private static final Pattern IDENTITY = Pattern.compile("1 ([0-9]{1,18}) ([0-9]{1,9}) .*");

    private final FileChannel channel;
    private final BitSet done = new BitSet();

    private ChunkJournal(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Opens or begins a journal.
     *
     * @param data the file whose chunks it counts: emptied if the journal does not belong to it
     * @param file the journal
     * @param identity what the content is; another journal is not gone on with
     */
    static ChunkJournal open(Path data, Path file, String identity, int chunks) throws IOException {
        List<String> lines = lines(file);
        boolean known = !lines.isEmpty() && lines.getFirst().equals(identity) && lines.size() > 1
                && Files.isRegularFile(data);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            ChunkJournal journal = new ChunkJournal(channel);
            if (known) {
                // the last piece has no end of line, whole or not
                long length = 0;
                for (String line : lines.subList(0, lines.size() - 1)) {
                    length += line.length() + 1;
                }
                for (String line : lines.subList(1, lines.size() - 1)) {
                    if (line.matches("[0-9]{1,9}") && Integer.parseInt(line) < chunks) {
                        journal.done.set(Integer.parseInt(line));
                    }
                }
                channel.truncate(length);
                channel.position(length);
            } else {
                Files.deleteIfExists(data);
                channel.truncate(0);
                journal.write(identity);
            }
            return journal;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Whatever its bytes are: a damaged journal only does not match. */
    private static List<String> lines(Path file) throws IOException {
        return Files.isRegularFile(file)
                ? List.of(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n", -1))
                : List.of();
    }

    /** What a journal says, without the last line, which may be cut. */
    static Optional<Download.Arrived> arrived(Path file) throws IOException {
        List<String> lines = lines(file);
        Matcher head = IDENTITY.matcher(lines.isEmpty() ? "" : lines.getFirst());
        if (!head.matches()) {
            return Optional.empty();
        }
        long size = Long.parseLong(head.group(1));
        long chunk = Long.parseLong(head.group(2));
        long chunks = lines.stream().skip(1).limit(Math.max(0, lines.size() - 2)).distinct().count();
        return Optional.of(new Download.Arrived(size, Math.min(size, chunks * chunk)));
    }

    private void write(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    synchronized boolean has(int chunk) {
        return done.get(chunk);
    }

    synchronized void add(int chunk) throws IOException {
        if (!done.get(chunk)) {
            done.set(chunk);
            write(Integer.toString(chunk));
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
