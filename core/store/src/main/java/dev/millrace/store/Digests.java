/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/**
 * The digests of a file.
 *
 * @param sha256 in hexadecimal
 * @param git SHA-1 of the file as git keeps it, in hexadecimal: what the hub tells of small files
 */
record Digests(String sha256, String git) {

    private static final int PIECE = 1 << 20;

    /**
     * Reads a file.
     *
     * @param read told of bytes that were read
     * @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted
     */
    static Digests of(Path file, LongConsumer read) throws IOException {
        MessageDigest sha256 = digest("SHA-256");
        MessageDigest git = digest("SHA-1");
        long size = Files.size(file);
        git.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
        // large files have a SHA-256 everywhere, and the other would take as long again
        boolean both = size <= 64 << 20;
        byte[] piece = new byte[PIECE];
        // unlike a stream, a channel ends when its thread is interrupted
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            int count = in.read(ByteBuffer.wrap(piece));
            while (count >= 0) {
                sha256.update(piece, 0, count);
                if (both) {
                    git.update(piece, 0, count);
                }
                read.accept(count);
                count = in.read(ByteBuffer.wrap(piece));
            }
        }
        HexFormat hex = HexFormat.of();
        return new Digests(hex.formatHex(sha256.digest()), both ? hex.formatHex(git.digest()) : "");
    }

    private static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has both
        }
    }

    /** SHA-256 of a text. */
    static String of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** SHA-256 of bytes. */
    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(digest("SHA-256").digest(bytes));
    }

    /**
     * Whether the content is what somebody said.
     *
     * @param stated {@code sha256:HEX}, {@code git:HEX} or empty
     */
    boolean match(String stated) {
        return stated.isEmpty() || stated.equals("sha256:" + sha256)
                || (stated.startsWith("git:") && (git.isEmpty() || stated.equals("git:" + git)));
    }
}
