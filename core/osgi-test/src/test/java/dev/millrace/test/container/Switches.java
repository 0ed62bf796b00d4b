/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import dev.millrace.api.Param;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * A plugin in a bundle of its own, in any version. While its tool runs it tells its version to the {@link Consumer} that is registered
 * under the name of the plugin.
 */
public final class Switches implements BundleActivator, ToolProvider {

    static final String NAME = "switches";

    private @Nullable BundleContext context;

    /** What was switched, for the model. */
    record Switched(boolean ok, String name, String state) {
    }

    /** The bundle as a jar. */
    static InputStream jar(String version) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
        main.putValue(Constants.BUNDLE_SYMBOLICNAME, "dev.millrace.test.switches");
        main.putValue(Constants.BUNDLE_VERSION, version);
        main.putValue(Constants.BUNDLE_ACTIVATOR, Switches.class.getName());
        main.putValue(Constants.IMPORT_PACKAGE, "dev.millrace.api,org.osgi.framework");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
            for (Class<?> type : List.of(Switches.class, Switched.class)) {
                String name = type.getName().replace('.', '/') + ".class";
                jar.putNextEntry(new JarEntry(name));
                try (InputStream in = Objects.requireNonNull(type.getResourceAsStream("/" + name), name)) {
                    in.transferTo(jar);
                }
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    @Override
    public void start(BundleContext own) {
        context = own;
        own.registerService(ToolProvider.class, this, null);
    }

    @Override
    public void stop(BundleContext own) {
        // the framework takes the service back
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<Tool> tools() {
        return Tools.of(this).tools();
    }

    @ToolSpec(value = "Switch a device on or off.", name = "set_device")
    Switched setDevice(@Param("") String name, @Param("") String state) throws InvalidSyntaxException {
        BundleContext own = Objects.requireNonNull(context);
        String version = own.getBundle().getVersion().toString();
        for (ServiceReference<?> reference : own.getServiceReferences(Consumer.class, "(plugin=" + NAME + ")")) {
            @SuppressWarnings("unchecked")
            Consumer<String> told = (Consumer<String>) own.getService(reference);
            told.accept(version);
        }
        return new Switched(true, name, state);
    }
}
