/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.api.BackendException;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.runtime.OnnxLibrary;
import dev.millrace.machine.CacheFolder;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Graph;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/** Loads the first of a model's variants that can be run, in this process. */
final class SessionLoader {

    private static final System.Logger LOG = System.getLogger(SessionLoader.class.getName());

    private final OnnxSettings settings;
    private final Provider provider;

    SessionLoader(OnnxSettings settings, Provider provider) {
        this.settings = settings;
        this.provider = provider;
    }

    /** Makes something of an open session, which it then owns. */
    @FunctionalInterface
    interface Use<T> {
        T of(OrtEnvironment environment, OrtSession session, Graph.Variant variant) throws OrtException;
    }

    /**
     * Tries the variants one after the other: some can be read on a device, but not run.
     *
     * @param variants those that fit, the best first
     * @throws BackendException if none can be used; the reason is that of the first
     */
    <T extends AutoCloseable> T load(List<Graph.Variant> variants, LoadOptions options, Progress progress, Use<T> use) {
        OrtEnvironment environment;
        try {
            environment = OnnxLibrary.environment(CacheFolder.ofUser().path());
        } catch (IOException e) {
            throw new BackendException(String.valueOf(e.getMessage()), e);
        }
        GraphLoader loader = new GraphLoader(environment, settings, provider);
        BackendException problem = null;
        for (Graph.Variant variant : variants) {
            progress.update("loading " + variant.file().getFileName(), 0);
            try {
                T loaded = used(loader.open(variant, options), variant, environment, use);
                if (problem != null) {
                    LOG.log(System.Logger.Level.WARNING, "The variant {0} is taken instead: {1}", variant.name(),
                            problem.getMessage());
                }
                ready(loaded, progress);
                return loaded;
            } catch (BackendException e) {
                if (problem == null) {
                    problem = e;
                } else {
                    problem.addSuppressed(e);
                }
            }
        }
        throw Objects.requireNonNull(problem, "one fits");
    }

    private static <T> T used(OrtSession session, Graph.Variant variant, OrtEnvironment environment, Use<T> use) {
        try {
            return use.of(environment, session, variant);
        } catch (OrtException | RuntimeException | Error e) {
            try {
                session.close();
            } catch (OrtException closing) {
                e.addSuppressed(closing);
            }
            switch (e) {
                case RuntimeException own -> throw own;
                case OrtException ort -> {
                    String reason = RuntimeWords.of(ort);
                    throw new BackendException("The graph " + variant.file() + " cannot be run: " + reason + "."
                            + RuntimeWords.cure(reason), ort);
                }
                default -> throw OnnxExecutor.failed("The graph cannot be loaded", e);
            }
        }
    }

    private static void ready(AutoCloseable loaded, Progress progress) {
        try {
            progress.update("ready", 1);
        } catch (RuntimeException | Error e) {
            try {
                loaded.close();
            } catch (Exception closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }
}
