/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelServer;
import java.util.HashMap;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** A server that runs inside a framework for as long as it has a configuration. */
@Component(service = ServerComponent.class, immediate = true, configurationPid = ServerComponent.PID, configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ServerComponent.Config.class)
public final class ServerComponent {

    static final String PID = "dev.millrace.server";

    private final ModelServer.Running running;

    /** What can be set. docs/server.md says more of each. */
    @ObjectClassDefinition(name = "Millrace server", description = "Offers models over HTTP by the APIs of OpenAI, Anthropic and Ollama.")
    public @interface Config {

        /** The models. */
        @AttributeDefinition(name = "Models", description = "Files, folders or names; the first is for requests that name none.")
        String[] models() default ServerSettings.DEFAULT_MODEL;

        /** Models for embeddings. */
        @AttributeDefinition(name = "Embeddings", description = "Folders or files of models that turn texts into vectors.")
        String[] embeddings() default {};

        /** The backend. */
        @AttributeDefinition(name = "Backend", description = "A backend or device; the best if empty.")
        String backend() default "";

        /** The context. */
        @AttributeDefinition(name = "Context", description = "Tokens that a conversation may hold; 0 takes as many as the model allows.")
        int context() default 0;

        /** The threads. */
        @AttributeDefinition(name = "Threads", description = "Threads that compute; 0 takes one for each core.")
        int threads() default 0;

        /** The address. */
        @AttributeDefinition(name = "Host", description = "The address to listen on. All but the loopback need a token.")
        String host() default "127.0.0.1";

        /** The port. */
        @AttributeDefinition(name = "Port", description = "0 takes a free one.")
        int port() default ServerSettings.DEFAULT_PORT;

        /** The tokens. */
        @AttributeDefinition(name = "Tokens", description = "One of which a request must bring.", type = AttributeType.PASSWORD)
        String[] tokens() default {};

        /** A file of tokens. */
        @AttributeDefinition(name = "Token file", description = "A file with one token per line.")
        String tokenFile() default "";

        /** The key store. */
        @AttributeDefinition(name = "Key store", description = "A PKCS#12 file with key and certificate, for TLS.")
        String keystore() default "";

        /** The password of the key store. */
        @AttributeDefinition(name = "Password of the key store", type = AttributeType.PASSWORD)
        String keystorePassword() default "";

        /** Whether not to encrypt is on purpose. */
        @AttributeDefinition(name = "Plain", description = "Do without TLS on purpose, on an address other than the loopback.")
        boolean plain() default false;

        /** The names of this machine. */
        @AttributeDefinition(name = "Hosts", description = "Names by which clients may call this machine.")
        String[] hosts() default {};

        /** The web pages. */
        @AttributeDefinition(name = "Origins", description = "Web pages that may use the server, such as http://gateway.local:3000.")
        String[] origins() default {};

        /** Answers at once. */
        @AttributeDefinition(name = "Running", description = "Answers that are generated at once.")
        int running() default 8;

        /** Requests that wait. */
        @AttributeDefinition(name = "Queued for one token", description = "Requests that may wait, per token.")
        int queuedPerToken() default 64;

        /** The size of a request. */
        @AttributeDefinition(name = "Bytes of a body", description = "The largest request.")
        int bodyBytes() default 8 << 20;

        /** What is logged. */
        @AttributeDefinition(name = "Audit", description = "off, requests, or content: what is logged of each request.")
        String audit() default "requests";
    }

    /** Starts the server. */
    @Activate
    public ServerComponent(@Reference Millrace millrace, @Reference Server server, Config config) {
        running = server.start(millrace, settings(config));
    }

    private static Map<String, String> settings(Config config) {
        Map<String, String> settings = new HashMap<>();
        settings.put("models", lines(config.models()));
        settings.put("backend", config.backend());
        settings.put("context", Integer.toString(config.context()));
        settings.put("threads", Integer.toString(config.threads()));
        settings.put("host", config.host());
        settings.put("port", Integer.toString(config.port()));
        settings.put("tokens", lines(config.tokens()));
        settings.put("tokenFile", config.tokenFile());
        settings.put("keystore", config.keystore());
        settings.put("keystorePassword", config.keystorePassword());
        settings.put("plain", Boolean.toString(config.plain()));
        settings.put("hosts", lines(config.hosts()));
        settings.put("embeddings", lines(config.embeddings()));
        settings.put("origins", lines(config.origins()));
        settings.put("running", Integer.toString(config.running()));
        settings.put("queuedPerToken", Integer.toString(config.queuedPerToken()));
        settings.put("bodyBytes", Integer.toString(config.bodyBytes()));
        settings.put("audit", config.audit());
        return settings;
    }

    /** A line break after each, so that commas within stay what they are. */
    private static String lines(String[] items) {
        return String.join("\n", items) + "\n";
    }

    /** Where clients find it. */
    ModelServer.Running running() {
        return running;
    }

    /** Stops the server. */
    @Deactivate
    public void close() {
        running.close();
    }
}
