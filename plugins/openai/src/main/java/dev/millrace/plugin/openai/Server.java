/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelServer;
import dev.millrace.plugin.openai.http.Access;
import dev.millrace.plugin.openai.http.Transport;
import dev.millrace.plugin.openai.talk.Gate;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Metrics;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.osgi.service.component.annotations.Component;

/** Starts servers. Found as a service inside a framework, and by the service loader on a plain class path. */
@Component(service = ModelServer.class)
public final class Server implements ModelServer {

    /** Made by Declarative Services or the service loader. */
    public Server() {
    }

    @Override
    public Running start(Millrace millrace, Map<String, String> given) {
        ServerSettings settings = ServerSettings.read(given);
        Gate gate = new Gate(settings.running(), settings.runningPerToken(), settings.queuedPerToken());
        Metrics metrics = new Metrics();
        Ids ids = new Ids();
        Models models = new Models(millrace, settings.models(), settings.embeddings(), settings.options());
        try {
            Access access = new Access(settings.address().getAddress().isLoopbackAddress(), settings.hosts(),
                    settings.origins(), settings.tokens());
            Routes routes = new Routes(models, new Talk(gate, metrics, ids), ids, () -> metrics.text(gate, models));
            Transport transport = Transport.start(settings.address(), settings.tls(), settings.limits(),
                    new Door(access, routes, metrics, settings.audit()));
            return new Started(transport, models, address(settings, transport.address()));
        } catch (IOException e) {
            models.close();
            throw new MillraceException("The server cannot listen on " + settings.address().getHostString() + " port "
                    + settings.address().getPort() + " (" + e.getMessage() + "): choose another port.", e);
        } catch (RuntimeException | Error e) {
            models.close();
            throw e;
        }
    }

    private static URI address(ServerSettings settings, InetSocketAddress bound) {
        String host = bound.getAddress().getHostAddress();
        return URI.create(settings.scheme() + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + bound.getPort());
    }

    /** A server that runs. */
    private record Started(Transport transport, Models models, URI address) implements Running {

        @Override
        public void awaitReady() throws InterruptedException {
            models.await();
        }

        @Override
        public void close() {
            transport.close();
            models.close();
        }
    }
}
