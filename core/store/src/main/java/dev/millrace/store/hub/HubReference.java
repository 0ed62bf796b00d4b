/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.hub;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model on the hub: {@code hf:ORG/NAME}, then {@code @REVISION} and {@code :TYPE} or {@code :FILE} if wanted. Addresses of the
 * hub's pages and files mean the same.
 *
 * @param repository {@code ORG/NAME}
 * @param revision a branch, tag or commit; empty for the usual one
 * @param selector a type such as {@code Q4_K_M}, or a file; empty if that is left open
 */
public record HubReference(String repository, String revision, String selector) {

    /** What references begin with. */
    public static final String PREFIX = "hf:";

    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
    private static final Pattern TEXT = Pattern
            .compile("hf:(?://)?(" + NAME + "/" + NAME
                    + ")(?:@([A-Za-z0-9._/-]{1,200}))?(?::([^:@\\s\\\\](?:[^:@\\p{Cntrl}\\\\]{0,298}[^:@\\s\\\\])?))?");
    private static final Pattern PAGE = Pattern.compile("/(" + NAME + "/" + NAME
            + ")(?:/(?:tree|blob|resolve)/([A-Za-z0-9._-]{1,200})(?:/(.{1,300}))?)?/?");

    /**
     * Reads a reference.
     *
     * @param reference any text
     * @return empty if it is none of these
     */
    public static Optional<HubReference> of(String reference) {
        Matcher text = TEXT.matcher(reference);
        if (text.matches()) {
            return Optional.of(new HubReference(text.group(1), orEmpty(text.group(2)), orEmpty(text.group(3))));
        }
        if (!reference.startsWith("https://huggingface.co/") && !reference.startsWith("https://hf.co/")) {
            return Optional.empty();
        }
        try {
            Matcher page = PAGE.matcher(String.valueOf(URI.create(reference).getPath()));
            if (page.matches()) {
                String revision = orEmpty(page.group(2));
                return Optional.of(new HubReference(page.group(1), revision.equals("main") ? "" : revision,
                        orEmpty(page.group(3))));
            }
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no address
        }
        return Optional.empty();
    }

    private static String orEmpty(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "" : text;
    }

    /**
     * The part behind the slash.
     *
     * @return a name
     */
    public String shortName() {
        return repository.substring(repository.indexOf('/') + 1);
    }

    /** As a user writes it. */
    @Override
    public String toString() {
        return PREFIX + repository + (revision.isEmpty() ? "" : "@" + revision)
                + (selector.isEmpty() ? "" : ":" + selector);
    }
}
