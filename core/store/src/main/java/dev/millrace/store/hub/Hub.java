/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.hub;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.store.fetch.Http;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The hub's interface: what it has of a model, and where the files are (huggingface_hub, {@code model_info} and {@code
 * hf_hub_url}). Mirrors offer the same.
 */
public final class Hub {

    private static final int MOST_BYTES = 32 << 20;
    private static final int MOST_FILES = 10_000;
    /** No file is as large, and all of them together can be added up. */
    private static final long MOST_SIZE = 1L << 48;

    private final URI endpoint;
    private final Http http;

    /**
     * A hub.
     *
     * @param endpoint its address, such as {@code https://huggingface.co}
     * @param http asks it; stays the caller's
     */
    public Hub(URI endpoint, Http http) {
        this.endpoint = endpoint;
        this.http = http;
    }

    private URI at(String path) {
        String base = endpoint.toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
    }

    private static String encoded(String path) {
        return URLEncoder.encode(path, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/");
    }

    /**
     * Where a file is.
     *
     * @param reference the model
     * @param commit the state that was listed
     * @param name of the file
     * @return its address
     */
    public URI place(HubReference reference, String commit, String name) {
        return at("/" + reference.repository() + "/resolve/" + encoded(commit).replace("/", "%2F") + "/"
                + encoded(name));
    }

    /**
     * Asks what there is.
     *
     * @param reference the model
     * @return its files
     * @throws MillraceException if the answer is not a listing
     */
    public Listing list(HubReference reference) throws IOException, InterruptedException {
        String revision = reference.revision().isEmpty()
                ? ""
                : "/revision/" + encoded(reference.revision()).replace("/", "%2F");
        URI place = at("/api/models/" + reference.repository() + revision + "?blobs=true");
        String text = new String(http.small(place, MOST_BYTES), StandardCharsets.UTF_8);
        try {
            if (Json.parseFile(text) instanceof Map<?, ?> answer && answer.get("siblings") instanceof List<?> siblings
                    && answer.get("sha") instanceof String commit && commit.matches("[0-9a-zA-Z]{1,64}")
                    && siblings.size() <= MOST_FILES) {
                List<Listing.Entry> entries = new ArrayList<>();
                for (Object sibling : siblings) {
                    entries.add(entry(place, sibling));
                }
                return new Listing(commit, licence(answer), entries);
            }
        } catch (JsonException e) {
            throw wrong(place, e);
        }
        throw wrong(place, null);
    }

    private static MillraceException wrong(URI place, @org.jspecify.annotations.Nullable Throwable cause) {
        return new MillraceException(Http.shown(place)
                + " answers with something that is not the list of a model's files: see that the endpoint is a hub.",
                cause);
    }

    private static Listing.Entry entry(URI place, Object sibling) {
        if (sibling instanceof Map<?, ?> file && file.get("rfilename") instanceof String name && isSafe(name)) {
            if (file.get("lfs") instanceof Map<?, ?> lfs && size(lfs.get("size")) >= 0) {
                Object digest = lfs.get("sha256") == null ? lfs.get("oid") : lfs.get("sha256");
                return new Listing.Entry(name, size(lfs.get("size")), hex(digest, 64) ? "sha256:" + digest : "");
            }
            if (size(file.get("size")) >= 0) {
                return new Listing.Entry(name, size(file.get("size")),
                        hex(file.get("blobId"), 40) ? "git:" + file.get("blobId") : "");
            }
        }
        throw wrong(place, null);
    }

    private static long size(@org.jspecify.annotations.Nullable Object value) {
        return value instanceof Long size && size <= MOST_SIZE ? size : -1;
    }

    private static boolean hex(@org.jspecify.annotations.Nullable Object value, int digits) {
        return value instanceof String text && text.length() == digits && text.matches("[0-9a-f]+");
    }

    /** A name from elsewhere must not lead out of the folder that it is written to, on any system. */
    public static boolean isSafe(String name) {
        if (name.isEmpty() || name.length() > 500 || !name.matches("[^\\x00-\\x1f\\\\:*?\"<>|]+")) {
            return false;
        }
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.endsWith(" ") || part.endsWith(".")) {
                return false;
            }
        }
        return true;
    }

    private static String licence(Map<?, ?> answer) {
        if (answer.get("cardData") instanceof Map<?, ?> card) {
            // "other" has its name beside it
            Object name = card.get("license_name");
            Object id = card.get("license");
            if (name instanceof String text && (id == null || id.equals("other"))) {
                return text;
            }
            if (id instanceof String text) {
                return text;
            }
        }
        if (answer.get("tags") instanceof List<?> tags) {
            for (Object tag : tags) {
                if (tag instanceof String text && text.startsWith("license:")) {
                    return text.substring("license:".length());
                }
            }
        }
        return "";
    }
}
