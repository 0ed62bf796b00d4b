/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.audit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A file to which lines are added. Each is on the disk when {@link #add} returns. A file that has grown to its size is put aside as
 * {@code NAME.1}, the one before it as {@code NAME.2} and so on; the oldest goes. Only its owner can read what is new. Safe for use from
 * any thread, one that is interrupted too: whoever cancels a call must not close the file for all others. One process at a time writes it.
 */
public final class AuditFile implements AutoCloseable {

    private final Path file;
    private final long bytes;
    private final int files;
    // a channel would be closed by the first interrupt
    private @Nullable RandomAccessFile out;
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
        byte[] content = (line + "\n").getBytes(StandardCharsets.UTF_8);
        RandomAccessFile to = open();
        if (to.length() > 0 && to.length() + content.length > bytes) {
            to.close();
            out = null;
            turn();
            to = open();
        }
        long before = to.length();
        try {
            to.seek(before);
            to.write(content);
            to.getFD().sync();
        } catch (IOException e) {
            cutBack(to, before, e);
            throw e;
        }
    }

    /** Half a line would spoil the next one. */
    private static void cutBack(RandomAccessFile to, long before, IOException problem) {
        try {
            to.setLength(before);
        } catch (IOException e) {
            problem.addSuppressed(e);
        }
    }

    private RandomAccessFile open() throws IOException {
        RandomAccessFile to = out;
        if (to == null) {
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
                to = new RandomAccessFile(file.toFile(), "rw");
            } catch (FileAlreadyExistsException e) {
                // it is continued
                to = new RandomAccessFile(file.toFile(), "rw");
                endLine(to);
            }
            out = to;
        }
        return to;
    }

    /** Ends a line that was cut when the machine went down. */
    private static void endLine(RandomAccessFile to) throws IOException {
        long length = to.length();
        if (length > 0) {
            to.seek(length - 1);
            if (to.read() != '\n') {
                to.seek(length);
                to.write('\n');
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
        RandomAccessFile to = out;
        out = null;
        if (to != null) {
            to.close();
        }
    }
}
