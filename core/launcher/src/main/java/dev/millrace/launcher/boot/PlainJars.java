/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import org.osgi.framework.Constants;

/** Finds the jars of a folder that are no bundles, which those who watch it for bundles pass over in silence. For one thread at a time. */
final class PlainJars {

    private static final System.Logger LOG = System.getLogger(PlainJars.class.getName());

    private final Path folder;
    private Map<Path, FileTime> seen = Map.of();
    private Map<Path, FileTime> judged = Map.of();

    PlainJars(Path folder) {
        this.folder = folder;
    }

    /** Those that are as they were at the last look, since others may be half written. Each is told once, and again when it has changed. */
    List<Path> look() {
        Map<Path, FileTime> now = new HashMap<>();
        Map<Path, FileTime> known = new HashMap<>();
        List<Path> fresh = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, "*.jar")) {
                for (Path jar : jars) {
                    FileTime changed = Files.getLastModifiedTime(jar);
                    now.put(jar, changed);
                    if (changed.equals(judged.get(jar))) {
                        known.put(jar, changed);
                    } else if (changed.equals(seen.get(jar))) {
                        known.put(jar, changed);
                        if (!isBundle(jar)) {
                            fresh.add(jar);
                        }
                    }
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "looked at again later", e);
            }
        }
        seen = now;
        judged = known;
        fresh.sort(null);
        return fresh;
    }

    private static boolean isBundle(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getManifest() != null
                    && file.getManifest().getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME) != null;
        } catch (IOException e) {
            return false;
        }
    }
}
