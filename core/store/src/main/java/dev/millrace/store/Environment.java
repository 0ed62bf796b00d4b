/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Trust;
import dev.millrace.api.ModelStore.Wish;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What variables and files of the user say: where models are, which hub is asked, the token. The names are those that other
 * programs have, where they have one.
 *
 * @param variables the environment
 * @param home the user's home folder
 */
record Environment(Map<String, String> variables, Path home) {

    private static final String HUB = "https://huggingface.co";

    static Environment ofUser() {
        Map<String, String> variables = System.getenv();
        String home = variables.getOrDefault("HOME", "");
        return new Environment(variables, Path.of(home.isBlank() ? System.getProperty("user.home", "") : home));
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isBlank());
    }

    private Path folder(String variable, String usual) {
        return variable(variable).map(Path::of).filter(Path::isAbsolute).orElseGet(() -> home.resolve(usual));
    }

    /** {@code MILLRACE_MODELS}, else {@code millrace/models} where programs keep their data. */
    Path models() {
        return variable("MILLRACE_MODELS").map(Path::of).map(Path::toAbsolutePath)
                .orElseGet(() -> folder("XDG_DATA_HOME", ".local/share").resolve("millrace").resolve("models"));
    }

    Path trustedKeys() {
        return folder("XDG_CONFIG_HOME", ".config").resolve("millrace").resolve("trust");
    }

    Path huggingFace() {
        return variable("HF_HUB_CACHE").or(() -> variable("HUGGINGFACE_HUB_CACHE")).map(Path::of)
                .orElseGet(() -> huggingFaceHome().resolve("hub"));
    }

    private Path huggingFaceHome() {
        return variable("HF_HOME").map(Path::of)
                .orElseGet(() -> folder("XDG_CACHE_HOME", ".cache").resolve("huggingface"));
    }

    List<Path> ollama() {
        List<Path> folders = new ArrayList<>();
        variable("OLLAMA_MODELS").map(Path::of).ifPresent(folders::add);
        folders.add(home.resolve(".ollama/models"));
        folders.add(Path.of("/usr/share/ollama/.ollama/models"));
        return folders;
    }

    URI endpoint(Wish wish) {
        if (wish.endpoint() != null) {
            return checked(wish.endpoint());
        }
        String named = variable("HF_ENDPOINT").orElse(HUB);
        try {
            return checked(URI.create(named));
        } catch (IllegalArgumentException e) {
            throw new MillraceException("HF_ENDPOINT is no address; give one such as " + HUB + ".", e);
        }
    }

    private static URI checked(URI endpoint) {
        boolean http = "https".equals(endpoint.getScheme()) || "http".equals(endpoint.getScheme());
        if (!http || endpoint.getHost() == null || endpoint.getUserInfo() != null || endpoint.getQuery() != null) {
            throw new MillraceException("The hub's address has to be http or https and a host, such as " + HUB + ".");
        }
        return endpoint;
    }

    /** The folder with plugins and configuration, which running programs watch. */
    Path settings() {
        return variable("MILLRACE_HOME").map(Path::of).map(Path::toAbsolutePath)
                .orElseGet(() -> folder("XDG_CONFIG_HOME", ".config").resolve("millrace"));
    }

    /** The user's rule: as said just now, else {@code MILLRACE_TRUST}, else the usual one. */
    Trust trust(@Nullable Trust said, Trust usual) {
        if (said != null) {
            return said;
        }
        Optional<String> named = variable("MILLRACE_TRUST");
        if (named.isEmpty()) {
            return usual;
        }
        try {
            return Trust.valueOf(named.get().strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new MillraceException("MILLRACE_TRUST has to be refuse, ask or allow.", e);
        }
    }

    /** The access token; never part of a message. */
    Optional<String> token(Wish wish) {
        Path named = wish.tokenFile();
        if (named != null) {
            return Optional.of(read(named).orElseThrow(() -> new MillraceException("There is no token file " + named
                    + ".")));
        }
        return variable("HF_TOKEN").or(() -> variable("HUGGING_FACE_HUB_TOKEN"))
                .map(token -> usable(token, "The variable HF_TOKEN"))
                .or(() -> read(variable("HF_TOKEN_PATH").map(Path::of)
                        .orElseGet(() -> huggingFaceHome().resolve("token"))));
    }

    private static Optional<String> read(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(usable(Files.readString(file), "The token file " + file));
        } catch (IOException e) {
            throw new MillraceException("The token file " + file + " cannot be read: see its rights.", e);
        }
    }

    private static String usable(String token, String where) {
        String text = token.strip();
        if (!text.matches("[!-~]{1,2000}")) {
            throw new MillraceException(where + " holds no token: it is one line of visible characters.");
        }
        return text;
    }
}
