/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolConnector.Approval;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which tools were approved, by digests of what their servers said of them then. Kept in a file, so that a person is asked once.
 * Safe for use from any thread.
 */
final class Approvals {

    private static final System.Logger LOG = System.getLogger(Approvals.class.getName());

    private final Optional<Path> file;
    private final boolean all;
    private final Map<String, String> digests = new TreeMap<>();

    /**
     * Approvals.
     *
     * @param file where they are kept; empty for as long as this object lives
     * @param all whether every tool is approved without asking
     */
    Approvals(Optional<Path> file, boolean all) {
        this.file = file;
        this.all = all;
        file.filter(Files::exists).ifPresent(this::load);
    }

    private void load(Path from) {
        try {
            if (Json.parse(Files.readString(from)) instanceof ObjectNode kept) {
                kept.properties().forEach(each -> digests.put(each.getKey(), each.getValue().asText()));
            }
        } catch (IOException | RpcException e) {
            // nothing is approved that cannot be read
            LOG.log(System.Logger.Level.WARNING, from + " cannot be read, so tools have to be approved again.", e);
        }
    }

    private static String key(ServerSpec server, String tool) {
        return digest(server.name() + "\u0000" + server.identity() + "\u0000" + tool);
    }

    synchronized Approval of(ServerSpec server, String tool, String digest) {
        if (all) {
            return Approval.APPROVED;
        }
        String kept = digests.get(key(server, tool));
        if (kept == null) {
            return Approval.NEW;
        }
        return kept.equals(digest) ? Approval.APPROVED : Approval.CHANGED;
    }

    synchronized void approve(ServerSpec server, String tool, String digest) {
        digests.put(key(server, tool), digest);
    }

    /**
     * Writes them down, all or nothing.
     *
     * @throws MillraceException if they cannot be written
     */
    synchronized void keep() {
        if (file.isEmpty()) {
            return;
        }
        ObjectNode kept = Json.object();
        digests.forEach(kept::put);
        Path target = file.get();
        try {
            Path folder = target.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Path part = target.resolveSibling(target.getFileName() + ".part");
            Files.write(part, Json.bytes(kept));
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new MillraceException("What was approved cannot be kept in " + target + ": " + e.getMessage() + ".",
                    e);
        }
    }

    /** Tells what a server said of a tool from what it says later. */
    static String digest(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
