/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** A token that opens a server. It is read anew for each request, so that it can be changed, and stands in no message. */
final class Secret {

    /** No token. */
    static final Secret NONE = new Secret(Optional::empty);

    private static final String HIDDEN = "***";

    private final Supplier<Optional<String>> source;

    private Secret(Supplier<Optional<String>> source) {
        this.source = source;
    }

    /** The first line of a file. */
    static Secret ofFile(String file) {
        return new Secret(() -> {
            try {
                return Files.readString(Path.of(file)).lines().map(String::strip).filter(line -> !line.isEmpty())
                        .findFirst();
            } catch (IOException | InvalidPathException e) {
                throw new IllegalArgumentException("the file " + file + " is not there, may not be read, or is no text",
                        e);
            }
        });
    }

    /** A variable of the environment. */
    static Secret ofEnvironment(String variable) {
        return new Secret(() -> Optional.ofNullable(System.getenv(variable)).map(String::strip)
                .filter(text -> !text.isEmpty()));
    }

    /**
     * The token.
     *
     * @throws IllegalArgumentException if its file cannot be read
     */
    Optional<String> read() {
        return source.get();
    }

    /** A text without the token, should the other side have repeated it. */
    String hide(String text) {
        try {
            return read().map(token -> text.replace(token, HIDDEN)).orElse(text);
        } catch (IllegalArgumentException e) {
            return text; // what cannot be read was never sent
        }
    }

    @Override
    public String toString() {
        return HIDDEN;
    }
}
