/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Route;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.mqtt.broker.PahoWire;
import dev.millrace.plugin.mqtt.settings.Settings;
import dev.millrace.plugin.mqtt.settings.SettingsFile;
import dev.millrace.plugin.mqtt.talk.Models;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * A bridge inside a framework for as long as there is a configuration. It opens the models that its file names. If the file names
 * none, it asks those of the server that runs beside it, so that no weights are in memory twice.
 */
@Component(service = ServerExtension.class, immediate = true, configurationPid = ConfiguredBridge.PID, configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ConfiguredBridge.Config.class, factory = true)
public final class ConfiguredBridge implements ServerExtension {

    static final String PID = "dev.millrace.mqtt";

    private static final System.Logger LOG = System.getLogger(ConfiguredBridge.class.getName());
    private static final long LOADING_MILLIS = 500;

    private final Shared shared;
    private final Optional<OwnModels> own;
    private final Bridge bridge;
    private final ServiceRegistration<ToolProvider> registration;

    /** What can be set. */
    @ObjectClassDefinition(name = "MQTT", description = "Asks models what arrives at topics of a broker, and makes topics tools of models.")
    public @interface Config {

        /** The file. */
        @AttributeDefinition(name = "File", description = "A JSON file of settings, as docs/mqtt.md shows one.")
        String file();

        /** The backend. */
        @AttributeDefinition(name = "Backend", description = "A backend or device for models that the file names; the best if empty.")
        String backend() default "";
    }

    /**
     * Starts the bridge.
     *
     * @throws IllegalArgumentException if something is wrong in the file, in one sentence
     */
    @SuppressWarnings("JdkObsolete") // frameworks want a dictionary
    @Activate
    public ConfiguredBridge(BundleContext context, @Reference Millrace millrace, Config config) {
        Settings settings = read(Path.of(config.file()));
        ModelOptions options = ModelOptions.defaults();
        own = settings.models().isEmpty()
                ? Optional.empty()
                : Optional.of(new OwnModels(millrace, settings.models(),
                        config.backend().isEmpty() ? options : options.withBackend(config.backend())));
        shared = new Shared(millrace);
        bridge = new Bridge(settings, new PahoWire(settings.broker()), own.isPresent() ? own.get() : shared,
                InstantSource.system());
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("millrace.mqtt.broker", settings.broker().name());
        registration = context.registerService(ToolProvider.class, bridge.tools(), properties);
        bridge.start();
    }

    private static Settings read(Path file) {
        try {
            return SettingsFile.read(file);
        } catch (IllegalArgumentException e) {
            // the component's own report is a long trace
            LOG.log(System.Logger.Level.ERROR, e.getMessage());
            throw e;
        }
    }

    @Override
    public Running start(ServerHost host) {
        shared.add(host);
        return new Running() {
            @Override
            public List<Route> routes() {
                return List.of();
            }

            @Override
            public void close() {
                shared.remove(host);
            }
        };
    }

    /** What it does. */
    Bridge bridge() {
        return bridge;
    }

    /** Ends it. */
    @Deactivate
    public void close() {
        registration.unregister();
        shared.close();
        bridge.close();
        own.ifPresent(OwnModels::close);
    }

    /** Models of the server beside it. Questions wait until there is one. */
    private static final class Shared implements Models {

        private final Millrace millrace;
        private @Nullable ServerHost host;
        private boolean closed;

        Shared(Millrace millrace) {
            this.millrace = millrace;
        }

        synchronized void add(ServerHost server) {
            host = server;
            notifyAll();
        }

        synchronized void remove(ServerHost server) {
            if (server.equals(host)) {
                host = null;
            }
        }

        synchronized void close() {
            closed = true;
            notifyAll();
        }

        private synchronized ServerHost await() throws InterruptedException {
            while (host == null) {
                if (closed) {
                    throw new InterruptedException();
                }
                wait();
            }
            return host;
        }

        @Override
        public Model model(Optional<String> name) throws InterruptedException {
            while (true) {
                ServerHost server = await();
                try {
                    return server.model(name).model();
                } catch (ApiError e) {
                    if (server.isReady() || server.failure().isPresent()) {
                        throw new dev.millrace.api.MillraceException(String.valueOf(e.getMessage()), e);
                    }
                    Thread.sleep(LOADING_MILLIS); // it is loading
                }
            }
        }

        @Override
        public List<ToolProvider> tools() {
            return millrace.toolProviders();
        }
    }
}
