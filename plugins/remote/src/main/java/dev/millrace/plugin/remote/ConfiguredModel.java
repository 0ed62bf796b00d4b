/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.EmbeddingModel;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.RemoteModels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** A model of a configuration: a factory, one configuration for each model. */
@Component(configurationPid = ConfiguredModel.PID, configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ConfiguredModel.Config.class, factory = true)
public final class ConfiguredModel implements RemoteModels {

    /** By which it is configured. */
    public static final String PID = "dev.millrace.plugin.remote";

    private final Endpoint endpoint;

    /** What can be set. docs/remote.md says more of each. */
    @ObjectClassDefinition(name = "Millrace remote model", description = "A model of a server that speaks OpenAI's API.")
    public @interface Config {

        /** The name. */
        @AttributeDefinition(name = "Name", description = "The model is opened as remote:NAME.")
        String name();

        /** The address. */
        @AttributeDefinition(name = "URL", description = "Such as http://gpu:8000/v1.")
        String url();

        /** The model. */
        @AttributeDefinition(name = "Model", description = "The server's name for it; the first in its list if empty.")
        String model() default "";

        /** A file with the token. */
        @AttributeDefinition(name = "Token file", description = "A file whose first line opens the server.")
        String tokenFile() default "";

        /** A variable with the token. */
        @AttributeDefinition(name = "Token variable", description = "A variable of the environment that opens the server.")
        String tokenEnvironment() default "";

        /** The context. */
        @AttributeDefinition(name = "Context", description = "Tokens that a conversation may hold; 0 asks the server.")
        int context() default 0;

        /** The model that stands in. */
        @AttributeDefinition(name = "Fallback", description = "A model of this machine that answers while the server cannot; none if empty.")
        String fallback() default "";

        /** The pause. */
        @AttributeDefinition(name = "Seconds of fallback", description = "How long the server is left alone after it failed.")
        int fallbackSeconds() default 30;

        /** Until it is connected. */
        @AttributeDefinition(name = "Seconds to connect")
        int connectSeconds() default 5;

        /** Until it begins. */
        @AttributeDefinition(name = "Seconds to the first of an answer")
        int firstSeconds() default 300;

        /** Between two pieces. */
        @AttributeDefinition(name = "Seconds between two pieces of an answer")
        int betweenSeconds() default 60;

        /** Before it is asked again. */
        @AttributeDefinition(name = "Seconds to wait at most before the server is asked again")
        int pauseSeconds() default 10;

        /** How often it is asked again. */
        @AttributeDefinition(name = "Retries", description = "How often it is asked again while nothing of an answer has come.")
        int retries() default 2;
    }

    /**
     * Reads the configuration.
     *
     * @throws IllegalArgumentException if it is wrong
     */
    @Activate
    public ConfiguredModel(Config config) {
        Map<String, String> settings = new HashMap<>();
        settings.put("url", config.url());
        settings.put("model", config.model());
        settings.put("tokenFile", config.tokenFile());
        settings.put("tokenEnvironment", config.tokenEnvironment());
        settings.put("context", Integer.toString(config.context()));
        settings.put("fallback", config.fallback());
        settings.put("fallbackSeconds", Integer.toString(config.fallbackSeconds()));
        settings.put("connectSeconds", Integer.toString(config.connectSeconds()));
        settings.put("firstSeconds", Integer.toString(config.firstSeconds()));
        settings.put("betweenSeconds", Integer.toString(config.betweenSeconds()));
        settings.put("pauseSeconds", Integer.toString(config.pauseSeconds()));
        settings.put("retries", Integer.toString(config.retries()));
        endpoint = Endpoint.of(config.name(), settings);
    }

    @Override
    public List<String> names() {
        return List.of(endpoint.reference());
    }

    @Override
    public Optional<RemoteModel> open(String reference) {
        return asked(reference).map(HttpModel::open);
    }

    @Override
    public Optional<EmbeddingModel> openEmbeddings(String reference) {
        return asked(reference).map(HttpEncoder::new);
    }

    private Optional<Endpoint> asked(String reference) {
        return Optional.of(endpoint).filter(each -> each.reference().equals(reference));
    }
}
