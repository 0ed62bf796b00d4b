/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.api.MillraceException;
import dev.millrace.machine.PartFile;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * A file with a magic number before and a CRC-32C after its content. Written as a whole or not at all; read only if it is whole.
 *
 * @param path where it is
 * @param magic says what it holds
 * @param what names it in messages, for example {@code saved conversation}
 */
public record CheckedFile(Path path, long magic, String what) {

    private static final int BUFFER = 1 << 16;
    /** Bytes that the checksum takes at a time. */
    private static final int CHECKED = 1 << 20;

    @FunctionalInterface
    public interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    @FunctionalInterface
    public interface Reader<T> {
        T read(DataInputStream in, long length) throws IOException;
    }

    public void write(Writer content) throws IOException {
        try (PartFile part = PartFile.ofUserAlone(path)) {
            CRC32C checksum = new CRC32C();
            OutputStream raw = new BufferedOutputStream(Channels.newOutputStream(part.channel()), BUFFER);
            DataOutputStream out = new DataOutputStream(new CheckedOutputStream(raw, checksum));
            out.writeLong(magic);
            content.write(out);
            out.flush();
            DataOutputStream end = new DataOutputStream(raw);
            end.writeLong(checksum.getValue());
            end.flush();
            part.keep();
        }
    }

    /**
     * Reads the beginning without looking at the rest: what it says may be damaged.
     *
     * @throws MillraceException if it cannot be read
     */
    public <T> T peek(Reader<T> content) {
        check();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), BUFFER))) {
            if (in.readLong() != magic) {
                throw new MillraceException(path + " is no " + what + ".");
            }
            return content.read(in, Files.size(path) - 2 * Long.BYTES);
        } catch (EOFException e) {
            throw damaged("it ends too early");
        } catch (IOException e) {
            throw new MillraceException("The " + what + " " + path + " cannot be read: " + reason(e) + ".", e);
        }
    }

    /**
     * Checks magic number and checksum over the whole file, then reads.
     *
     * @throws MillraceException if it cannot be read or is damaged
     */
    public <T> T read(Reader<T> content) {
        check();
        try {
            long size = Files.size(path);
            verify(size);
            try (DataInputStream in = new DataInputStream(
                    new BufferedInputStream(Files.newInputStream(path), BUFFER))) {
                in.readLong();
                return content.read(in, size - 2 * Long.BYTES);
            }
        } catch (EOFException e) {
            throw damaged("it ends too early");
        } catch (NoSuchFileException e) {
            throw new MillraceException("There is no " + what + " " + path + ".", e);
        } catch (IOException e) {
            throw new MillraceException("The " + what + " " + path + " cannot be read: " + reason(e) + ".", e);
        }
    }

    /** A pipe would keep its reader waiting for ever, and a device has no end. */
    private void check() {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new MillraceException(path + " is no " + what + ", but "
                    + (Files.isDirectory(path) ? "a folder" : "a device, a pipe or a socket") + ".");
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "this user may not read it";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }

    private void verify(long size) throws IOException {
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[(int) Math.min(CHECKED, Math.max(2 * Long.BYTES, size))];
        try (InputStream in = Files.newInputStream(path)) {
            if (size < 2 * Long.BYTES || ByteBuffer.wrap(in.readNBytes(Long.BYTES)).getLong() != magic) {
                throw new MillraceException(path + " is no " + what + ".");
            }
            checksum.update(ByteBuffer.allocate(Long.BYTES).putLong(magic).flip());
            for (long left = size - 2 * Long.BYTES; left > 0;) {
                int many = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (many == 0) {
                    throw new EOFException();
                }
                checksum.update(buffer, 0, many);
                left -= many;
            }
            if (new DataInputStream(in).readLong() != checksum.getValue()) {
                throw damaged("its checksum is wrong");
            }
        }
    }

    public MillraceException damaged(String how) {
        return new MillraceException("The " + what + " " + path + " is damaged: " + how + ".");
    }
}
