/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The file in which the pass for one server is kept, for its owner's eyes alone. */
final class PassFile {

    private static final System.Logger LOG = System.getLogger(PassFile.class.getName());

    private final Optional<Path> file;

    /**
     * A file in a folder.
     *
     * @param folder of all passes; empty if none is kept
     */
    PassFile(Optional<Path> folder, String server, String url) {
        file = folder.map(in -> in.resolve(digest(server + "\u0000" + url) + ".json"));
    }

    /** What is kept, or {@link Pass#NONE}. */
    Pass read() {
        if (file.isPresent() && Files.exists(file.get())) {
            try {
                if (Json.parse(Files.readString(file.get())) instanceof ObjectNode kept) {
                    return Pass.read(kept);
                }
            } catch (IOException | RpcException e) {
                // the cause may quote what stands there
                LOG.log(System.Logger.Level.WARNING, "{0} cannot be read, so somebody has to sign in again.",
                        file.get());
            }
        }
        return Pass.NONE;
    }

    /**
     * Keeps a pass, all or nothing.
     *
     * @throws IOException if it cannot be written
     */
    void write(Pass pass) throws IOException {
        if (file.isEmpty()) {
            return;
        }
        Path target = file.get().toAbsolutePath();
        Path folder = target.getParent();
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        if (folder != null && !Files.isDirectory(folder)) {
            Files.createDirectories(folder, only("rwx------", posix));
        }
        Path part = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            try (SeekableByteChannel out = Files.newByteChannel(part,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), only("rw-------", posix))) {
                ByteBuffer bytes = ByteBuffer.wrap(Json.bytes(pass.write()));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static FileAttribute<?>[] only(String permissions, boolean posix) {
        return posix
                ? new FileAttribute<?>[]{
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))}
                : new FileAttribute<?>[0];
    }

    private static String digest(String text) {
        try {
            return HexFormat.of().formatHex(
                    MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
