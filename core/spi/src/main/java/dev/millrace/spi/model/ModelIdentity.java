/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells whether the files that a model's numbers come from are still the same. Whatever is kept of a model for a later start
 * (beginnings of prompts, packed copies of weights, rewritten graphs, saved conversations) has this in its key, so that nothing
 * of one model is ever taken for another's.
 *
 * <p>
 * A SHA-256 of the name, size and time of each file, of all bytes of a small file, and of pieces from all over a large one: a file
 * that is replaced is noticed by its time, or by its content where times are set back, as by package managers.
 */
public final class ModelIdentity {

    /** Files up to this size are read as a whole. */
    private static final int SMALL = 1 << 20;
    private static final int END = 1 << 16;
    private static final int PIECE = 1 << 12;
    private static final int MOST_PIECES = 1024;

    private ModelIdentity() {
    }

    /**
     * The identity of some files.
     *
     * @param files the numbers' sources, in an order that is always the same; their folders do not matter
     * @return 64 hexadecimal digits
     * @throws IOException if one of them cannot be read
     */
    public static String of(List<Path> files) throws IOException {
        MessageDigest digest = sha256();
        for (Path file : files) {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            byte[] name = String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(3 * Long.BYTES).putLong(name.length).putLong(attributes.size())
                    .putLong(attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS)).flip());
            digest.update(name);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                content(channel, attributes.size(), digest);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void content(FileChannel channel, long size, MessageDigest digest) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(END);
        if (size <= SMALL) {
            for (long at = 0; at < size; at += END) {
                piece(channel, at, (int) Math.min(END, size - at), buffer, digest);
            }
            return;
        }
        piece(channel, 0, END, buffer, digest);
        long pieces = Math.min(MOST_PIECES, size / END);
        for (long i = 1; i < pieces; i++) {
            piece(channel, size / pieces * i, PIECE, buffer, digest);
        }
        piece(channel, size - END, END, buffer, digest);
    }

    private static void piece(FileChannel channel, long at, int length, ByteBuffer buffer, MessageDigest digest)
            throws IOException {
        buffer.clear().limit(length);
        while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {
            // reads on
        }
        digest.update(buffer.flip());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
