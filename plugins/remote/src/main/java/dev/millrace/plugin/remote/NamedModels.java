/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.MillraceException;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.RemoteModels;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;

/**
 * Models that a file or system properties name, and those whose address stands in the reference itself:
 * {@code remote:http://gpu:8000} or {@code remote:http://gpu:8000/v1#qwen3-32b}. The file has a line {@code gpu.url=...} for each
 * setting; a system property {@code millrace.remote.gpu.url} goes before it.
 */
@Component
public final class NamedModels implements RemoteModels {

    private static final System.Logger LOG = System.getLogger(NamedModels.class.getName());
    private static final String PREFIX = "millrace.remote.";
    private static final String FILE = PREFIX + "file";

    private final Map<String, String> variables;
    private final UnaryOperator<@Nullable String> property;

    /** For services: what the environment and the system properties say, read when it is asked for. */
    public NamedModels() {
        this(System.getenv(), System::getProperty);
    }

    NamedModels(Map<String, String> variables, UnaryOperator<@Nullable String> property) {
        this.variables = variables;
        this.property = property;
    }

    @Override
    public List<String> names() {
        try {
            return settings().keySet().stream().map(name -> Endpoint.SCHEME + name).toList();
        } catch (MillraceException e) {
            // whoever opens a model of this machine need not care
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
            return List.of();
        }
    }

    @Override
    public Optional<RemoteModel> open(String reference) {
        return endpoint(reference).map(HttpModel::open);
    }

    @Override
    public Optional<EmbeddingModel> openEmbeddings(String reference) {
        return endpoint(reference).map(HttpEncoder::new);
    }

    private Optional<Endpoint> endpoint(String reference) {
        if (!reference.startsWith(Endpoint.SCHEME)) {
            return Optional.empty();
        }
        String name = reference.substring(Endpoint.SCHEME.length());
        return name.startsWith("http://") || name.startsWith("https://")
                ? Optional.of(addressed(name))
                : named(name);
    }

    /** An address, and a model behind the mark of a fragment. */
    private static Endpoint addressed(String address) {
        int mark = address.indexOf('#');
        Map<String, String> settings = new HashMap<>();
        settings.put("url", mark < 0 ? address : address.substring(0, mark));
        if (mark >= 0) {
            settings.put("model", address.substring(mark + 1));
        }
        return endpoint(address, settings);
    }

    private static Endpoint endpoint(String name, Map<String, String> settings) {
        try {
            return Endpoint.of(name, settings);
        } catch (IllegalArgumentException e) {
            throw new MillraceException(String.valueOf(e.getMessage()), e);
        }
    }

    private Optional<Endpoint> named(String name) {
        return Optional.ofNullable(settings().get(name)).map(settings -> endpoint(name, settings));
    }

    /** Settings by name of the model. */
    private Map<String, Map<String, String>> settings() {
        Map<String, Map<String, String>> byName = new TreeMap<>();
        file().ifPresent(file -> file.stringPropertyNames()
                .forEach(key -> put(byName, key, file.getProperty(key))));
        for (String key : System.getProperties().stringPropertyNames()) {
            String value = property.apply(key);
            if (key.startsWith(PREFIX) && !key.equals(FILE) && value != null) {
                put(byName, key.substring(PREFIX.length()), value);
            }
        }
        return byName;
    }

    private static void put(Map<String, Map<String, String>> byName, String key, String value) {
        int dot = key.lastIndexOf('.');
        if (dot <= 0) {
            throw new MillraceException("Remote models are set by NAME.SETTING, such as gpu.url; " + key
                    + " has no name.");
        }
        byName.computeIfAbsent(key.substring(0, dot), name -> new HashMap<>()).put(key.substring(dot + 1), value);
    }

    private Optional<Properties> file() {
        String named = property.apply(FILE);
        Path file;
        try {
            file = named == null ? usual() : Path.of(named);
        } catch (InvalidPathException e) {
            throw unreadable(String.valueOf(named), e);
        }
        if (named == null && !Files.exists(file)) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable(file.toString(), e);
        }
        return Optional.of(properties);
    }

    private static MillraceException unreadable(String file, Exception cause) {
        return new MillraceException("The file of remote models, " + file + ", cannot be read: check it, or the system"
                + " property " + FILE + ".", cause);
    }

    private Path usual() {
        String home = variables.getOrDefault("HOME", "");
        String configuration = variables.getOrDefault("XDG_CONFIG_HOME", "");
        Path folder = configuration.startsWith("/")
                ? Path.of(configuration)
                : Path.of(home.isEmpty() ? System.getProperty("user.home", "") : home, ".config");
        return folder.resolve("millrace").resolve("remote.properties");
    }
}
