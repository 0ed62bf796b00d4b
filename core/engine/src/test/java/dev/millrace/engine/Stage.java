/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;

/** An engine with scripted backends in a folder of its own. */
final class Stage implements AutoCloseable {

    final Services services = new Services();
    final Engine engine;
    private final Path file;

    Stage(Path folder, ScriptedBackend... backends) {
        services.formats.add(new ScriptedModel.Format());
        ServiceLoader.load(Dialect.class).forEach(services.dialects::add);
        services.backends.addAll(List.of(backends));
        engine = new Engine(services, folder.resolve("cache"));
        file = folder.resolve("model.scripted");
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens another file. */
    Model open(Path other) {
        return engine.open(other.toString(), ModelOptions.defaults());
    }

    Model open() {
        return open(ModelOptions.defaults());
    }

    Model open(ModelOptions options) {
        return engine.open(file.toString(), options);
    }

    @FunctionalInterface
    interface Body {
        ToolResult call(ToolCall call) throws Exception;
    }

    /** A tool with one parameter, {@code name}. */
    static ToolProvider tool(String name, Body body) {
        Tool tool = new Tool() {
            @Override
            public ToolDefinition definition() {
                return Stage.definition(name);
            }

            @Override
            public ToolResult call(ToolCall call) throws Exception {
                return body.call(call);
            }
        };
        return () -> List.of(tool);
    }

    /** Stages in the middle of the chain, one for each conversation. */
    static SamplerStage.Factory stages(Function<StageContext, SamplerStage> made) {
        return new SamplerStage.Factory() {
            @Override
            public int order() {
                return 10;
            }

            @Override
            public Optional<SamplerStage> create(StageContext context) {
                return Optional.of(made.apply(context));
            }
        };
    }

    static ToolDefinition definition(String name) {
        return new ToolDefinition(name, "Does " + name + ".",
                Map.of("type", "object", "properties", Map.of("name", Map.of("type", "string"))));
    }

    @Override
    public void close() {
        engine.close();
    }
}
