/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;

/** A bundle a second time, as another one: both can be active at once. */
final class Again {

    private Again() {
    }

    /** The files of a bundle as a jar, under a symbolic name of its own. */
    static InputStream jar(Bundle bundle) throws IOException {
        Manifest manifest;
        try (InputStream in = bundle.getEntry(JarFile.MANIFEST_NAME).openStream()) {
            manifest = new Manifest(in);
        }
        manifest.getMainAttributes().putValue(Constants.BUNDLE_SYMBOLICNAME, bundle.getSymbolicName() + ".again");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
            for (URL file : Collections.list(bundle.findEntries("/", "*", true))) {
                String name = file.getPath().substring(1);
                if (!name.endsWith("/") && !name.equals(JarFile.MANIFEST_NAME)) {
                    jar.putNextEntry(new JarEntry(name));
                    try (InputStream in = file.openStream()) {
                        in.transferTo(jar);
                    }
                }
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }
}
