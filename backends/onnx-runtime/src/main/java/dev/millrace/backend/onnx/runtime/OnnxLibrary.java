/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.FrameworkUtil;

/**
 * ONNX Runtime's native library. It comes from one of three places: from the folder in the system property
 * {@code onnxruntime.native.path}, if the user has a runtime of their own; in OSGi from this bundle, unpacked by the framework
 * ({@code Bundle-NativeCode}); on a plain class path from this jar, unpacked into a folder of this process that is gone again
 * once the library is loaded.
 *
 * <p>
 * The library belongs to the class loader of this class and stays until that is collected. Telemetry is off in every version.
 * Safe for use from any thread.
 */
public final class OnnxLibrary {

    /** System property with a folder that holds {@code libonnxruntime} and {@code libonnxruntime4j_jni}. */
    public static final String OWN_FOLDER = "onnxruntime.native.path";

    private static final System.Logger LOG = System.getLogger(OnnxLibrary.class.getName());
    private static final Loading LOADING = new Loading();

    private OnnxLibrary() {
    }

    /**
     * Whether the user has named a runtime of their own, which may drive accelerators.
     *
     * @return true if {@link #OWN_FOLDER} is set
     */
    public static boolean isOwn() {
        return System.getProperty(OWN_FOLDER) != null;
    }

    /**
     * Whether there is a library for this machine. Loads nothing.
     *
     * @return false if this bundle was built for another platform and the user has named none
     */
    public static boolean isPresent() {
        return isOwn() || NativeFiles.present();
    }

    /**
     * Loads the library if that has not happened yet.
     *
     * @param cache the folder in which to unpack it, if that is needed; made if it is not there
     * @return the environment, one in a process
     * @throws IOException if the library cannot be unpacked or loaded, with the cure
     */
    public static OrtEnvironment environment(Path cache) throws IOException {
        return LOADING.load(cache);
    }

    /** Happens once; a failure is final, because Java cannot initialise the classes behind it twice. */
    private static final class Loading {

        private @Nullable OrtEnvironment environment;
        private @Nullable Throwable problem;

        synchronized OrtEnvironment load(Path cache) throws IOException {
            if (environment == null && problem == null) {
                try {
                    environment = start(cache);
                } catch (IOException | OrtException | RuntimeException | LinkageError e) {
                    problem = e;
                }
            }
            if (environment != null) {
                return environment;
            }
            throw new IOException("ONNX Runtime cannot be loaded for " + NativeFiles.platform() + " ("
                    + (problem == null ? "unknown" : reason(problem))
                    + "); use the bundle built for this platform, or name a folder with the libraries in the system property "
                    + OWN_FOLDER + ".", problem);
        }

        private static String reason(Throwable problem) {
            Throwable root = problem;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return root.getMessage() == null ? root.toString() : root.getMessage();
        }
    }

    private static OrtEnvironment start(Path cache) throws IOException, OrtException {
        Telemetry.forbid();
        if (isOwn() || inFramework()) {
            return open();
        }
        try (NativeFiles files = NativeFiles.unpack(cache)) {
            System.setProperty(OWN_FOLDER, files.folder().toString());
            try {
                return open();
            } finally {
                System.clearProperty(OWN_FOLDER);
            }
        }
    }

    private static OrtEnvironment open() throws OrtException, IOException {
        try {
            // failures arrive as exceptions; the library need not write them to standard error as well
            OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                    "millrace");
            environment.setTelemetry(false);
            return environment;
        } finally {
            removeTemporaryFolder();
        }
    }

    /** Removes the empty folder that ONNX Runtime makes in the temporary folder whether it needs it or not. */
    private static void removeTemporaryFolder() throws IOException {
        try {
            Field field = Class.forName("ai.onnxruntime.OnnxRuntime", false, OnnxLibrary.class.getClassLoader())
                    .getDeclaredField("tempDirectory");
            field.setAccessible(true);
            if (field.get(null) instanceof Path folder) {
                Files.deleteIfExists(folder);
            }
        } catch (ReflectiveOperationException e) {
            LOG.log(System.Logger.Level.WARNING, "ONNX Runtime leaves an empty folder in the temporary folder.", e);
        }
    }

    private static boolean inFramework() {
        try {
            return FrameworkUtil.getBundle(OnnxLibrary.class) != null;
        } catch (NoClassDefFoundError e) {
            LOG.log(System.Logger.Level.DEBUG, "There is no OSGi framework here.", e);
            return false;
        }
    }
}
