/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.api.Strictness;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options that say which model is opened, and how. Mixed into commands. */
final class ModelChoice {

    /** The model that travels with the program. */
    static final String PACKAGED = "nano";

    @Spec(Target.MIXEE)
    @Nullable
    CommandSpec command;

    @Option(names = {"-m",
            "--model"}, paramLabel = "REF", description = "A .gguf file, a Hugging Face folder, a model of the store, hf:ORG/NAME or a packaged model; nano if not given.")
    @Nullable
    String model;

    @Option(names = "--pull", description = "Fetch the model if it is not on this machine.")
    boolean pull;

    @Option(names = "--backend", paramLabel = "ID", description = "A backend or device, such as cpu; the best that fits if not given.")
    @Nullable
    String backend;

    @Option(names = "--context", paramLabel = "TOKENS", description = "Tokens that a conversation may hold; as many as the model takes if not given.")
    int context;

    @Option(names = "--threads", paramLabel = "N", converter = ThreadCount.Converter.class, description = "Threads that compute; one for each core if not given.")
    ThreadCount threads = ThreadCount.SUITABLE;

    @Option(names = "--precision", paramLabel = "HOW", description = "fast (the default) or exact.")
    Precision precision = Precision.FAST;

    @Option(names = "--kv", paramLabel = "TYPE", description = "How keys and values are kept: f32, f16, q8 or auto (the default).")
    KeyValueType keyValues = KeyValueType.AUTO;

    @Option(names = "--dialect", paramLabel = "ID", description = "How answers are read, such as hermes; the dialect that matches the model if not given.")
    @Nullable
    String dialect;

    /** The model, or the packaged one. */
    String modelOrPackaged() {
        return model == null ? PACKAGED : model;
    }

    /**
     * The model.
     *
     * @throws ParameterException if none was given
     */
    String requiredModel() {
        if (model == null) {
            throw wrong("--model is missing");
        }
        return model;
    }

    /** The options, with a listener for progress. */
    ModelOptions options(Progress progress) {
        if (context < 0) {
            throw wrong("--context must not be negative");
        }
        return new ModelOptions(backend, context, threads.asked(), precision, keyValues, Strictness.AUTO, progress)
                .withDialect(dialect);
    }

    /** A complaint about how the command was called. */
    ParameterException wrong(String message) {
        if (command == null) {
            throw new IllegalStateException("Not mixed into a command.");
        }
        return new ParameterException(command.commandLine(), message);
    }
}
