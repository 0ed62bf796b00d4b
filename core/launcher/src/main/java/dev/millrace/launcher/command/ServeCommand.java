/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Offers models to other programs until it is interrupted. */
@Command(name = "serve", description = {"Offer models over HTTP, by the APIs of OpenAI, Anthropic and Ollama.",
        "Runs until it is interrupted."}, sortOptions = false)
final class ServeCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec command;

    @Option(names = {"-m",
            "--model"}, paramLabel = "REF", description = "A model to serve; may be given several times, the first is for requests that name none. nano if not given.")
    List<String> models = new ArrayList<>();

    @Option(names = "--embeddings", paramLabel = "REF", description = "A model that turns texts into vectors; may be given several times, the first is for requests that name none.")
    List<String> embeddings = new ArrayList<>();

    @Option(names = "--pull", description = "Fetch models that are not on this machine.")
    boolean pull;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Where to listen; 127.0.0.1 if not given. Any other address needs a token, and TLS or --plain.")
    @Nullable
    String host;

    @Option(names = "--port", paramLabel = "N", description = "The port, 0 for a free one; 8420 if not given.")
    @Nullable
    Integer port;

    @Option(names = "--token-file", paramLabel = "FILE", description = "A file with one token per line; a request must bring one of them.")
    @Nullable
    String tokenFile;

    @Option(names = "--keystore", paramLabel = "FILE.p12", description = "Key and certificate for TLS; the password stands in the variable MILLRACE_KEYSTORE_PASSWORD.")
    @Nullable
    String keystore;

    @Option(names = "--plain", description = "Do without TLS on purpose.")
    boolean plain;

    @Option(names = "--backend", paramLabel = "ID", description = "A backend or device, such as cpu; the best that fits if not given.")
    @Nullable
    String backend;

    @Option(names = "--context", paramLabel = "TOKENS", description = "Tokens that a conversation may hold; as many as the model takes if not given.")
    @Nullable
    Integer context;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Another setting of the server, as docs/server.md lists them; may be given several times.")
    Map<String, String> more = new LinkedHashMap<>();

    ServeCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        ModelServer server = workplace.server("http").orElseThrow(() -> new MillraceException(
                "No server is present: add the bundle dev.millrace.plugin.openai to the folder of bundles."));
        Console console = workplace.console();
        models.forEach(reference -> workplace.fetching().provide(reference, pull));
        embeddings.forEach(reference -> workplace.fetching().provide(reference, pull));
        return serving().run(workplace, server, command,
                running -> console.note("millrace: loading; listening on " + running.address()),
                running -> console.result("millrace: ready at " + running.address()));
    }

    private Serving serving() {
        return new Serving(more)
                .with("models", models.isEmpty() ? null : String.join("\n", models) + "\n")
                .with("embeddings", embeddings.isEmpty() ? null : String.join("\n", embeddings) + "\n")
                .with("host", host)
                .with("port", port)
                .with("tokenFile", tokenFile)
                .with("keystore", keystore)
                .with("keystorePassword", System.getenv("MILLRACE_KEYSTORE_PASSWORD"))
                .with("backend", backend)
                .with("context", context)
                .with("plain", plain ? "true" : null);
    }
}
