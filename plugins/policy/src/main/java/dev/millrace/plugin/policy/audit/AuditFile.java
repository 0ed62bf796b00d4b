/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A file to which lines are added. Each is on the disk when {@link #add} returns. A file that has grown to its size is put aside as
 * {@code NAME.1}, the one before it as {@code NAME.2} and so on; the oldest goes. Only its owner can read what is new. Safe for use from
 * any thread; one process at a time writes it.
 */
public final class AuditFile implements AutoCloseable {

    private final Path file;
    private final long bytes;
    private final int files;
    private @Nullable FileChannel channel;
    private boolean closed;

    /**
     * A file, which is opened by the first line.
     *
     * @param file where
     * @param bytes at which it is put aside
     * @param files how many are kept that were put aside, 0 or more
     */
    public AuditFile(Path file, long bytes, int files) {
        this.file = file.toAbsolutePath();
        this.bytes = bytes;
        this.files = files;
    }

    /**
     * Adds a line.
     *
     * @param line without its end
     * @throws IOException if it cannot be put on the disk
     */
    public synchronized void add(String line) throws IOException {
        if (closed) {
            throw new IOException("it is closed");
        }
        ByteBuffer content = StandardCharsets.UTF_8.encode(line + "\n");
        FileChannel out = open();
        if (out.size() > 0 && out.size() + content.remaining() > bytes) {
            out.close();
            channel = null;
            turn();
            out = open();
        }
        long before = out.size();
        try {
            while (content.hasRemaining()) {
                out.write(content);
            }
            out.force(false);
        } catch (IOException e) {
            cutBack(out, before, e);
            throw e;
        }
    }

    /** Half a line would spoil the next one. */
    private void cutBack(FileChannel out, long before, IOException problem) {
        try {
            out.truncate(before);
        } catch (IOException e) {
            problem.addSuppressed(e);
        }
    }

    private FileChannel open() throws IOException {
        FileChannel out = channel;
        if (out == null) {
            Path folder = file.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
            try {
                Files.createFile(file, posix
                        ? new FileAttribute<?>[]{
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))}
                        : new FileAttribute<?>[0]);
            } catch (FileAlreadyExistsException e) {
                // it is continued
                endLine();
            }
            out = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
            channel = out;
        }
        return out;
    }

    /** Ends a line that was cut when the machine went down. */
    private void endLine() throws IOException {
        try (FileChannel both = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            if (both.size() > 0 && both.read(last, both.size() - 1) == 1 && last.get(0) != '\n') {
                both.write(ByteBuffer.wrap(new byte[]{'\n'}), both.size());
            }
        }
    }

    private Path aside(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }

    private void turn() throws IOException {
        if (files == 0) {
            Files.delete(file);
            return;
        }
        for (int number = files - 1; number >= 1; number--) {
            if (Files.exists(aside(number))) {
                Files.move(aside(number), aside(number + 1), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.move(file, aside(1), StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        FileChannel out = channel;
        channel = null;
        if (out != null) {
            out.close();
        }
    }
}
