/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.plugin;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Version;

/**
 * A bundle: of a file, or of an index.
 *
 * @param name its symbolic name
 * @param version its version
 * @param offers what it offers
 * @param needs what it needs
 * @param content the file, where it is known
 */
public record Resource(String name, Version version, List<Offer> offers, List<Need> needs, @Nullable Content content) {

    /** Copies the lists. */
    public Resource {
        offers = List.copyOf(offers);
        needs = List.copyOf(needs);
    }

    /**
     * A file of an index.
     *
     * @param url relative to the index
     * @param sha256 in hexadecimal
     * @param size bytes
     */
    public record Content(String url, String sha256, long size) {
    }

    Resource with(Content file) {
        return new Resource(name, version, offers, needs, file);
    }

    boolean meets(Need need) {
        return offers.stream().anyMatch(need::isMetBy);
    }
}
