/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.millrace.api.BackendException;
import dev.millrace.machine.Processors;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Opens the session for a graph, from the file or from what was kept of it after optimisation. */
final class GraphLoader {

    private static final String KEPT = "model.onnx";

    private final OrtEnvironment environment;
    private final OnnxSettings settings;
    private final Provider provider;

    GraphLoader(OrtEnvironment environment, OnnxSettings settings, Provider provider) {
        this.environment = environment;
        this.settings = settings;
        this.provider = provider;
    }

    /**
     * Opens a session.
     *
     * @throws BackendException if ONNX Runtime refuses the graph
     */
    OrtSession open(Graph.Variant variant, LoadOptions load) {
        try {
            if (settings.optimised().isEmpty()) {
                return session(variant.file(), load, settings.optimisation(), null);
            }
            return kept(variant, load, settings.optimised().get());
        } catch (OrtException | OutOfMemoryError e) {
            String reason = e instanceof OrtException ort ? RuntimeWords.of(ort) : e.toString();
            throw new BackendException("ONNX Runtime " + environment.getVersion() + " cannot load " + variant.file()
                    + " on " + provider.deviceId() + ": " + reason + "." + RuntimeWords.cure(reason), e);
        }
    }

    private OrtSession session(Path file, LoadOptions load, SessionOptions.OptLevel level,
            @Nullable Path keep) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setIntraOpNumThreads(Processors.here().threads(load.threads()));
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(level);
            // caches grow with every token: patterns of earlier runs never fit, and an arena keeps what it once had
            options.setMemoryPatternOptimization(false);
            options.setCPUArenaAllocator(false);
            options.addConfigEntry("session.intra_op.allow_spinning", settings.spinning() ? "1" : "0");
            if (keep != null) {
                options.setOptimizedModelFilePath(keep.toString());
                options.addConfigEntry("session.optimized_model_external_initializers_file_name", KEPT + ".data");
            }
            provider.addTo(options, settings.provider());
            return environment.createSession(file.toString(), options);
        }
    }

    /** Opens what was kept of an earlier start, or keeps it now. */
    private OrtSession kept(Graph.Variant variant, LoadOptions load, Path folder) throws OrtException {
        try {
            Path own = folder.resolve(key(variant));
            if (Files.isRegularFile(own.resolve(KEPT))) {
                return session(own.resolve(KEPT), load, SessionOptions.OptLevel.NO_OPT, null);
            }
            Files.createDirectories(folder);
            Path part = Files.createTempDirectory(folder, "part-");
            try {
                OrtSession session = session(variant.file(), load, settings.optimisation(), part.resolve(KEPT));
                try {
                    Files.move(part, own, StandardCopyOption.ATOMIC_MOVE);
                    return session;
                } catch (IOException | RuntimeException | Error e) {
                    session.close();
                    throw e;
                }
            } finally {
                remove(part);
            }
        } catch (IOException e) {
            throw new BackendException("Optimised graphs cannot be kept in " + folder + " (" + e
                    + "): free some space there, or leave out the setting millrace.onnx.optimised.", e);
        }
    }

    private static void remove(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    /** Names files, runtime and machine, so that nothing is taken for what it is not. */
    private String key(Graph.Variant variant) throws IOException {
        String text = String.join("|", ModelIdentity.of(variant.files()), environment.getVersion(),
                provider.deviceId(), settings.optimisation().name(), new TreeMap<>(settings.provider()).toString(),
                System.getProperty("os.arch"));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
